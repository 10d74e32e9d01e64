"""Logs that grow cold: what is left follows from the days alone, whenever and however often it was compacted."""

import json
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from songify_assets.orchestration.automation.compaction import Compaction
from songify_assets.orchestration.automation.compaction.saved import Saved
from songify_assets_tests.datasets.playlists.reference import TABLES, counting
from songify_assets_tests.datasets.playlists.test_playlists import DATASETS, item
from songify_assets_tests.home import new_home, plain_environment
from songify_assets_tests.killed import killed_at
from songify_assets_tests.properties.engine import Engine, new_engine

CASES = 100
HOT, WARM = 6, 30
ENTITY = {"playlist_metadata_log": 0, "playlist_views_log": 0, "playlist_positions_log": 0, "video_metadata_log": 0}
FIRST = date(2021, 11, 24)


def left_of(rows: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """What compaction leaves of the rows of a log (entity first, day and kept_as last), in plain Python."""
    rows = list(rows)
    newest = max((row[-2] for row in rows), default=FIRST)
    last: dict[tuple[Any, ...], date] = {}
    for row in rows:
        at = (row[0], *period(row[-2], newest))
        last[at] = max(last.get(at, row[-2]), row[-2])
    return [
        (*row[:-1], kept_as)
        for row in rows
        for kept_as, start in [period(row[-2], newest)]
        if last[row[0], kept_as, start] == row[-2]
    ]


def period(day: date, newest: date) -> tuple[str, date]:
    month = date(day.year + day.month // 12, day.month % 12 + 1, 1) - timedelta(days=1)
    sunday = day + timedelta(days=6 - day.weekday())
    if newest - month > timedelta(days=WARM):
        return "month", day.replace(day=1)
    if newest - sunday > timedelta(days=HOT):
        return "week", sunday
    return "day", day


def of_log(engine: Engine, table: str) -> list[str]:
    """The rows of a log, the day and `kept_as` last."""
    rows = engine.store.lake.scan(f"playlists/{table}").collect()
    columns = [name for name in rows.columns if name not in ("day", "kept_as")]
    return sorted(map(repr, rows.select(*columns, "day", "kept_as").rows()))


def engine_of(home: Path) -> Engine:
    engine = new_engine(home, 1.0, DATASETS)
    ages = {"hot_days": HOT, "warm_days": WARM, "keep_plain_days": 0, "keep_raw_days": 0}
    settings = engine.store.settings.model_copy(update=ages)
    return replace(engine, store=replace(engine.store, settings=settings))


def compacted(engine: Engine, dry_run: bool = False) -> dict[str, Saved]:
    done = Compaction(engine.store, DATASETS, engine.triggers).run(lambda _: None, dry_run)
    assert done.errors == []
    return done.saved


def arrive(engine: Engine, day: date, records: list[Any]) -> None:
    file = engine.store.settings.home / "drops" / "playlists" / str(day) / "youtube_playlist.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(records))
    engine.look_at(file, "playlists")


@pytest.mark.usefixtures("one_core")
@pytest.mark.parametrize("case", range(CASES))
def test_whatever_came_late_and_whenever_it_was_compacted_the_same_is_left(tmp_path: Path, case: int):
    chance, engine = random.Random(case), engine_of(tmp_path / "home")
    files = []
    for _ in range(chance.randint(5, 14)):
        day = FIRST + timedelta(days=chance.choice([chance.randrange(80), chance.randrange(14)]))
        files.append((day, [item(chance, day) for _ in range(chance.randint(0, 6))]))
        arrive(engine, *files[-1])
        if chance.random() < 0.5:
            engine.settle()
            if chance.random() < 0.6:
                compacted(engine)
    engine.settle()
    compacted(engine)
    items = counting(files)
    for table, reference in TABLES.items():
        if table in ENTITY:
            rows = [
                (*row[: place_of_day(table)], *row[place_of_day(table) + 1 : -1], row[place_of_day(table)], "day")
                for row in reference(items)
            ]
            assert of_log(engine, table) == sorted(map(repr, left_of(rows))), table
        else:
            stored = engine.store.lake.scan(f"playlists/{table}").collect().rows()
            assert sorted(map(repr, stored)) == sorted(map(repr, reference(items))), table
    assert compacted(engine) == {}, "a second time there is nothing to do"


def place_of_day(table: str) -> int:
    return 2 if table == "playlist_positions_log" else 1


def test_a_dry_run_tells_what_would_be_saved_and_changes_nothing(tmp_path: Path):
    engine, chance = engine_of(tmp_path / "home"), random.Random(1)
    for number in range(60):
        day = FIRST + timedelta(days=number)
        arrive(engine, day, [item(chance, day) for _ in range(5)])
    engine.settle()
    before = {table: of_log(engine, table) for table in ENTITY}
    told = compacted(engine, dry_run=True)
    assert told.keys() == {"landing", *(f"playlists/{table}" for table in ENTITY)}
    assert {table: of_log(engine, table) for table in ENTITY} == before
    done = compacted(engine)
    assert [(one.table, one.files, one.rows) for one in told.values()] == [
        (one.table, one.files, one.rows) for one in done.values()
    ]
    assert all(done[f"playlists/{table}"].rows[1] < done[f"playlists/{table}"].rows[0] for table in ENTITY)
    assert all(one.bytes[1] < one.bytes[0] for one in done.values())
    assert told["landing"].bytes == done["landing"].bytes, "small files are compressed whole to tell"


def test_what_is_not_as_it_was_computed_is_told_and_nothing_is_dropped(tmp_path: Path):
    engine, chance = engine_of(tmp_path / "home"), random.Random(1)
    for number in range(30):
        day = FIRST + timedelta(days=number)
        arrive(engine, day, [item(chance, day) for _ in range(5)])
    engine.settle()
    lake, table = engine.store.lake, "playlists/playlist_views_log"
    for key in lake.keys(table)[:7]:
        lake.write(table, lake.scan(table, [key]).with_columns(views=pl.lit(10**9)).collect().lazy(), [key])
    before = of_log(engine, "playlist_views_log")
    done = Compaction(engine.store, DATASETS, engine.triggers).run(lambda _: None)
    assert [error.where for error in done.errors] == [table]
    assert "not what is there" in done.errors[0].what
    assert len(done.saved) == len(ENTITY), "the landed bytes and the other logs are compacted"
    assert of_log(engine, "playlist_views_log") == before


@pytest.mark.long
@pytest.mark.parametrize("number", [1, 4])
def test_what_a_killed_compaction_has_done_is_published_by_the_next_one(tmp_path: Path, number: int):
    home, chance = new_home(tmp_path / "home"), random.Random(7)
    for offset in range(12):
        day = FIRST + timedelta(days=offset)
        home.deliver("playlists", str(day), "youtube_playlist.json", json.dumps([item(chance, day) for _ in range(6)]))
    home.env |= {"SONGIFY_HOT_DAYS": "2", "SONGIFY_WARM_DAYS": str(WARM)}
    home.load()
    noted = "songify_assets.foundation.ledger.compacted:note_compacted"
    assert killed_at(home, noted, "after", "compact", number=number)
    assert home.songify("compact").status == 0
    for table in ENTITY:
        there = pl.scan_parquet(f"{home.path}/lake/playlists/{table}/*/*.parquet").select(pl.len()).collect().item()
        assert home.rows(f"SELECT count(*) FROM playlists.{table}") == [(there,)], table


def test_a_compaction_that_is_killed_loses_nothing(tmp_path: Path):
    home, calm, chance = new_home(tmp_path / "home"), new_home(tmp_path / "calm"), random.Random(7)
    for number in range(60):
        day = FIRST + timedelta(days=number)
        text = json.dumps([item(chance, day) for _ in range(6)])
        for one in (home, calm):
            one.deliver("playlists", str(day), "youtube_playlist.json", text)
    for one in (home, calm):
        one.env |= {"SONGIFY_HOT_DAYS": str(HOT), "SONGIFY_WARM_DAYS": str(WARM)}
        one.load()
    whole = home.songify("compact", "--dry-run")
    assert "Would be kept" in whole.out
    env = {**plain_environment(), **home.env, "SONGIFY_HOME": str(home.path)}
    began = time.monotonic()
    assert calm.songify("compact").status == 0
    took = time.monotonic() - began
    for _ in range(20):
        compacting = subprocess.Popen([sys.executable, "-m", "songify_assets", "compact"], env=env, cwd=home.path)
        time.sleep(chance.uniform(0, took + 2))
        compacting.send_signal(signal.SIGKILL)
        compacting.wait()
    assert home.songify("compact").status in (0, 1)
    tables = [f"playlists.{name}" for name in (*ENTITY, *TABLES)]
    for table in tables:
        assert home.rows(f"FROM {table} ORDER BY ALL") == calm.rows(f"FROM {table} ORDER BY ALL"), table
    assert home.songify("rebuild").status == 0
    home.songify("compact")
    for table in tables:
        assert home.rows(f"FROM {table} ORDER BY ALL") == calm.rows(f"FROM {table} ORDER BY ALL"), f"{table}, rebuilt"
