"""Cases that an operator can read: what arrived, what it is counted as, and what is told when the live counts are others."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from songify_assets.datasets.live import DATASET
from songify_assets.datasets.live.checks import apart
from songify_assets.datasets.live.feeds import LOGINS
from songify_assets.foundation.delivery.quarantine import refused_rows, replay
from songify_assets.foundation.sketches import sketch_of
from songify_assets_tests.datasets.drop import Record
from songify_assets_tests.datasets.homes import Home
from songify_assets_tests.datasets.identities import blocking, offenders
from songify_assets_tests.datasets.live.drops import login, refused, segment, step

HOUR = datetime(2021, 12, 1, 23, tzinfo=UTC)  # from midnight on in Stockholm
NOON = datetime(2021, 12, 1, 11, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path, DATASET, {})


def close(home: Home, stream: str, hour: datetime, records: Sequence[Record], number: int = 1) -> None:
    for drop in segment(stream, hour, records, number):
        home.land(drop)
    home.engine.settle()


def told(home: Home, table: str, *columns: str) -> list[Any]:
    return sorted((tuple(row[name] for name in columns) for row in home.rows(table)), key=repr)


def test_each_refused_record_of_a_day_has_a_name_of_its_own_and_is_mended_alone(home: Home):
    for number in (1, 2):
        wrong = refused("logins", NOON, "`user_id` is missing", f'{{"timestamp": "2021-12-01T10:00:0{number}Z"}}')
        close(home, "logins", NOON, [wrong, login(NOON)], number)
    rows = refused_rows(home.engine.store, "logins")
    files = ["logins-2021-12-01T11Z-1.parquet", "logins-2021-12-01T11Z-2.parquet"]
    assert rows["id"].to_list() == [f"logins@2021-12-01/{file}#1" for file in files]
    mended = json.dumps({**json.loads(rows["raw"][1]), "user_id": "x"})
    replay(home.engine.store, [LOGINS], rows["id"][1], by="ann", file=None, raw=mended)
    home.engine.settle()
    assert refused_rows(home.engine.store, "logins")["id"].to_list() == rows["id"].to_list()[:1]
    assert told(home, "logins", "occurred_at", "user_id")[0] == (datetime(2021, 12, 1, 10, 0, 2, tzinfo=UTC), "x")


def test_segments_of_one_day_all_count(home: Home):
    for number, hour in ((1, NOON), (2, NOON), (1, NOON + timedelta(hours=1))):
        close(home, "logins", hour, [login(hour, f"u{number}"), login(hour, "u")], number)
    assert told(home, "logins_daily", "login_date", "country", "events", "users", "late") == [
        (date(2021, 12, 1), "SE", 6, 3, 0)
    ]
    assert told(home, "parity", "live_events", "live_users", "is_equal") == [(6, 3, True)]


def test_a_segment_that_comes_again_changes_nothing_and_one_that_was_closed_otherwise_replaces_it(home: Home):
    close(home, "logins", NOON, [login(NOON, "a"), login(NOON, "b")])
    close(home, "logins", NOON, [login(NOON, "a"), login(NOON, "b")])
    assert told(home, "logins_daily", "events") == [(2,)]
    close(home, "logins", NOON, [login(NOON, "a")])
    assert told(home, "logins_daily", "events") == [(1,)]
    assert told(home, "parity", "live_events", "is_equal") == [(1, True)]


def test_an_hour_that_holds_events_of_yesterday_makes_yesterday_anew(home: Home):
    close(home, "logins", NOON, [login(NOON)])
    before_midnight = HOUR - timedelta(seconds=1)
    close(home, "logins", HOUR, [login(before_midnight, arrived=HOUR), login(HOUR, arrived=HOUR)])
    assert told(home, "logins_daily", "login_date", "events") == [(date(2021, 12, 1), 2), (date(2021, 12, 2), 1)]
    assert told(home, "logins", "login_date", "delivered_on") == [
        (date(2021, 12, 1), date(2021, 12, 1)),
        (date(2021, 12, 1), date(2021, 12, 2)),
        (date(2021, 12, 2), date(2021, 12, 2)),
    ]
    assert {row["is_equal"] for row in home.rows("parity")} == {True}


@pytest.mark.parametrize(("delay", "late"), [(119.999999, 0), (120, 0), (120.000001, 1), (90_000, 1), (-200, 0)])
def test_an_event_is_late_a_minute_after_the_end_of_its_minute(home: Home, delay: float, late: int):
    close(home, "logins", NOON, [login(NOON, arrived=NOON + timedelta(seconds=delay))])
    assert told(home, "logins_daily", "late") == [(late,)]


def test_unknown_countries_are_a_row_of_their_own(home: Home):
    close(home, "logins", NOON, [login(NOON, "a", None), login(NOON, "b", None), login(NOON, "a", "DK")])
    assert told(home, "logins_by_minute", "country", "events", "users") == [("DK", 1, 1), (None, 2, 2)]
    assert told(home, "parity", "country", "batch_events", "is_equal") == [("DK", 1, True), (None, 2, True)]


def test_the_hour_that_clocks_show_twice_is_of_one_day(home: Home):
    first = datetime(2021, 10, 31, 0, 30, tzinfo=UTC)
    close(home, "logins", first, [login(first), login(first + timedelta(hours=1))])
    assert told(home, "logins_by_minute", "login_date", "minute") == [
        (date(2021, 10, 31), first),
        (date(2021, 10, 31), first + timedelta(hours=1)),
    ]


def test_times_of_steps_are_of_the_nearest_rank(home: Home):
    close(home, "steps", NOON, [step(NOON, float(took)) for took in range(1, 101)])
    close(home, "steps", NOON, [step(NOON, 7.5, name="video")], 2)
    columns = ("step", "n", "mean_ms", "variance", "min_ms", "max_ms", "p50_ms", "p90_ms", "p99_ms")
    assert told(home, "step_times", *columns) == [
        ("quiz", 100, 50.5, pytest.approx(841.6666666666666), 1.0, 100.0, 50.0, 90.0, 99.0),
        ("video", 1, 7.5, None, 7.5, 7.5, 7.5, 7.5, 7.5),
    ]
    assert told(home, "parity", "stream", "country", "live_events", "is_equal") == [("steps", None, 101, True)]


def test_what_was_refused_when_it_was_sent_is_in_the_quarantine_as_it_was_sent(home: Home):
    raw = '{"user_id": 7, "timestamp": "2031-12-01T10:00:00Z", "country": "se"}'
    close(home, "logins", NOON, [refused("logins", NOON, "in_the_future", raw), login(NOON)])
    [row] = refused_rows(home.engine.store, "logins").to_dicts()
    assert (row["reasons"], row["raw"], row["record"]) == (["in_the_future"], raw, 1)
    assert told(home, "logins_daily", "events") == [(1,)]
    mended = json.dumps({**json.loads(raw), "timestamp": "2021-12-01T10:00:00Z"})
    replay(home.engine.store, [LOGINS], row["id"], by="ann", file=None, raw=mended)
    home.engine.settle()
    assert refused_rows(home.engine.store, "logins").is_empty()
    assert told(home, "logins", "user_id", "country", "arrived_at") == [("7", "SE", None), ("u", "SE", NOON)]
    assert told(home, "parity", "live_events", "batch_events", "is_equal") == [(1, 1, True)], "it was not counted live"


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"user_id": " "}, "`user_id` is missing"),
        ({"user_id": "a\u0007b"}, "`user_id` holds the control character U+0007"),
        ({"timestamp": None}, "`occurred_at` is missing"),
        ({"duration_ms": -0.5}, "must be greater than or equal to 0"),
        ({"duration_ms": float("nan")}, "`duration_ms` is 'NaN', not a number"),
        ({"step": None}, "`step` is missing"),
    ],
)
def test_what_cannot_be_is_refused_with_its_reason(home: Home, record: Record, reason: str):
    [events, _] = segment("steps", NOON, [step(NOON, 1.0)])
    home.land(replace(events, records=({**events.records[0], **record}, step(NOON, 2.0))))
    home.engine.settle()
    [reasons] = home.refused()
    assert any(reason in one for one in reasons), reasons
    assert told(home, "steps", "duration_ms") == [(2.0,)]


def test_a_file_without_a_column_that_was_agreed_is_refused_whole(home: Home, tmp_path: Path):
    path = home.engine.place_of("live") / "2021-12-01" / "logins-2021-12-01T11Z-1.parquet"
    path.parent.mkdir(parents=True)
    pl.DataFrame({"user_id": ["a"], "timestamp": [NOON], "country": ["SE"], "arrived_at": [NOON]}).write_parquet(path)
    home.engine.look_at(path, "live")
    home.engine.settle()
    [file] = home.engine.store.ledger.rows("SELECT * FROM files WHERE state = 'refused'")
    assert "lacks the columns refused_reason, refused_raw" in file["what"]


@pytest.mark.parametrize(
    "counts",
    [
        {"events": 3},
        {"events": 1},
        {"country": "DK"},
        {"date": date(2021, 12, 2)},
        {"users_sketch": sketch_of("abc")},
        {"users_sketch": sketch_of("a")},
        {"users_sketch": "AgEHDAMI"},
        {"users_sketch": "no sketch"},
    ],
)
def test_counts_that_are_others_are_told_and_block(home: Home, counts: Record):
    [events, own] = segment("logins", NOON, [login(NOON, "a"), login(NOON, "b")])
    home.land(events)
    home.land(replace(own, records=({**own.records[0], **counts},)))
    home.engine.settle()
    assert offenders(home, "live_is_batch") > 0
    assert blocking(home) == {"live_is_batch"}
    [check] = [check for check in DATASET.checks if check.blocking]
    assert check.summary is not None
    rows = pl.DataFrame([row for row in home.rows("parity") if not row["is_equal"]], infer_schema_length=None)
    assert "counted live, " in check.summary(rows)


def test_a_day_that_goes_on_is_not_judged_yet(home: Home):
    today = datetime.now(home.engine.store.settings.zone).date()
    close(home, "logins", NOON, [login(NOON)])
    wrong = pl.lit(False).alias("is_equal")
    assert offenders(home, "live_is_batch", wrong) == 1
    of_today = home.engine.store.lake.scan("live/parity").with_columns(wrong, date=pl.lit(today))
    assert apart(of_today, home.engine.store).collect().is_empty()


def test_users_are_compared_within_three_errors(home: Home):
    users = [f"u{number}" for number in range(3000)]
    [events, counts] = segment("logins", NOON, [login(NOON, user) for user in users])
    home.land(events)
    for kept, is_equal in ((3000, True), (2900, True), (2700, False)):
        home.land(replace(counts, records=({**counts.records[0], "users_sketch": sketch_of(users[:kept])},)))
        home.engine.settle()
        assert told(home, "parity", "batch_users", "is_equal") == [(3000, is_equal)]
