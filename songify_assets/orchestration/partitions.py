"""The partitions of each cadence: days, weeks and months in local time."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import dagster as dg
from dagster._core.definitions.partitions.context import partition_loading_context

from songify_assets.foundation.calendar import Cadence, days_between
from songify_assets.settings import Settings


class Days(dg.DailyPartitionsDefinition):
    """Daily partitions; Dagster lists them by walking a cron schedule, 20 µs a day, and lists all of them for every step."""

    def get_partition_keys(
        self, current_time: datetime | None = None, dynamic_partitions_store: Any = None
    ) -> Sequence[str]:
        """Every day from the first one."""
        with partition_loading_context(current_time, dynamic_partitions_store):
            first, last = self.get_first_partition_key(), self.get_last_partition_key()
        if first is None or last is None:
            return []
        return [str(day) for day in days_between(date.fromisoformat(first), date.fromisoformat(last))]


def partitions(settings: Settings) -> dict[Cadence | None, dg.PartitionsDefinition[str] | None]:
    """The partitions of each cadence, from `SONGIFY_START_DATE` to the current day, week or month, in local time."""
    start, zone = settings.start_date, settings.timezone
    monday = start.isocalendar()
    first_week = type(start).fromisocalendar(monday.year, monday.week, 1)
    return {
        None: None,
        "day": Days(str(start), timezone=zone, end_offset=1),
        "week": dg.WeeklyPartitionsDefinition(str(first_week), timezone=zone, day_offset=1, end_offset=1),
        "month": dg.MonthlyPartitionsDefinition(str(start.replace(day=1)), timezone=zone, end_offset=1),
    }
