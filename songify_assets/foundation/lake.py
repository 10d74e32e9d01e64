"""Where tables lie, and how their partitions are written: `<lake>/<schema>/<table>/<partition column>=<key>/part-0.parquet`.

A partition is replaced by one rename, so that a reader sees the old rows or the new ones, never half of them.
"""

import os
import re
import shutil
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from songify_assets.foundation.carried import Carried
from songify_assets.foundation.parquet import row_count, sink, split, with_carried
from songify_assets.foundation.parts import Parts
from songify_assets.foundation.prefetch import worked
from songify_assets.foundation.trouble import REFUSALS, of_file

MAGIC = b"PAR1"
Replacing = Callable[[], AbstractContextManager[Any]]


@dataclass(frozen=True)
class Table:
    """A table `<schema>/<table>`, its columns and the column it is partitioned by (None: one file)."""

    name: str
    columns: pl.Schema
    partition_column: str | None = None


class Lake:
    """All tables below one folder, scanned and written by an engine: here by Polars, on this machine."""

    engine = "polars"

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
        return list(self.files(table))

    def files(self, table: str) -> dict[str, os.stat_result]:
        """The partitions that were ever written, in order, each with what the file system says of its file."""
        states = {key: _state(file) for key, file in sorted(self._places(table))}
        return {key: state for key, state in states.items() if state}

    def versions(self, table: str) -> dict[str, str]:
        """The partitions that were ever written, in order, each with a text that changes whenever its file is replaced."""
        return {key: version_of(state) for key, state in self.files(table).items()}

    def rows(self, table: str, key: str) -> int:
        """The rows of a partition, from its footer."""
        return row_count(self.path(table, key))

    def broken(self, table: str) -> dict[str, str]:
        """The partitions that were written and cannot be read any more, and why: their file is missing, or cut."""
        found = {key: _trouble(file) for key, file in self._places(table)}
        if not self.tables[table].partition_column and not (self.root / table).exists():
            found = {}
        return {key: trouble for key, trouble in found.items() if trouble}

    def _places(self, table: str) -> list[tuple[str, str]]:
        """Each partition that has a folder, and the path of its file (as text: a table has thousands)."""
        if not self.tables[table].partition_column:
            return [("", str(self.path(table, "")))]
        with suppress(FileNotFoundError), os.scandir(self.root / table) as entries:
            folders = [entry for entry in entries if "=" in entry.name]
            return [(folder.name.partition("=")[2], f"{folder.path}/part-0.parquet") for folder in folders]
        return []

    def scan(self, table: str, keys: Iterable[str] | None = None) -> pl.LazyFrame:
        """The rows of these partitions (None: of all); those that were never written have none."""
        files = self.written(table, keys)
        if not files:
            return pl.LazyFrame(schema=self.tables[table].columns)
        return pl.scan_parquet(files, hive_partitioning=False, schema=self.tables[table].columns)

    def written(self, table: str, keys: Iterable[str] | None) -> list[str]:
        """The files of these partitions (None: of all), as far as they were ever written."""
        places = self._places(table) if keys is None else [(key, str(self.path(table, key))) for key in keys]
        return [file for _, file in (sorted(places) if keys is None else places) if _state(file)]

    def write(
        self,
        table: str,
        frame: Any,
        keys: list[str],
        before: Callable[[pl.LazyFrame], None] = lambda _: None,
        carried: Carried | None = None,
    ) -> dict[str, int]:
        """Replaces these partitions by the frame's rows; returns the rows of each. Partitions without rows become empty files.

        Rows of other partitions are left out: a table that is computed as a whole may still be asked for some of its weeks.
        `before` is given the new rows before any partition is replaced.
        """
        declared = self.tables[table]
        with self.staging() as staged:
            parts = self.computed(frame, declared, keys, staged, carried)
            before(pl.scan_parquet(list(parts.values()), hive_partitioning=False, schema=declared.columns))
            with self.replacing():  # once for all of them: each asks the ledger, which takes longer than a rename
                for key, part in parts.items():
                    self.put(table, key, part)
        return {key: row_count(self.path(table, key)) for key in keys}

    def computed(
        self, frame: Any, table: Table, keys: list[str], staged: Path, carried: Carried | None = None
    ) -> dict[str, Path]:
        """A file with the frame's rows for each of these partitions of a table, in a folder; `carried` are columns of the only one."""
        if carried and (file := with_carried(frame, table.columns, carried, staged)):
            return {keys[0]: file}
        if isinstance(frame, Parts):
            made = worked(lambda part: self.computed(part[1], table, part[0], staged), frame.frames)
            return {key: file for files in made for key, file in files.items()}
        frame = frame.select(pl.col(name).cast(dtype) for name, dtype in table.columns.items())
        if table.partition_column:
            frame = frame.filter(pl.col(table.partition_column).is_in([date.fromisoformat(key) for key in keys]))
            if len(keys) > 1:
                return split(frame, table.columns, table.partition_column, staged, keys)
        file = staged / f"part-{keys[0]}.parquet"
        sink(frame, file)
        return {keys[0]: file}

    def put(self, table: str, key: str, staged: Path) -> None:
        """Moves a finished file into its place."""
        target = self.path(table, key)
        target.parent.mkdir(parents=True, exist_ok=True)
        with self.replacing():
            staged.replace(target)

    def put_instead(self, table: str, key: str, staged: Path, version: str) -> bool:
        """Moves a finished file into the place of this version (empty: of none); False, and nothing changes, if it is another."""
        target = self.path(table, key)
        target.parent.mkdir(parents=True, exist_ok=True)
        with self.replacing():
            return _version(target) == version and bool(staged.replace(target))

    def take(self, table: str, key: str, version: str) -> bool:
        """Takes a partition away at once; False, and it stays, if it is not this version any more."""
        target = self.path(table, key)
        with self.staging() as staged, self.replacing():
            return _version(target) == version and bool(target.parent.replace(staged / "taken"))

    @contextmanager
    def staging(self) -> Iterator[Path]:
        """A folder beside the tables for files that are not finished; it goes with what is left in it.

        HomeError when the disk does not take what is written.
        """
        folder = self.root / ".staging" / uuid.uuid4().hex
        try:
            with _told(self.root):
                folder.mkdir(parents=True)
                yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def version_of(state: os.stat_result) -> str:
    """A text that changes whenever a file is replaced."""
    return f"{state.st_ino}-{state.st_mtime_ns}-{state.st_size}"


def _version(file: Path) -> str:
    """The version of a file; empty if there is none."""
    state = _state(str(file))
    return version_of(state) if state else ""


def _state(file: str) -> os.stat_result | None:
    try:
        return os.stat(file)  # noqa: PTH116 a table has thousands
    except OSError:
        return None


def _trouble(file: str) -> str:
    """Why a Parquet file cannot be read, as its last bytes tell; empty if nothing is wrong with them."""
    try:
        opened = os.open(file, os.O_RDONLY)
        try:
            size = os.fstat(opened).st_size
            end = os.pread(opened, 8, max(0, size - 8))
        finally:
            os.close(opened)
    except FileNotFoundError:
        return "its file is missing"
    except OSError as error:
        return f"its file cannot be read ({error.strerror})"
    if len(end) < 8 or not end.endswith(MAGIC) or int.from_bytes(end[:4], "little") + 12 > size:
        return "its file is cut"
    return ""


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Polars says of what a disk refuses no more than the number of the error."""
    try:
        yield
    except (OSError, pl.exceptions.ComputeError) as error:
        said = re.search(r"\(os error (\d+)\)|\[Errno (\d+)\]", str(error))
        number = int(said[1] or said[2]) if said else 0
        if number not in REFUSALS:
            raise
        raise of_file(OSError(number, os.strerror(number), str(path))) from None
