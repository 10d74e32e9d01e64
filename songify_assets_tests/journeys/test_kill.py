"""Killing a load at any moment loses nothing: the next one goes on, and the tables are those of an uninterrupted load."""

import random
import shutil
import time
from datetime import date
from pathlib import Path

import duckdb
import polars as pl
import pytest

from songify_assets.generator import generate
from songify_assets_tests import warm
from songify_assets_tests.home import Home, new_home, plain_environment

pytestmark = pytest.mark.long

KILLS = 20
UNTIMED = " SELECT * EXCLUDE (quarantined_at)"
DEFECTS = {"unparseable": 0.02, "impossible": 0.02, "duplicate": 0.05, "conflicting": 0.05, "late": 0.2, "ragged": 0.02}


def started(home: Home) -> warm.Started:
    environment = {**plain_environment(), "SONGIFY_HOME": str(home.path), "SONGIFY_SETTLE_SECONDS": "0"}
    return warm.start(warm.songify, argv=("load",), env=environment, cwd=home.path)


def assert_good(result: warm.Result | None) -> None:
    assert result is not None, "it does not end"
    assert result.status == 0, result.text


def tables(home: Home) -> dict[str, list[str]]:
    with duckdb.connect(str(home.path / "warehouse.duckdb"), read_only=True) as connection:
        listed = (
            "SELECT table_schema || '.' || table_name FROM information_schema.tables WHERE table_name <> 'publications'"
        )
        names = connection.execute(listed).fetchall()
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
    assert reference.songify("status").status == 0, "what commands start from is up"
    began = time.monotonic()
    assert_good(started(reference).result())
    lifetime, expected, chance = time.monotonic() - began, tables(reference), random.Random(7)

    kills, homes, home = 0, 0, None
    while kills < KILLS:
        if home is None:
            home, homes = new_home(tmp_path / f"home-{homes}"), homes + 1
            shutil.copytree(drops, home.path / "drops", dirs_exist_ok=True)
        load = started(home)
        if result := load.result(lifetime * chance.uniform(0.05, 0.9)):
            assert_good(result)
            assert tables(home) == expected
            home = None
        else:
            load.kill()
            kills += 1
            assert_whole(home)
    if home is not None:
        assert_good(started(home).result())
        assert tables(home) == expected
