"""Columns that a table has from another one as they are: their encoded bytes are copied, and only new columns are encoded.

Parquet permits it: a column's chunk in a row group stands for itself, and only the footer says where it lies.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import polars as pl

from songify_assets.foundation.thrift import BINARY, I64, LIST, STRUCT, Items, Struct, read_struct, write_struct

MAGIC = b"PAR1"
# Numbers of the fields in parquet.thrift.
SCHEMA, ROWS, GROUPS = 2, 3, 4
NAME = 4
COLUMNS, BYTES, GROUP_ROWS, GROUP_OFFSET, COMPRESSED, ORDINAL = 1, 2, 3, 5, 6, 7
OFFSET, META = 2, 3
PATH, UNCOMPRESSED_SIZE, COMPRESSED_SIZE, DATA, DICTIONARY = 3, 6, 7, 9, 11
Source = tuple[BinaryIO, Struct, str]  # a file, its footer, and a column of it
KEPT_OF_META = (1, 2, PATH, 4, 5, UNCOMPRESSED_SIZE, COMPRESSED_SIZE, DATA, DICTIONARY, 12, 13)


@dataclass(frozen=True)
class Carried:
    """A Parquet file, and which columns of a table are which of its columns, row by row and in order; its `version` when it was
    looked at, by inode, time and size.
    """

    file: Path
    columns: Mapping[str, str]
    version: tuple[int, int, int]

    @classmethod
    def of(cls, file: Path, columns: Mapping[str, str]) -> "Carried":
        """The columns of a file as it is now."""
        return cls(file, columns, _version(file.stat()))

    def others(self, frame: pl.LazyFrame, columns: pl.Schema) -> pl.LazyFrame:
        """The columns of a frame that are not carried, as they are to be stored in a table of these columns."""
        found = frame.collect_schema()
        # Categories are stored as texts are, and need not be made texts for it.
        return frame.select(
            pl.col(name) if dtype == pl.String and found[name] == pl.Categorical else pl.col(name).cast(dtype)
            for name, dtype in columns.items()
            if name not in self.columns
        )


def assembled(carried: Carried, made: Path, empty: Path, target: Path) -> bool:
    """Writes a file of which some columns are carried, and the others those of the file `made`; the schema is that of `empty`.

    False, and there is no whole file, where that cannot be: row groups are cut otherwise, a column is stored as another type, or the carried
    file was replaced.
    """
    found: list[Source]
    with carried.file.open("rb") as source, made.open("rb") as new, target.open("wb") as out:
        if _version(os.fstat(source.fileno())) != carried.version:
            return False
        footer, old, fresh = _footer(empty.read_bytes()), _footer_of(source), _footer_of(new)
        names = [element[NAME][1].decode() for element in _elements(footer)[1:]]
        found = [
            (source, old, carried.columns[name]) if name in carried.columns else (new, fresh, name) for name in names
        ]
        if not _alike(footer, old, fresh, found):
            return False
        out.write(MAGIC)
        groups = [_assembled_group(number, names, found, out) for number in range(len(_groups(old)))]
        footer |= {ROWS: old[ROWS], GROUPS: (LIST, Items(STRUCT, groups))}
        written = write_struct(footer)
        out.write(written + len(written).to_bytes(4, "little") + MAGIC)
    return True


def _version(state: os.stat_result) -> tuple[int, int, int]:
    return state.st_ino, state.st_mtime_ns, state.st_size


def _footer_of(file: BinaryIO) -> Struct:
    file.seek(-8, os.SEEK_END)
    size = int.from_bytes(file.read(4), "little")
    file.seek(-8 - size, os.SEEK_END)
    return read_struct(file.read(size))


def _footer(data: bytes) -> Struct:
    size = int.from_bytes(data[-8:-4], "little")
    return read_struct(data[-8 - size :])


def _elements(footer: Struct) -> list[Struct]:
    elements: list[Struct] = footer[SCHEMA][1].values
    return elements


def _groups(footer: Struct) -> list[Struct]:
    groups: list[Struct] = footer[GROUPS][1].values
    return groups


def _alike(footer: Struct, old: Struct, fresh: Struct, found: list[Source]) -> bool:
    """Whether both files cut the same row groups, and each column is stored as the schema says."""
    if [group[GROUP_ROWS] for group in _groups(old)] != [group[GROUP_ROWS] for group in _groups(fresh)]:
        return False
    for element, (_, of, name) in zip(_elements(footer)[1:], found, strict=True):
        stored = [{**one, NAME: element[NAME]} for one in _elements(of)[1:] if one[NAME][1].decode() == name]
        if stored != [element]:
            return False
    return True


def _assembled_group(number: int, names: list[str], found: list[Source], out: BinaryIO) -> Struct:
    chunks = [
        _copied(_chunk(_groups(of)[number], column), name, file, out)
        for name, (file, of, column) in zip(names, found, strict=True)
    ]
    metas = [chunk[META][1] for chunk in chunks]
    rows = _groups(found[0][1])[number][GROUP_ROWS]
    return {
        COLUMNS: (LIST, Items(STRUCT, chunks)),
        BYTES: (I64, sum(meta[UNCOMPRESSED_SIZE][1] for meta in metas)),
        GROUP_ROWS: rows,
        COMPRESSED: (I64, sum(meta[COMPRESSED_SIZE][1] for meta in metas)),
    }


def _chunk(group: Struct, column: str) -> Struct:
    chunks: list[Struct] = group[COLUMNS][1].values
    return next(chunk for chunk in chunks if chunk[META][1][PATH][1].values == [column.encode()])


def _copied(chunk: Struct, name: str, file: BinaryIO, out: BinaryIO) -> Struct:
    """A chunk as it lies in the file to which its bytes were copied; what else points to places (indexes of pages) is left out."""
    meta: dict[int, Any] = {field: chunk[META][1][field] for field in KEPT_OF_META if field in chunk[META][1]}
    begin = min(meta[field][1] for field in (DATA, DICTIONARY) if field in meta)
    moved = out.tell() - begin
    out.write(os.pread(file.fileno(), meta[COMPRESSED_SIZE][1], begin))
    for field in (DATA, DICTIONARY):
        if field in meta:
            meta[field] = (I64, meta[field][1] + moved)
    meta[PATH] = (LIST, Items(BINARY, [name.encode()]))
    return {OFFSET: (I64, 0), META: (STRUCT, meta)}
