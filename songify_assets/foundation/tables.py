"""Where tables lie, and how their partitions are written: `<lake>/<schema>/<table>/<partition column>=<key>/part-0.parquet`.

A partition is replaced by one rename, so that a reader sees the old rows or the new ones, never half of them.
"""

import shutil
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq

ROW_GROUP = 125_000
# A table that a query names twice is read twice: reading it once for both holds it in memory until both have used it.
READ_AGAIN = pl.QueryOptFlags(comm_subplan_elim=False)
Replacing = Callable[[], AbstractContextManager[Any]]


@dataclass(frozen=True)
class Table:
    """A table `<schema>/<table>`, its columns and the column it is partitioned by (None: one file)."""

    name: str
    columns: pl.Schema
    partition_column: str | None = None


class Lake:
    """All tables below one folder."""

    def __init__(self, root: Path, tables: Iterable[Table], replacing: Replacing = nullcontext) -> None:
        """`replacing` is entered around each replacement of a partition; it raises where that must not happen any more."""
        self.root, self.replacing = root, replacing
        self.tables: Mapping[str, Table] = {table.name: table for table in tables}

    def path(self, table: str, key: str) -> Path:
        """The file of a partition (key is empty for an unpartitioned table)."""
        column = self.tables[table].partition_column
        folder = self.root / table / f"{column}={key}" if column else self.root / table
        return folder / "part-0.parquet"

    def keys(self, table: str) -> list[str]:
        """The partitions that were ever written, in order; [""] for an unpartitioned table that was."""
        if not self.tables[table].partition_column:
            return [""] if self.path(table, "").exists() else []
        return sorted(file.parent.name.partition("=")[2] for file in (self.root / table).glob("*=*/part-0.parquet"))

    def scan(self, table: str, keys: Iterable[str] | None = None) -> pl.LazyFrame:
        """The rows of these partitions (None: of all); those that were never written have none."""
        paths = [self.path(table, key) for key in (self.keys(table) if keys is None else keys)]
        files = [path for path in paths if path.exists()]
        if not files:
            return pl.LazyFrame(schema=self.tables[table].columns)
        return pl.scan_parquet(files, hive_partitioning=False, schema=self.tables[table].columns)

    def write(self, table: str, frame: pl.LazyFrame, keys: list[str]) -> dict[str, int]:
        """Replaces these partitions by the frame's rows; returns the rows of each. Partitions without rows become empty files.

        Rows of other partitions are left out: a table that is computed as a whole may still be asked for some of its weeks.
        """
        declared = self.tables[table]
        frame = frame.select(pl.col(name).cast(dtype) for name, dtype in declared.columns.items())
        if declared.partition_column:
            frame = frame.filter(pl.col(declared.partition_column).is_in([date.fromisoformat(key) for key in keys]))
        with self.staging() as staged:
            if len(keys) == 1:
                parts = {keys[0]: staged / "part.parquet"}
                sink(frame, parts[keys[0]])
            else:
                parts = _split(frame, declared, staged, keys)
            for key, part in parts.items():
                self.put(table, key, part)
        return {key: row_count(self.path(table, key)) for key in keys}

    def put(self, table: str, key: str, staged: Path) -> None:
        """Moves a finished file into its place."""
        target = self.path(table, key)
        target.parent.mkdir(parents=True, exist_ok=True)
        with self.replacing():
            staged.replace(target)

    @contextmanager
    def staging(self) -> Iterator[Path]:
        """A folder beside the tables for files that are not finished; it goes with what is left in it."""
        folder = self.root / ".staging" / uuid.uuid4().hex
        folder.mkdir(parents=True)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def sink(frame: pl.LazyFrame, path: Path) -> None:
    """Streams a frame to a Parquet file."""
    frame.sink_parquet(
        path, compression="zstd", compression_level=1, row_group_size=ROW_GROUP, optimizations=READ_AGAIN
    )


def row_count(path: Path) -> int:
    """The rows of a Parquet file, from its footer."""
    return int(pq.read_metadata(path).num_rows)


def _split(frame: pl.LazyFrame, table: Table, staged: Path, keys: list[str]) -> dict[str, Path]:
    column = table.partition_column
    assert column is not None, f"{table.name} has no partitions"
    target = pl.PartitionBy(staged, key=pl.col(column).dt.strftime("%Y-%m-%d").alias("__key"), include_key=False)
    frame.sink_parquet(
        target, mkdir=True, compression="zstd", compression_level=1, row_group_size=ROW_GROUP, optimizations=READ_AGAIN
    )
    parts: dict[str, Path] = {}
    for key in keys:
        files = sorted((staged / f"__key={key}").glob("*.parquet"))
        parts[key] = files[0] if len(files) == 1 else staged / f"{key}.parquet"
        if len(files) != 1:
            rows = pl.scan_parquet(files, hive_partitioning=False) if files else pl.LazyFrame(schema=table.columns)
            sink(rows, parts[key])
    return parts
