"""Killing a load at any moment loses nothing: the next one goes on, and the tables are those of an uninterrupted load."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import duckdb
import polars as pl

from songify_assets.generator import generate
from songify_assets_tests.home import Home, new_home, plain_environment

KILLS, PATIENCE_S = 20, 900
UNTIMED = " SELECT * EXCLUDE (quarantined_at)"
DEFECTS = {"unparseable": 0.02, "impossible": 0.02, "duplicate": 0.05, "conflicting": 0.05, "late": 0.2, "ragged": 0.02}


def started(home: Home) -> subprocess.Popen[bytes]:
    environment = {**plain_environment(), "SONGIFY_HOME": str(home.path), "SONGIFY_SETTLE_SECONDS": "0"}
    command = [sys.executable, "-m", "songify_assets", "load"]
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )


def tables(home: Home) -> dict[str, list[str]]:
    with duckdb.connect(str(home.path / "warehouse.duckdb"), read_only=True) as connection:
        names = connection.execute("SELECT table_schema || '.' || table_name FROM information_schema.tables").fetchall()
        return {
            name: sorted(map(str, connection.execute(f"FROM {name}" + UNTIMED * ("quarantine." in name)).fetchall()))
            for (name,) in names
        }


def assert_whole(home: Home) -> None:
    for part in (home.path / "lake").glob("[a-z]*/**/part-0.parquet"):
        pl.read_parquet(part, hive_partitioning=False)
    if (home.path / "warehouse.duckdb").exists():
        assert tables(home)


def test_a_load_killed_at_twenty_random_moments_ends_as_an_uninterrupted_one(tmp_path: Path) -> None:
    drops = tmp_path / "drops"
    generate(
        drops,
        days=3,
        scale=0.3,
        seed=3,
        first_day=date(2021, 12, 24),
        sources=("viewing", "vendor", "royalties"),
        defects=DEFECTS,
    )
    reference = new_home(tmp_path / "reference")
    shutil.copytree(drops, reference.path / "drops", dirs_exist_ok=True)
    began = time.monotonic()
    assert started(reference).wait(timeout=PATIENCE_S) == 0
    lifetime, expected, chance = time.monotonic() - began, tables(reference), random.Random(7)

    kills, homes, home = 0, 0, None
    while kills < KILLS:
        if home is None:
            home, homes = new_home(tmp_path / f"home-{homes}"), homes + 1
            shutil.copytree(drops, home.path / "drops", dirs_exist_ok=True)
        load = started(home)
        try:
            assert load.wait(timeout=lifetime * chance.uniform(0.2, 0.9)) == 0
            assert tables(home) == expected
            home = None
        except subprocess.TimeoutExpired:
            os.killpg(load.pid, signal.SIGKILL)
            load.wait()
            kills += 1
            assert_whole(home)
    if home is not None:
        assert started(home).wait(timeout=PATIENCE_S) == 0
        assert tables(home) == expected
