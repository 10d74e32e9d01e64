"""How a dataset declares an asset: a function from lazy frames to the lazy frame of its table, and what it depends on."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import dagster as dg
import pandera.polars as pa
import polars as pl
from dagster._core.definitions.partitions.context import partition_loading_context

from songify_assets.foundation.calendar import Cadence, days_between
from songify_assets.foundation.tables import Table
from songify_assets.orchestration.drawn import Picture
from songify_assets.orchestration.inputs import Input
from songify_assets.settings import Settings


@dataclass(frozen=True)
class TableAsset:
    """An asset to be: everything but the partitions, which depend on the settings.

    `inputs` is all that it reads, by name. The function gets the frame of each that it has a parameter for, and reads the
    others by itself. `picture` draws the table for its page in the web UI.
    With another `code_version` the table is computed again: raise it when the same input would give other rows.
    """

    key: str
    compute: Callable[..., Any]
    cadence: Cadence | None
    inputs: Mapping[str, Input]
    stored: bool = True
    picture: Picture | None = None
    code_version: str = "1"

    @property
    def upstream(self) -> list[str]:
        """All tables it depends on."""
        return [asset for declared in self.inputs.values() for asset in declared.assets]


def table(
    key: str,
    *,
    cadence: Cadence | None = None,
    inputs: Mapping[str, Input],
    stored: bool = True,
    picture: Picture | None = None,
    code_version: str = "1",
) -> Callable[[Callable[..., Any]], TableAsset]:
    """Declares a function as the asset of a table; the function's docstring is the asset's page in the web UI."""
    return lambda compute: TableAsset(key, compute, cadence, inputs, stored, picture, code_version)


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


def declared_table(key: str, model: type[pa.DataFrameModel], partition_column: str | None) -> Table:
    """The lake's table of a Pandera model."""
    columns = {name: column.dtype.type for name, column in model.to_schema().columns.items()}
    return Table(key, pl.Schema(columns), partition_column)
