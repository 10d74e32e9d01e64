"""The partitions of each cadence: days, weeks and months in local time."""

from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import dagster as dg
from dagster._core.definitions.partitions.context import partition_loading_context

from songify_assets.foundation.calendar import Cadence, days_between, moved


class _Listed(dg.TimeWindowPartitionsDefinition):
    """Partitions in a row; Dagster lists them by walking a cron schedule, 20 µs each, and lists all of them for every step."""

    def get_partition_keys(
        self, current_time: datetime | None = None, dynamic_partitions_store: Any = None
    ) -> Sequence[str]:
        """Every one from the first."""
        with partition_loading_context(current_time, dynamic_partitions_store):
            first, last = self.get_first_partition_key(), self.get_last_partition_key()
        return [] if first is None or last is None else list(_between(CADENCES[type(self)], first, last))


class Days(_Listed, dg.DailyPartitionsDefinition):
    """Daily partitions."""


class Weeks(_Listed, dg.WeeklyPartitionsDefinition):
    """Weekly partitions."""


class Months(_Listed, dg.MonthlyPartitionsDefinition):
    """Monthly partitions."""


CADENCES: dict[type, Cadence] = {Days: "day", Weeks: "week", Months: "month"}


@lru_cache(8)
def _between(cadence: Cadence, first: str, last: str) -> tuple[str, ...]:
    if cadence == "day":
        return tuple(str(day) for day in days_between(date.fromisoformat(first), date.fromisoformat(last)))
    keys = [first]
    while keys[-1] < last:
        keys.append(moved(cadence, keys[-1], 1))
    return tuple(keys)


@lru_cache(maxsize=4)
def partitions(start: date, timezone: str) -> dict[Cadence | None, dg.PartitionsDefinition[str] | None]:
    """The partitions of each cadence, from the first day to the current day, week or month, in the time of this zone."""
    monday = start.isocalendar()
    first_week = type(start).fromisocalendar(monday.year, monday.week, 1)
    return {
        None: None,
        "day": Days(str(start), timezone=timezone, end_offset=1),
        "week": Weeks(str(first_week), timezone=timezone, day_offset=1, end_offset=1),
        "month": Months(str(start.replace(day=1)), timezone=timezone, end_offset=1),
    }
