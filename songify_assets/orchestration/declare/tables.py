"""How a dataset declares an asset: a function from lazy frames to the lazy frame of its table, and what it depends on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import pandera.polars as pa
import polars as pl

from songify_assets.foundation.calendar import Cadence
from songify_assets.foundation.lake import Table
from songify_assets.orchestration.declare.inputs import Input
from songify_assets.orchestration.ui.drawn import Picture


@dataclass(frozen=True)
class TableAsset:
    """An asset to be: everything but the partitions, which depend on the settings.

    `inputs` is all that it reads, by name. The function gets the frame of each that it has a parameter for, and reads the
    others by itself. `picture` draws the table for its page in the web UI, which also shows the function's docstring and `notes`.
    With another `code_version` the table is computed again: raise it when the same input would give other rows. A table with months
    that `closes` has statements: a table `<key>_statements`, or what `closes` names in its schema. A `portable` table is computed by whichever
    engine the settings name: its inputs and its function take frames of any. The partitions of one whose rows are `apart` are
    computed a few at a time where they are large: each of its inputs has rows of that partition only. One without partitions that
    tells of the days in a column whether they are over (`ends_of`) is computed again when one of them has ended.

    `carries` says of a table with a row for each of its events which of its columns are which of theirs, as they are: where the
    events of a partition are one delivery, these columns are copied as they are stored. The frame keeps their `record`.
    """

    key: str
    compute: Callable[..., Any]
    cadence: Cadence | None
    inputs: Mapping[str, Input]
    stored: bool = True
    picture: Picture | None = None
    code_version: str = "1"
    notes: str = ""
    closes: bool | str = False
    portable: bool = False
    carries: Mapping[str, str] = field(default_factory=dict)
    apart: bool = False
    ends_of: str = ""

    @property
    def statements(self) -> str:
        """The table of its statements; empty if its months are not closed."""
        schema, _ = self.key.split("/")
        return (
            f"{schema}/{self.closes}"
            if isinstance(self.closes, str)
            else f"{self.key}_statements"
            if self.closes
            else ""
        )

    @property
    def upstream(self) -> list[str]:
        """All other tables it depends on."""
        return [asset for declared in self.inputs.values() for asset in declared.assets if asset != self.key]


def table(
    key: str,
    *,
    cadence: Cadence | None = None,
    inputs: Mapping[str, Input],
    stored: bool = True,
    picture: Picture | None = None,
    code_version: str = "1",
    notes: str = "",
    closes: bool | str = False,
    portable: bool = False,
    carries: Mapping[str, str] = MappingProxyType({}),
    apart: bool = False,
    ends_of: str = "",
) -> Callable[[Callable[..., Any]], TableAsset]:
    """Declares a function as the asset of a table; the function's docstring is the asset's page in the web UI."""
    return lambda compute: TableAsset(
        key, compute, cadence, inputs, stored, picture, code_version, notes, closes, portable, carries, apart, ends_of
    )


def declared_table(key: str, model: type[pa.DataFrameModel], partition_column: str | None) -> Table:
    """The lake's table of a Pandera model."""
    columns = {name: column.dtype.type for name, column in model.to_schema().columns.items()}
    return Table(key, pl.Schema(columns), partition_column)
