"""The schedules at their local hours, on days of 23 and 25 hours too; the close of a month; what is lost is found again."""

import shutil
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import dagster as dg
import pytest
from dagster._utils.schedules import schedule_execution_time_iterator

from songify_assets.orchestration.planner.planner import PLANNED_AT
from songify_assets_tests.automation.product import Product, asked, deliver_plays, deliver_streams, product

CHANGES = [
    ("Europe/Stockholm", "2021-03-28", 23),
    ("Europe/Stockholm", "2021-10-31", 25),
    ("America/New_York", "2021-03-14", 23),
    ("America/New_York", "2021-11-07", 25),
]


def schedule_of(one: Product, name: str) -> dg.ScheduleDefinition:
    return next(schedule for schedule in one.definitions.schedules if schedule.name == name)


def evaluated(one: Product, name: str, moment: datetime) -> Any:
    context = dg.build_schedule_context(
        instance=one.instance, scheduled_execution_time=moment, repository_def=one.definitions.get_repository_def()
    )
    return schedule_of(one, name).evaluate_tick(context)


def fired(schedule: dg.ScheduleDefinition, since: datetime, until: datetime) -> list[datetime]:
    """When Dagster's daemon would fire it, in local time."""
    zone = schedule.execution_timezone
    assert zone
    moments = schedule_execution_time_iterator(since.timestamp(), schedule.cron_schedule, zone)
    return [one.astimezone(ZoneInfo(zone)) for one in takewhile(lambda one: one < until, moments)]


@pytest.mark.parametrize(("zone", "day", "hours"), CHANGES)
def test_every_night_has_one_tick_at_three_though_the_clocks_change(tmp_path: Path, zone: str, day: str, hours: int):
    with product(tmp_path / "home", timezone=zone) as one:
        midnight = datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(zone))
        since, until = midnight - timedelta(days=2), midnight + timedelta(days=3)
        ticks = fired(schedule_of(one, "nightly"), since, until)
        assert [(tick.hour, tick.minute) for tick in ticks] == [(3, 0)] * 5
        assert len({tick.date() for tick in ticks}) == 5
        month = midnight.replace(day=1)
        closes = fired(schedule_of(one, "monthly_close"), month, month + timedelta(days=40))
        assert [(tick.day, tick.hour) for tick in closes] == [(1, 4), (1, 4)]
        (request,) = evaluated(one, "nightly", ticks[2]).run_requests
        assert request.job_name in (None, "catch_up")


@pytest.mark.parametrize(("zone", "day", "hours"), CHANGES)
def test_a_day_of_23_or_25_hours_holds_its_streams_and_no_others(tmp_path: Path, zone: str, day: str, hours: int):
    local = ZoneInfo(zone)
    midnight = datetime.fromisoformat(day).replace(tzinfo=local).astimezone(UTC)
    half_past_two = [
        midnight + timedelta(hours=2.5),
        midnight + timedelta(hours=hours - 21.5),
    ]  # the last may be its twin
    inside = [midnight, *half_past_two, midnight + timedelta(hours=hours, seconds=-1)]
    outside = [midnight - timedelta(seconds=1), midnight + timedelta(hours=hours)]
    rows = [stream(begin, local) for begin in sorted({*inside, *outside})]
    with product(tmp_path / "home", timezone=zone) as one:
        window = one.definitions.resolve_asset_graph().get(dg.AssetKey(["viewing", "streams"])).partitions_def
        found = window.time_window_for_partition_key(day)
        assert (found.end.timestamp() - found.start.timestamp()) / 3600 == hours
        following = str(datetime.fromisoformat(day).date() + timedelta(days=1))
        deliver_streams(one.home, following, *rows)
        for sensor in ("viewing_drops", "follow_ups"):
            for request in one.tick(sensor).run_requests:
                assert one.run(request).success
        assert sorted({row["start_at"] for row in one.rows("viewing/streams", day)}) == sorted(set(inside))
        assert len(one.rows("viewing/streams")) == len(rows)
        assert one.store.lake.keys("viewing/streams")[1:] == [day, following]


def stream(begin: datetime, zone: ZoneInfo) -> str:
    moments = [
        one.astimezone(zone).strftime("%Y-%m-%dT%H:%M:%S.000%z") for one in (begin, begin + timedelta(minutes=1))
    ]
    return ",".join(["Alien", "a@x.se", "1", *moments])


def test_the_monthly_close_computes_the_month_that_has_ended_whole_and_is_asked_for_once(tmp_path: Path):
    with product(tmp_path / "home") as one:
        first = datetime(2022, 1, 1, 3, 0, tzinfo=UTC)  # 04:00 in Stockholm
        assert evaluated(one, "monthly_close", first).skip_message == "There is nothing of 2021-12."
        deliver_plays(one.home, "2021-12-31", "2022-01-01")
        one.settle()
        (request,) = evaluated(one, "monthly_close", first).run_requests
        (again,) = evaluated(one, "monthly_close", first).run_requests
        assert request.run_key == again.run_key == "close 2021-12-01"
        users = ("engagement/active_months", "engagement/churn", "engagement/user_months")
        given = ("marketing/attribution", "marketing/campaign_attribution")
        monthly = (*users, *given, "royalties/market_share", "royalties/market_share_sheets", "viewing/answers")
        assert asked(request) == ("2021-12-01", "2021-12-01", *monthly)
        assert float(request.tags[PLANNED_AT]) == first.timestamp()
        assert "shares_add_up" in {key.name for key in request.asset_check_keys}
        sheet = one.home.path / "exports" / "market_share" / "2021-12.csv"
        sheet.unlink()
        assert one.run(request).success
        assert sheet.exists()
        whole = ("engagement/retention", "marketing/close_sheets")
        assert one.settle() == [[("", "", *whole)], [("", "", "warehouse/published")]]
        nothing = evaluated(one, "monthly_close", datetime(2021, 12, 1, 3, 0, tzinfo=UTC))
        assert nothing.skip_message == "There is nothing of 2021-11."


def test_partitions_lost_from_the_lake_are_found_and_computed_again_and_nothing_else_is(tmp_path: Path):
    with product(tmp_path / "home") as one:
        days = ("2021-12-01", "2021-12-02", "2021-12-03")
        deliver_plays(one.home, *days)
        one.settle()
        before = {table: one.at_last(table) for table in ("raw/plays", "royalties/plays", "royalties/market_share")}
        one.catch_up()
        assert one.store.ledger.marks() == [], "nothing is missing"
        for table in ("raw/plays", "royalties/plays"):
            shutil.rmtree(one.store.lake.path(table, days[1]).parent)
        shutil.rmtree(one.store.lake.path("royalties/market_share", "2021-12-01").parent)
        assert not one.tick("follow_ups").run_requests, "nobody has noticed yet"
        one.catch_up()
        assert one.store.ledger.stale() == {
            "raw/plays": {days[1]},
            "royalties/plays": {days[1]},
            "royalties/market_share": {"2021-12-01"},
        }
        assert one.settle()[0] == [(days[1], days[1], "raw/plays")]
        assert {table: one.at_last(table).equals(rows) for table, rows in before.items()} == dict.fromkeys(before, True)
