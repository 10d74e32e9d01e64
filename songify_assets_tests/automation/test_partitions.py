"""The partitions that the assets have, beside Dagster's own."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import dagster as dg
import pytest

from songify_assets.orchestration.tables import Days

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


def test_the_partitions_grow_with_the_clock() -> None:
    days = Days("2021-01-01", timezone="Europe/Stockholm", end_offset=1)
    midnight = datetime(2021, 5, 1, 22, tzinfo=UTC)  # in Stockholm
    before, after = (days.get_partition_keys(midnight + timedelta(seconds=step)) for step in (-1, 0))
    assert [*before, "2021-05-02"] == list(after)
    assert all(one < other for one, other in pairwise(after))
