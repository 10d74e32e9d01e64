"""Engagement as days pass and drops come late: nothing is left as it was on another day, and the order of drops shows nowhere."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from songify_assets_tests.home import Home, new_home

ZONE, DAY = ZoneInfo("Europe/Stockholm"), timedelta(days=1)
TODAY = date(2026, 11, 30)  # a Monday, and the last day of its month
COMPLETE = """SELECT 'active_users', count(*) FILTER (is_complete), count(*) FILTER (wau_is_complete) FROM engagement.active_users
    UNION ALL SELECT 'cohort_retention', count(*) FILTER (is_complete), 0 FROM engagement.cohort_retention
    UNION ALL SELECT 'retention', count(*) FILTER (is_complete), 0 FROM engagement.retention
    UNION ALL SELECT 'churn', count(*) FILTER (is_complete), 0 FROM engagement.churn ORDER BY ALL"""
TIMES = ("sessions", "use_time_daily", "funnel_steps", "funnels", "funnel_totals")


def event(at: datetime, user: int, session: int, item: int, page: str = "NextSong") -> dict[str, Any]:
    song = {"artist": "A", "song": "S", "length": 100.5} if page == "NextSong" else {}
    moment = round(at.timestamp() * 1000)
    return {"ts": moment, "userId": str(user), "sessionId": session, "itemInSession": item, "page": page, **song}


def deliver(home: Home, day: date, *events: dict[str, Any]) -> None:
    home.deliver("listening", str(day), "a-events.json", "\n".join(map(json.dumps, events)))


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=ZONE)


def loaded(home: Home) -> dict[str, Any]:
    report = home.load()
    assert not report["errors"], report
    assert [check for check in report["failed_checks"] if check["severity"] == "ERROR"] == []
    return report


def deliver_until(home: Home, last: date) -> None:
    for number in range(40):
        day = last - number * DAY
        deliver(home, day, event(noon(day), 1, 2 * number, 0), event(noon(day), number + 10, 2 * number + 1, 0))


@pytest.mark.long
def test_what_a_day_counts_is_complete_when_it_has_ended_though_nothing_was_delivered_since(tmp_path: Path):
    home, fresh = new_home(tmp_path / "home"), new_home(tmp_path / "fresh")
    for one in (home, fresh):
        deliver_until(one, TODAY)
    home.now = f"{TODAY} 19:00:00"
    loaded(home)
    before = home.rows(COMPLETE)
    home.now = fresh.now = f"{TODAY + DAY} 07:00:00"
    loaded(home)
    loaded(fresh)
    assert home.rows(COMPLETE) == fresh.rows(COMPLETE) != before
    assert loaded(home)["partitions_computed"] == {}, "once a day"
    home.now = f"{TODAY + 3 * DAY} 07:00:00"
    assert loaded(home)["partitions_computed"] == {}, "no day of it has ended since"
    home.now = f"{TODAY} 20:00:00"
    loaded(home)
    assert home.rows(COMPLETE) == before, "the clock was set back"


def test_a_late_drop_that_moves_a_first_day_breaks_no_check(tmp_path: Path):
    home, late = new_home(tmp_path / "home"), TODAY - 60 * DAY
    deliver(home, TODAY - 50 * DAY, event(noon(TODAY - 50 * DAY), 1, 1, 0))
    loaded(home)
    deliver(home, late, event(noon(late), 1, 2, 0))
    loaded(home)
    assert home.rows("SELECT user_id, first_day FROM engagement.first_days") == [("1", late)]


def deliver_odd_times(home: Home, day: date, users: range) -> None:
    """Sessions of 2,140.001 s, which is not what that many microseconds times a millionth come to."""
    sessions = [(user, day.toordinal() * 10 + user, noon(day)) for user in users]
    end = timedelta(milliseconds=2_140_001)
    deliver(
        home,
        day,
        *(event(at, user, session, 0, "Upgrade") for user, session, at in sessions),
        *(event(at + end, user, session, 1, "Submit Upgrade") for user, session, at in sessions),
        *(event(at + end, user, session, 2) for user, session, at in sessions),
    )


def test_times_are_the_nearest_numbers_and_the_same_whatever_is_computed_beside(tmp_path: Path):
    pieces, whole = new_home(tmp_path / "pieces"), new_home(tmp_path / "whole")
    for home in (pieces, whole):
        deliver_odd_times(home, date(2021, 11, 19), range(1))
    loaded(pieces)
    for home in (pieces, whole):
        deliver_odd_times(home, date(2021, 11, 20), range(5))
        deliver_odd_times(home, date(2021, 11, 21), range(3))
        loaded(home)
    for table in TIMES:
        rows = f"SELECT * FROM engagement.{table} ORDER BY ALL"
        assert pieces.rows(rows) == whole.rows(rows), table
    assert whole.rows("SELECT DISTINCT length_s FROM engagement.sessions") == [(2140.001,)]
    assert whole.rows("SELECT DISTINCT p50_s FROM engagement.funnels WHERE step = 1") == [(2140.001,)]


def test_totals_of_funnels_have_the_days_of_the_calendar_only(tmp_path: Path):
    home, first, played = new_home(tmp_path / "home"), date(2021, 11, 10), date(2021, 11, 20)
    deliver(home, first, event(noon(first), 1, 1, 0, "Upgrade"))
    deliver(home, played, event(noon(played), 1, 2, 0), event(noon(played), 2, 3, 0, "Downgrade"))
    loaded(home)
    assert home.rows("SELECT min(date), max(date) FROM engagement.active_users") == [(played, played)]
    totals = "SELECT DISTINCT funnel, days, entered FROM engagement.funnel_totals WHERE step = 1 ORDER BY ALL"
    assert home.rows(totals) == [("downgrade", 7, 1), ("downgrade", 28, 1), ("downgrade", 90, 1)]


def test_a_late_day_between_others_breaks_no_check(tmp_path: Path):
    """What is added up over days waits until the days after the late one are told by it, too."""
    home, fresh = new_home(tmp_path / "home"), new_home(tmp_path / "fresh")
    days = [TODAY - 20 * DAY, TODAY - 12 * DAY, TODAY - 8 * DAY]
    drops = {day: [event(noon(day), user, 10 * number + user, 0) for user in (1, 2)] for number, day in enumerate(days)}
    late = TODAY - 19 * DAY
    drops[late] = [event(noon(late), user, 90 + user, 0) for user in (1, 2)]
    for day in days:
        deliver(home, day, *drops[day])
    loaded(home)
    deliver(home, late, *drops[late])
    assert loaded(home)["partitions_computed"]["engagement/retention"] == 1
    for day in sorted(drops):
        deliver(fresh, day, *drops[day])
    loaded(fresh)
    for table in ("active_users", "retention", "cohort_retention"):
        every = f"FROM engagement.{table} ORDER BY ALL"
        assert home.rows(every) == fresh.rows(every), table


def test_sessions_of_films_are_followed_over_the_short_day_of_others(tmp_path: Path):
    """One user has a session from the day before the clocks go forward to the day after, and another one every day for a week."""
    home, fresh = new_home(tmp_path / "home"), new_home(tmp_path / "fresh")
    first = datetime(2026, 3, 28, 10, tzinfo=ZONE)
    long = [stream("b@x.se", first + timedelta(hours=13, minutes=30), timedelta(hours=23, minutes=35))]
    long.append(stream("b@x.se", first + timedelta(hours=38, minutes=10), timedelta(minutes=50)))
    on_and_on = [stream("a@x.se", first + n * timedelta(hours=6), timedelta(hours=5, minutes=50)) for n in range(24)]
    drops: dict[date, list[str]] = {}
    for at, line in sorted(long + on_and_on):
        drops.setdefault(at.astimezone(ZONE).date(), []).append(line)
    for one in (home, fresh):
        deliver_streams(one, drops)
    home.load()
    corrected = {min(drops): drops[min(drops)][1:]}
    deliver_streams(home, corrected)
    home.load()
    deliver_streams(fresh, corrected)
    fresh.load()
    sessions = "FROM engagement.sessions ORDER BY ALL"
    assert home.rows(sessions) == fresh.rows(sessions)
    assert home.rows("SELECT sum(events) FROM engagement.sessions") == [(len(long + on_and_on) - 1,)]


def stream(user: str, at: datetime, lasts: timedelta) -> tuple[datetime, str]:
    start = at.astimezone(UTC)
    return start, f"Film of {start},{user},1,{start.isoformat()},{(start + lasts).isoformat()}"


def deliver_streams(home: Home, drops: dict[date, list[str]]) -> None:
    for day, lines in drops.items():
        text = "\n".join(["movie_title,user_email,size_mb,start_at,end_at", *lines])
        home.deliver("viewing", str(day), "streams.csv", f"{text}\n")
