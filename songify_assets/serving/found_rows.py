"""The rows that a question found, on their way into a form.

A few rows are JSON soonest by way of Python's values; of many rows DuckDB writes it, which keeps no other thread waiting.
"""

import atexit
import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import repeat
from typing import Any, Protocol

import duckdb
import orjson
import polars as pl
import polars.selectors as cs
import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet

from songify_assets.serving.forms import ARROW, CSV, JSON, JSON_ROWS

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


def found_rows(connection: duckdb.DuckDBPyConnection, sql: str, values: Sequence[Any], form: str) -> Found:
    """What a query finds, for a form."""
    result = connection.execute(_statement(connection, sql), values)
    if form == JSON_ROWS:
        return JsonRows(result.fetchall())
    if form == JSON:
        return Objects([column[0] for column in result.description or ()], result.fetchall())
    return Frame(result.to_arrow_table(), form)


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
    """Rows of Python's values, which become JSON."""

    names: Sequence[str]
    rows: Sequence[tuple[Any, ...]]

    @property
    def count(self) -> int:
        """How many rows."""
        return len(self.rows)

    def values(self, number: int, places: Sequence[int]) -> tuple[Any, ...]:
        """Values of one row."""
        return tuple(self.rows[number][place] for place in places)

    def encoded(self, rows: int, columns: int) -> tuple[Parts, Parts]:
        """The JSON array, which tells itself apart."""
        names = self.names[:columns]
        data: Parts = [orjson.dumps([*map(dict, map(zip, repeat(names), self.rows[:rows]))], default=str)]
        return data, data if rows else [",".join(names).encode()]


@dataclass(frozen=True)
class JsonRows:
    """Rows that are JSON already."""

    rows: Sequence[tuple[bytes]]

    @property
    def count(self) -> int:
        """How many rows."""
        return len(self.rows)

    def values(self, number: int, places: Sequence[int]) -> tuple[Any, ...]:
        """Values of one row, days and instants as texts."""
        values = list(orjson.loads(self.rows[number][0]).values())
        return tuple(values[place] for place in places)

    def encoded(self, rows: int, columns: int) -> tuple[Parts, Parts]:
        """The JSON array, which tells itself apart."""
        data: Parts = [b"[", b",".join([text for (text,) in self.rows[:rows]]), b"]"]
        return data, data


@dataclass(frozen=True)
class Frame:
    """A table of Arrow, which becomes CSV, Arrow or Parquet."""

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
