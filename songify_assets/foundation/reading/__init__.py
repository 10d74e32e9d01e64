"""From a plain file to batches of text records, in constant memory; records that are structurally broken stand apart."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

import duckdb

from songify_assets.foundation.reading.batch import Batch
from songify_assets.foundation.reading.csv import read_csv
from songify_assets.foundation.reading.dialect import COMMON, Dialect
from songify_assets.foundation.reading.json import parser, read_json
from songify_assets.foundation.reading.lone import lone_object, read_lone
from songify_assets.foundation.reading.parquet import read_parquet

__all__ = ["Batch", "Reader"]


@dataclass(frozen=True)
class Reader:
    """Reads the files of one feed; `fields` maps columns to the headers of a CSV file, JSON paths or Parquet columns.

    `refusals` are the columns of a Parquet file that say why its sender refused a record, and what that was.
    """

    format: Literal["csv", "json", "parquet"]
    fields: Mapping[str, str]
    dialect: Dialect = COMMON
    refusals: tuple[str, str] | None = None

    def read(self, path: Path, where: str) -> Iterator[Batch]:
        """The records of a file, which `where` names in errors.

        Raises UnreadableFile when it cannot be read at all, possibly after some batches (a truncated JSON array).
        """
        if self.format == "csv":
            return read_csv(path, self.fields, self.dialect, where)
        if self.format == "parquet":
            return read_parquet(path, self.fields, where, self.refusals)
        return read_json(path, self.fields, where, self._parser)

    def lone_object(self, path: Path) -> bytes | None:
        """The text of a small JSON file that holds one record and nothing else; None for any other file."""
        return lone_object(path, self.fields) if self.format == "json" else None

    def read_lone(self, texts: Sequence[bytes]) -> Batch:
        """The records of such files, one a file."""
        return read_lone(texts, self.fields, self._parser)

    @cached_property
    def _parser(self) -> duckdb.DuckDBPyConnection:
        return parser()
