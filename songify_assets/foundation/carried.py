"""Columns that a table has from a delivery as they are: their encoded bytes are copied, and only new columns are encoded.

Parquet permits it: a column's chunk in a row group stands for itself, and only the footer says where it lies.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import polars as pl
import pyarrow.parquet as pq

from songify_assets.foundation.thrift import BINARY, I64, LIST, STRUCT, Items, Struct, read_struct, write_struct

RECORD, SORTED_AT_ONCE = "record", 30_000_000  # rows of new columns, about 15 bytes each
MAGIC = b"PAR1"
# Numbers of the fields in parquet.thrift.
SCHEMA, ROWS, GROUPS = 2, 3, 4
NAME = 4
COLUMNS, BYTES, GROUP_ROWS, COMPRESSED = 1, 2, 3, 6
OFFSET, META = 2, 3
PATH, UNCOMPRESSED_SIZE, COMPRESSED_SIZE, DATA, DICTIONARY = 3, 6, 7, 9, 11
KEPT_OF_META = (1, 2, PATH, 4, 5, UNCOMPRESSED_SIZE, COMPRESSED_SIZE, DATA, DICTIONARY, 12, 13)


@dataclass(frozen=True)
class Carried:
    """The file of a raw partition, and which columns of a table are which of its columns; its `version` when it was looked at,
    by inode, time and size.
    """

    file: Path
    columns: Mapping[str, str]
    version: tuple[int, int, int]

    @classmethod
    def of(cls, file: Path, columns: Mapping[str, str]) -> "Carried":
        """The columns of a file as it is now."""
        return cls(file, columns, _version(file.stat()))

    def others(self, frame: pl.LazyFrame, columns: pl.Schema) -> Iterator[pl.LazyFrame]:
        """The columns of a frame that are not carried, as a table of these `columns` stores them, in parts: some row groups each.

        The frame has the delivery's records, in any order. To have joins keep it would take Polars as long again as the joins do.
        """
        found = frame.collect_schema()
        # Categories are stored as texts are, and need not be made texts for it.
        others = [
            pl.col(name) if dtype == pl.String and found[name] == pl.Categorical else pl.col(name).cast(dtype)
            for name, dtype in columns.items()
            if name not in self.columns
        ]
        spans = list(_spans(self.file))
        for first, last in spans:
            some = frame if len(spans) == 1 else frame.filter(pl.col(RECORD).is_between(first, last))
            yield some.select(pl.col(RECORD).cast(pl.UInt32), *others).sort(RECORD).drop(RECORD)


def _spans(file: Path) -> Iterator[tuple[int, int]]:
    """The first and the last record of parts of a delivery, whole row groups of up to `SORTED_AT_ONCE` rows together."""
    footer = pq.read_metadata(file)
    at, first, rows = footer.schema.names.index(RECORD), None, 0
    for number in range(footer.num_row_groups):
        group, of = footer.row_group(number), footer.row_group(number).column(at).statistics
        first, rows = of.min if first is None else first, rows + group.num_rows
        if rows + group.num_rows > SORTED_AT_ONCE or number == footer.num_row_groups - 1:
            yield first, of.max
            first, rows = None, 0


def assembled(carried: Carried, made: Sequence[Path], empty: Path, target: Path) -> bool:
    """Writes a file of which some columns are carried, and the others those of the files `made`, in order; the schema is that of `empty`.

    False, and there is no whole file, where that cannot be: row groups are cut otherwise, a column is stored as another type, or the
    carried file was replaced.
    """
    with ExitStack() as opened, target.open("wb") as out:
        old, *new = (_Source.of(opened.enter_context(path.open("rb"))) for path in (carried.file, *made))
        # The frames have read the same file, if that is still there.
        if _version(os.fstat(old.file.fileno())) != carried.version:
            return False
        footer = _Source.of(BytesIO(empty.read_bytes())).footer
        fresh = [(one, number) for one in new for number in range(len(one.groups))]
        if not _alike(footer, carried, old, fresh):
            return False
        out.write(MAGIC)
        groups = [_group(footer, carried, (old, number), one, out) for number, one in enumerate(fresh)]
        footer |= {ROWS: old.footer[ROWS], GROUPS: (LIST, Items(STRUCT, groups))}
        written = write_struct(footer)
        out.write(written + len(written).to_bytes(4, "little") + MAGIC)
    return True


def _version(state: os.stat_result) -> tuple[int, int, int]:
    return state.st_ino, state.st_mtime_ns, state.st_size


@dataclass(frozen=True)
class _Source:
    """An open Parquet file, and what its footer says."""

    file: BinaryIO
    footer: Struct

    @classmethod
    def of(cls, file: BinaryIO) -> "_Source":
        file.seek(-8, os.SEEK_END)
        size = int.from_bytes(file.read(4), "little")
        file.seek(-8 - size, os.SEEK_END)
        return cls(file, read_struct(file.read(size)))

    @property
    def groups(self) -> list[Struct]:
        groups: list[Struct] = self.footer[GROUPS][1].values
        return groups

    def stored(self, column: str) -> Struct | None:
        """How the schema says that a column is stored, without its name."""
        known = {element[NAME][1].decode(): element for element in _elements(self.footer)}
        return {field: value for field, value in known[column].items() if field != NAME} if column in known else None


def _elements(footer: Struct) -> list[Struct]:
    elements: list[Struct] = footer[SCHEMA][1].values
    return elements[1:]


def _alike(footer: Struct, carried: Carried, old: _Source, fresh: Sequence[tuple[_Source, int]]) -> bool:
    """Whether all cut the same row groups, and each column is stored as the schema says."""
    if [group[GROUP_ROWS] for group in old.groups] != [one.groups[number][GROUP_ROWS] for one, number in fresh]:
        return False
    for element in _elements(footer):
        name = element[NAME][1].decode()
        stored = (
            [old.stored(carried.columns[name])] if name in carried.columns else [one.stored(name) for one, _ in fresh]
        )
        if any({**(one or {}), NAME: element[NAME]} != element for one in stored):
            return False
    return True


def _group(
    footer: Struct, carried: Carried, old: tuple[_Source, int], new: tuple[_Source, int], out: BinaryIO
) -> Struct:
    names = [element[NAME][1].decode() for element in _elements(footer)]
    chunks = [
        _copied(*old, carried.columns[name], name, out) if name in carried.columns else _copied(*new, name, name, out)
        for name in names
    ]
    metas = [chunk[META][1] for chunk in chunks]
    return {
        COLUMNS: (LIST, Items(STRUCT, chunks)),
        BYTES: (I64, sum(meta[UNCOMPRESSED_SIZE][1] for meta in metas)),
        GROUP_ROWS: old[0].groups[old[1]][GROUP_ROWS],
        COMPRESSED: (I64, sum(meta[COMPRESSED_SIZE][1] for meta in metas)),
    }


def _copied(source: _Source, number: int, column: str, name: str, out: BinaryIO) -> Struct:
    """A chunk as it lies in the file to which its bytes were copied; what else points to places (indexes of pages) is left out."""
    chunks: list[Struct] = source.groups[number][COLUMNS][1].values
    of = next(chunk[META][1] for chunk in chunks if chunk[META][1][PATH][1].values == [column.encode()])
    meta: Struct = {field: of[field] for field in KEPT_OF_META if field in of}
    places = [field for field in (DATA, DICTIONARY) if field in meta]
    begin = min(meta[field][1] for field in places)
    moved = out.tell() - begin
    source.file.seek(begin)
    out.write(source.file.read(meta[COMPRESSED_SIZE][1]))
    meta |= {field: (I64, meta[field][1] + moved) for field in places}
    meta[PATH] = (LIST, Items(BINARY, [name.encode()]))
    return {OFFSET: (I64, 0), META: (STRUCT, meta)}
