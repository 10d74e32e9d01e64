"""The rows that a question found, on their way into a form.

A few rows are JSON soonest by way of Python's values, many rows by way of Arrow, which keeps no other thread waiting.
"""

import atexit
import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

import duckdb
import orjson
import polars as pl
import polars.selectors as cs
import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet

from songify_assets.serving.forms import ARROW, CSV, JSON

FEW = 1100
# Bytes that follow each other: an answer of megabytes is put together once.
Parts = list[bytes | memoryview]


class Found(Protocol):
    """Rows in the order of the answer; the columns asked for come first."""

    @property
    def count(self) -> int:
        """How many."""
        ...

    def values(self, number: int, places: Sequence[int]) -> tuple[Any, ...]:
        """Values of one row, by the places of their columns."""
        ...

    def encoded(self, rows: int, columns: int) -> tuple[Parts, Parts]:
        """The first rows and columns in their form, and what is another whenever these are."""
        ...


def found_rows(connection: duckdb.DuckDBPyConnection, sql: str, values: Sequence[Any], media: str) -> Found:
    """What a query finds, for a form."""
    result = connection.execute(_statement(connection, sql), values)
    if media != JSON:
        return Frame(result.to_arrow_table(), media)
    names = [one[0] for one in result.description or ()]
    few = result.fetchmany(FEW)
    return Objects(names, few, Frame(result.to_arrow_table(), JSON) if len(few) == FEW else None)


def _statement(connection: duckdb.DuckDBPyConnection, sql: str) -> duckdb.Statement:
    # To read a text takes DuckDB a quarter of what a short question takes; texts hold no values, so there are few.
    known = _known(sql)
    if not known:
        known += connection.extract_statements(sql)
    return known[0]


@lru_cache(1000)
def _known(sql: str) -> list[duckdb.Statement]:
    return []


atexit.register(_known.cache_clear)  # DuckDB tells of each statement that outlives it


@dataclass(frozen=True)
class Objects:
    """Rows that become JSON: a few of Python's values, and the rest, if there are more."""

    names: Sequence[str]
    few: Sequence[tuple[Any, ...]]
    rest: "Frame | None" = None

    @property
    def count(self) -> int:
        """How many rows."""
        return len(self.few) + (self.rest.count if self.rest else 0)

    def values(self, number: int, places: Sequence[int]) -> tuple[Any, ...]:
        """Values of one row."""
        if self.rest and number >= len(self.few):
            return self.rest.values(number - len(self.few), places)
        return tuple(self.few[number][place] for place in places)

    def encoded(self, rows: int, columns: int) -> tuple[Parts, Parts]:
        """The JSON array, which tells itself apart."""
        names = self.names[:columns]
        data = orjson.dumps([dict(zip(names, row, strict=False)) for row in self.few[:rows]], default=str)
        parts: Parts = [data]
        if self.rest and rows > len(self.few):
            [rest] = self.rest.encoded(rows - len(self.few), columns)[0]
            parts = [memoryview(data)[:-1], b",", memoryview(rest)[1:]]
        return parts, parts if rows else [",".join(names).encode()]


@dataclass(frozen=True)
class Frame:
    """A table of Arrow, which becomes any other form."""

    table: pa.Table
    media: str

    @property
    def count(self) -> int:
        """How many rows."""
        return int(self.table.num_rows)

    def values(self, number: int, places: Sequence[int]) -> tuple[Any, ...]:
        """Values of one row."""
        return tuple(self.table.column(place)[number].as_py() for place in places)

    def encoded(self, rows: int, columns: int) -> tuple[Parts, Parts]:
        """The form, and the rows as texts."""
        table = self.table.slice(0, rows).select(list(range(columns)))
        frame = pl.from_arrow(table)
        assert isinstance(frame, pl.DataFrame)
        if self.media == JSON:
            return [frame.write_json().encode()], []
        if self.media == CSV:
            text = frame.write_csv().encode()
            return [text], [text]
        buffer = io.BytesIO()
        if self.media == ARROW:
            with pa.ipc.new_stream(buffer, table.schema) as stream:
                stream.write_table(table)
        else:
            pa.parquet.write_table(table, buffer, compression="zstd")
        # Arrow leaves what lies below a NULL open, so the rows are told apart by what they say.
        texts = frame.with_columns(cs.binary().bin.encode("base64")).write_json()
        return [buffer.getbuffer()], [str(table.schema).encode(), texts.encode()]
