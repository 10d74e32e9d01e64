"""Columns that a table has from a delivery as they are: their encoded bytes are copied, and only new columns are encoded.

Parquet permits it: a column's chunk in a row group stands for itself, and only the footer says where it lies.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import polars as pl
import pyarrow.parquet as pq

from songify_assets.foundation.thrift import BINARY, I64, LIST, STRUCT, Items, Struct, read_struct, write_struct

LEAST_BYTES = 2**22  # a smaller file is written sooner than two are put together
RECORD, SORTED_AT_ONCE = "record", 30_000_000  # rows of new columns, about 15 bytes each
MAGIC = b"PAR1"
# Numbers of the fields in parquet.thrift.
SCHEMA, ROWS, GROUPS = 2, 3, 4
NAME, CHILDREN = 4, 5
COLUMNS, BYTES, GROUP_ROWS, COMPRESSED = 1, 2, 3, 6
OFFSET, META = 2, 3
PATH, UNCOMPRESSED_SIZE, COMPRESSED_SIZE, DATA, DICTIONARY = 3, 6, 7, 9, 11
KEPT_OF_META = (1, 2, PATH, 4, 5, UNCOMPRESSED_SIZE, COMPRESSED_SIZE, DATA, DICTIONARY, 12, 13)


@dataclass(frozen=True)
class Carried:
    """The file of a raw partition, and which columns of a table are which of its columns; its `version` when it was looked at,
    by inode, time and size. `made` are rows with the other columns, where those of the table's frame are not the file's rows;
    `more` are rows of the table that follow.
    """

    file: Path
    columns: Mapping[str, str]
    version: tuple[int, int, int]
    made: pl.LazyFrame | None = None
    more: pl.LazyFrame | None = None

    @classmethod
    def of(
        cls,
        file: Path,
        columns: Mapping[str, str],
        made: pl.LazyFrame | None = None,
        more: pl.LazyFrame | None = None,
    ) -> "Carried":
        """The columns of a file as it is now."""
        return cls(file, columns, _version(file.stat()), made, more)

    def others(self, frame: pl.LazyFrame, columns: pl.Schema) -> Iterator[pl.LazyFrame]:
        """The columns of a frame (or of `made`) that are not carried, as a table of these `columns` stores them, in parts: some row
        groups each.

        The frame has the delivery's records, in any order. To have joins keep it would take Polars as long again as the joins do.
        """
        frame = frame if self.made is None else self.made
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


def assembled(carried: Carried, made: Sequence[Path], more: Path, target: Path) -> bool:
    """Writes a file of which some columns are carried, and the others those of the files `made`, in order; then the rows of `more`,
    whose schema it has.

    False, and there is no whole file, where that cannot be: row groups are cut otherwise, a column is stored as another type, or the
    carried file was replaced.
    """
    with ExitStack() as opened, target.open("wb") as out:
        old, rest, *new = (_Source.of(opened.enter_context(path.open("rb"))) for path in (carried.file, more, *made))
        # The frames have read the same file, if that is still there.
        if _version(os.fstat(old.file.fileno())) != carried.version:
            return False
        fresh = [(one, number) for one in new for number in range(len(one.groups))]
        if not _alike(rest, carried, old, fresh):
            return False
        out.write(MAGIC)
        names = list(rest.columns)
        groups = [_group(names, carried.columns, (old, number), one, out) for number, one in enumerate(fresh)]
        groups += [_group(names, {}, (rest, number), (rest, number), out) for number in range(len(rest.groups))]
        rows = old.footer[ROWS][1] + rest.footer[ROWS][1]
        written = write_struct({**rest.footer, ROWS: (I64, rows), GROUPS: (LIST, Items(STRUCT, groups))})
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

    @property
    def columns(self) -> dict[str, list[Struct]]:
        """How the schema says that each column is stored: its element, then those of what it nests."""
        elements = iter(self.footer[SCHEMA][1].values)
        root = next(elements)
        return {own[NAME][1].decode(): [own, *_nested(own, elements)] for own in islice(elements, root[CHILDREN][1])}


def _nested(element: Struct, elements: Iterator[Struct]) -> Iterator[Struct]:
    for child in islice(elements, element[CHILDREN][1] if CHILDREN in element else 0):
        yield child
        yield from _nested(child, elements)


def _alike(rest: _Source, carried: Carried, old: _Source, fresh: Sequence[tuple[_Source, int]]) -> bool:
    """Whether all cut the same row groups, and each column is stored as the schema says."""
    if [group[GROUP_ROWS] for group in old.groups] != [one.groups[number][GROUP_ROWS] for one, number in fresh]:
        return False
    for name, (own, *nested) in rest.columns.items():
        known = carried.columns.get(name)
        for source in [old] if known else [one for one, _ in fresh]:
            stored = source.columns.get(known or name, [{}])
            if [{**stored[0], NAME: own[NAME]}, *stored[1:]] != [own, *nested]:
                return False
    return True


def _group(
    names: Sequence[str],
    carried: Mapping[str, str],
    old: tuple[_Source, int],
    new: tuple[_Source, int],
    out: BinaryIO,
) -> Struct:
    """A row group of these columns, of which those that are carried are copied from one file and the others from another."""
    chunks = [
        chunk
        for name in names
        for chunk in _copied(*(old if name in carried else new), carried.get(name, name), name, out)
    ]
    metas = [chunk[META][1] for chunk in chunks]
    return {
        COLUMNS: (LIST, Items(STRUCT, chunks)),
        BYTES: (I64, sum(meta[UNCOMPRESSED_SIZE][1] for meta in metas)),
        GROUP_ROWS: old[0].groups[old[1]][GROUP_ROWS],
        COMPRESSED: (I64, sum(meta[COMPRESSED_SIZE][1] for meta in metas)),
    }


def _copied(source: _Source, number: int, column: str, name: str, out: BinaryIO) -> Iterator[Struct]:
    """The chunks of a column as they lie in the file to which their bytes were copied; a column with lists may have several."""
    chunks: list[Struct] = source.groups[number][COLUMNS][1].values
    for chunk in chunks:
        head, *nested = chunk[META][1][PATH][1].values
        if head == column.encode():
            meta = _moved(source, chunk[META][1], out)
            yield {OFFSET: (I64, 0), META: (STRUCT, {**meta, PATH: (LIST, Items(BINARY, [name.encode(), *nested]))})}


def _moved(source: _Source, of: Struct, out: BinaryIO) -> Struct:
    """What a footer says of a chunk once its bytes are copied; what else points to places (indexes of pages) is left out."""
    meta: Struct = {field: of[field] for field in KEPT_OF_META if field in of}
    places = [field for field in (DATA, DICTIONARY) if field in meta]
    begin = min(meta[field][1] for field in places)
    moved = out.tell() - begin
    source.file.seek(begin)
    out.write(source.file.read(meta[COMPRESSED_SIZE][1]))
    return meta | {field: (I64, meta[field][1] + moved) for field in places}
