"""The partitions that the assets have, beside Dagster's own."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import dagster as dg
import pytest
from dagster._core.definitions.partitions.context import partition_loading_context

from songify_assets.foundation.calendar import month_of, week_of
from songify_assets.orchestration.partitions import Days, partitions

ZONES = ("UTC", "Europe/Stockholm", "America/New_York", "Pacific/Kiritimati", "Pacific/Pago_Pago")
MOMENTS = (
    "2021-10-31 00:30",
    "2021-03-28 12:00",
    "2021-11-07 23:59:59",
    "2024-02-29 00:00",
    "2020-12-31 23:00",  # before the first day
)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_day_is_a_partition_exactly_where_dagster_has_one(zone: str, moment: str) -> None:
    now = datetime.fromisoformat(moment).replace(tzinfo=ZoneInfo(zone))
    ours = Days("2021-01-01", timezone=zone, end_offset=1)
    theirs = dg.DailyPartitionsDefinition("2021-01-01", timezone=zone, end_offset=1)
    assert list(ours.get_partition_keys(now)) == list(theirs.get_partition_keys(now))


@pytest.mark.parametrize("zone", [*ZONES, "America/Santiago", "Africa/Cairo", "Asia/Beirut", "Australia/Lord_Howe"])
@pytest.mark.parametrize("cadence", ["day", "week", "month"])
def test_from_the_first_minute_of_a_day_to_its_last_its_day_week_and_month_are_the_newest_partitions(
    zone: str, cadence: str
) -> None:
    held = partitions(date(2026, 1, 1), zone)[cadence]
    start_of = {"day": lambda day: day, "week": week_of, "month": month_of}[cadence]
    changes = [date(2026, month, 1) + timedelta(days=day) for month in (3, 4, 9, 10, 11) for day in range(30)]
    for day in [date(2026, 1, 1), date(2026, 2, 28), date(2026, 12, 31), date(2028, 2, 29), *changes]:
        midnight = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)
        following = day + timedelta(days=1)
        end = datetime(following.year, following.month, following.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)
        for moment in (midnight, midnight + (end - midnight) / 2, end - timedelta(seconds=1)):
            if moment.astimezone(ZoneInfo(zone)).date() == day:  # where clocks change at midnight an hour is missing
                with partition_loading_context(moment, None):
                    assert held.get_last_partition_key() == str(start_of(day)), moment


def test_the_partitions_grow_with_the_clock() -> None:
    days = Days("2021-01-01", timezone="Europe/Stockholm", end_offset=1)
    midnight = datetime(2021, 5, 1, 22, tzinfo=UTC)  # in Stockholm
    before, after = (days.get_partition_keys(midnight + timedelta(seconds=step)) for step in (-1, 0))
    assert [*before, "2021-05-02"] == list(after)
    assert all(one < other for one, other in pairwise(after))
