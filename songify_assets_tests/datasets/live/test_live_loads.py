"""Segments of `songify live` through `songify load`, as an operator meets them."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from songify_assets_tests.datasets.drop import Drop, local_day
from songify_assets_tests.datasets.live.drops import login, refused, segment, step
from songify_assets_tests.home import Home, new_home


def place(home: Home, *drops: Drop) -> None:
    """Closes segments in the home, where `songify live` has them."""
    for drop in drops:
        drop.write(home.path / "live" / "drops", ())


def test_a_segment_of_today_is_loaded_counted_and_answered(tmp_path: Path) -> None:
    home = new_home(tmp_path / "home")
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    today, yesterday = local_day(hour), hour - timedelta(days=1)
    logins = [login(hour, "a"), login(hour, "b", None), login(yesterday, "a", arrived=hour)]
    place(home, *segment("logins", hour, [*logins, refused("logins", hour, "in_the_future", "{}")]))
    place(home, *segment("steps", hour, [step(hour, 20.5), step(hour, 30.5)]))
    loaded = home.load("--source", "live")
    assert loaded["exit_status"] == 0
    assert {check["asset"] for check in loaded["failed_checks"]} == {"raw/logins", "live/logins"}, (
        "one of four is refused"
    )
    assert home.rows("SELECT login_date, country, events, users, late FROM live.logins_daily ORDER BY ALL") == [
        (local_day(yesterday), "SE", 1, 1, 1), (today, "SE", 1, 1, 0), (today, None, 1, 1, 0),
    ]  # fmt: skip
    assert home.rows("SELECT step, n, mean_ms FROM live.step_times") == [("quiz", 2, 25.5)]
    assert home.rows("SELECT DISTINCT is_equal FROM live.parity") == [(True,)]
    assert home.rows("SELECT feed, reasons, raw FROM quarantine.rows") == [("logins", ["in_the_future"], "{}")]
    told = json.loads(home.songify("answers", "--topic", "live", "--month", f"{today:%Y-%m}", "--json").out)
    answers = {one["question"]: one["rows"] for one in told["answers"]}
    assert set(answers) == {"busiest", "late", "logins", "parity", "steps"}
    assert answers["steps"] == [["lesson", "quiz", 2, 25.5, 20.5, 30.5, 30.5]]
    assert {row[0] for row in answers["parity"]} == {"logins", "steps"}


def test_live_counts_that_lack_an_event_are_told_and_held_back_until_they_agree(tmp_path: Path) -> None:
    home = new_home(tmp_path / "home")
    hour = datetime(2021, 12, 1, 11, tzinfo=UTC)
    events, counts = segment("logins", hour, [login(hour, "a"), login(hour, "b")])
    place(home, events, replace(counts, records=({**counts.records[0], "events": 1},)))
    broken = home.songify("load")
    assert broken.status == 1
    assert "live/parity live_is_batch" in broken.text
    assert "logins of SE: 1 counted live, 2 landed; users 2 and 2" in broken.text
    assert home.rows("SELECT events FROM live.logins_daily") == [(2,)], "what landed is what counts"
    assert home.rows("SELECT live_events, batch_events, is_equal FROM live.parity") == [(1, 2, False)]
    place(home, counts)
    assert home.songify("load").status == 0
    assert home.rows("SELECT live_events, batch_events, is_equal FROM live.parity") == [(2, 2, True)]


def test_segments_may_be_loaded_from_another_place(tmp_path: Path) -> None:
    home = new_home(tmp_path / "home")
    hour = datetime(2021, 12, 1, 11, tzinfo=UTC)
    for drop in segment("logins", hour, [login(hour)]):
        drop.write(tmp_path / "elsewhere", ())
    assert home.songify("load").status == 0, "nothing of live is nothing wrong"
    loaded = home.load(SONGIFY_DROPS_URL_LIVE=(tmp_path / "elsewhere").as_uri())
    assert loaded["exit_status"] == 0
    assert home.rows("SELECT user_id FROM live.logins") == [("u",)]


def test_one_load_takes_many_hours_of_a_day(tmp_path: Path) -> None:
    home = new_home(tmp_path / "home")
    first = datetime(2021, 11, 30, 23, tzinfo=UTC)
    for hour in (first + timedelta(hours=hours) for hours in range(24)):
        for number in (1, 2):
            place(home, *segment("logins", hour, [login(hour, f"u{number}")], number))
    assert home.songify("load").status == 0
    assert home.rows("SELECT events, users FROM live.logins_daily") == [(48, 2)]
    assert home.songify("load").status == 0
    assert home.rows("SELECT live_events, is_equal FROM live.parity") == [(48, True)]
