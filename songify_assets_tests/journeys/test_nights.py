"""The product lives on from night to night, under a clock that moves: over the ends of weeks, months, years and summer time."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from songify_assets_tests.home import Home, new_home
from songify_assets_tests.nights import counted, deliver, nights

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("one_core")]

LOADED_AT = "03:30:00"


def load_at(home: Home, day: date, clock: str = LOADED_AT) -> None:
    home.now = f"{day} {clock}"
    report = home.load()
    assert report["exit_status"] == 0, report


def tables(home: Home) -> dict[str, list[Any]]:
    """All rows of all published tables; when something was quarantined or published is no matter of the drops."""
    listed = """SELECT table_schema, table_name FROM information_schema.tables
                WHERE table_schema <> 'quarantine' AND table_name <> 'publications'"""
    return {
        f"{schema}.{table}": sorted(home.rows(f'FROM "{schema}"."{table}"'), key=repr)
        for schema, table in home.rows(listed)
    }


def has_the_numbers_of(home: Home, days: list[date]) -> None:
    """The warehouse has the newest of these nights, and the current month and week so far."""
    last = days[-1]
    assert home.rows(f"SELECT count(*) FROM royalties.plays WHERE play_date = '{last}'") == [(counted(last) + 2,)]
    month = last.replace(day=1)
    so_far = sum(counted(day) + 1 for day in days if day >= month)
    assert home.rows(f"SELECT sum(plays) FROM royalties.market_share WHERE month = '{month}'") == [(so_far,)]
    assert home.rows(f"SELECT count(*) FROM viewing.streams WHERE stream_date = '{last - timedelta(days=1)}'") >= [(1,)]
    answered = f"SELECT value FROM viewing.answers WHERE month = '{last.replace(day=1)}' AND question = 'books_share'"
    assert home.rows(answered) == [(100.0,)]
    yesterday = last - timedelta(days=1)
    active = "SELECT dau, wau >= dau FROM engagement.active_users WHERE product = 'listening' AND date ="
    assert home.rows(f"{active} '{last}'") == [(1, True)]
    assert home.rows(f"{active} '{yesterday}'") == [(1, True)]
    assert home.rows("SELECT count(DISTINCT song_id) FROM listening.song_plays") == [(1,)]
    weeks = "SELECT max(cohort + 7 * period::INTEGER) FROM engagement.cohort_retention"
    assert home.rows(weeks) == [(last - timedelta(days=last.weekday()),)]


@pytest.mark.parametrize(
    ("first", "number"),
    [
        pytest.param(date(2026, 10, 20), 14, id="two weeks, the end of summer time and of a month"),
        pytest.param(date(2026, 12, 31), 3, id="a new year within a week"),
        pytest.param(date(2028, 2, 28), 3, id="29 February"),
        pytest.param(date(2027, 3, 27), 3, id="the begin of summer time"),
    ],
)  # fmt: skip
def test_each_night_has_its_numbers_and_all_nights_together_equal_one_load(
    tmp_path: Path, first: date, number: int
) -> None:
    home, days = new_home(tmp_path / "home"), list(nights(first, number))
    for day in days:
        deliver(home, day)
        load_at(home, day)
        has_the_numbers_of(home, [other for other in days if other <= day])

    at_once = new_home(tmp_path / "at_once")
    for day in days:
        deliver(at_once, day)
    load_at(at_once, days[-1])
    expected = tables(at_once)
    assert {name: rows for name, rows in tables(home).items() if rows != expected[name]} == {}
