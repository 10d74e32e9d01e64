"""Which days of a fact a dump touches: by the keys that are unknown there, as long as the dump is a new one."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from songify_assets.datasets.royalties.feeds import TRACKS
from songify_assets.foundation.lake import Lake, Table
from songify_assets.foundation.versions.differences import history_columns
from songify_assets.foundation.versions.touched_days import UNKNOWN, Lookup, touched_partitions

ENTITY = pl.Schema({"track_key": pl.String(), "licensor": pl.String()})
PLAYS = pl.Schema({"play_date": pl.Date(), "track_id": pl.String(), "licensor": pl.String()})
HISTORY, FACT = "royalties/tracks_history", "royalties/plays"
LOOKUP = Lookup(FACT, ("track_id",), "play_date", "licensor")


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """On the first day A was played and the unknown T9, on the second A only; the first dump holds A, the second lacks it."""
    tables = [Table(HISTORY, history_columns(ENTITY), "delivered_on"), Table(FACT, PLAYS, "play_date")]
    lake = Lake(tmp_path / "lake", tables)
    plays(lake, 1, ("A", "x"), (" T9 ", None))
    plays(lake, 2, ("A", "x"))
    dump(lake, 1, ("a", "x", "added"))
    dump(lake, 2, ("a", "x", "deleted"))
    return lake


def plays(lake: Lake, day: int, *rows: tuple[str, str | None]) -> None:
    played = [(date(2021, 12, day), *row) for row in rows]
    lake.write(FACT, pl.LazyFrame(played, schema=PLAYS, orient="row"), [f"2021-12-{day:02}"])


def changes(day: int, *rows: tuple[str, str, str]) -> pl.LazyFrame:
    delivered = [(key, licensor, date(2021, 12, day), event) for key, licensor, event in rows]
    return pl.LazyFrame(delivered, schema=history_columns(ENTITY), orient="row")


def dump(lake: Lake, day: int, *rows: tuple[str, str, str]) -> None:
    lake.write(HISTORY, changes(day, *rows), [f"2021-12-{day:02}"])


def seen(lake: Lake, day: int, *rows: tuple[str, str, str]) -> list[str]:
    return sorted(touched_partitions(lake, LOOKUP, TRACKS, date(2021, 12, day), changes(day, *rows)))


def test_a_new_dump_with_an_unknown_key_touches_the_days_it_was_played_on(lake: Lake):
    assert seen(lake, 3, ("t9", "y", "added")) == ["2021-12-01"]


def test_a_key_that_comes_back_touches_no_day_before(lake: Lake):
    assert seen(lake, 3, ("a", "z", "added")) == []


def test_a_dump_touches_its_own_day_and_later_ones_by_any_change(lake: Lake):
    plays(lake, 4, ("A", "x"))
    assert seen(lake, 3, ("a", "z", "added")) == ["2021-12-04"]
    assert seen(lake, 3, ("b", "z", "added")) == []


def test_a_late_dump_touches_days_that_had_used_a_later_first_version(lake: Lake):
    dump(lake, 1)
    dump(lake, 2, ("a", "x", "added"))
    assert seen(lake, 1, ("a", "w", "added")) == ["2021-12-01", "2021-12-02"]


def test_a_corrected_dump_touches_days_that_had_used_what_it_said_before(lake: Lake):
    dump(lake, 3, ("t9", "y", "added"))
    plays(lake, 1, ("A", "x"), ("t9", "y"))
    assert seen(lake, 3, ("t9", "z", "added")) == ["2021-12-01"]


def test_unknown_keys_are_looked_up_once_for_each_state_of_a_day(lake: Lake):
    seen(lake, 3, ("t9", "y", "added"))
    (kept,) = (lake.root / UNKNOWN).rglob("2021-12-01/*.parquet")
    written = kept.stat().st_mtime_ns
    assert seen(lake, 3, ("t9", "y", "added")) == ["2021-12-01"]
    assert kept.stat().st_mtime_ns == written
    plays(lake, 1, ("A", "x"), ("T8", None))
    assert seen(lake, 3, ("t9", "y", "added")) == []
    assert seen(lake, 3, ("t8", "y", "added")) == ["2021-12-01"]
    assert not kept.exists()
