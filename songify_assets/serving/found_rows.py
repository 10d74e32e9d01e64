"""The rows that a question found, on their way into a form.

JSON is made of Python's values, in packs: of a few rows that takes half of what Arrow takes, and no pack keeps other threads
waiting for long. The other forms are made of Arrow.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import repeat
from typing import Any, Protocol

import duckdb
import orjson
import polars as pl
import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet

from songify_assets.serving.forms import ARROW, CSV, INSTANT, JSON

PACK = 500


class Found(Protocol):
    """Rows in the order of the answer; the columns asked for come first."""

    @property
    def count(self) -> int:
        """How many."""
        ...

    def values(self, number: int, places: Sequence[int]) -> tuple[Any, ...]:
        """Values of one row, by the places of their columns."""
        ...

    def encoded(self, rows: int, columns: int) -> tuple[bytes, bytes]:
        """The first rows and columns in their form, and bytes that are others whenever these are."""
        ...


def found_rows(connection: duckdb.DuckDBPyConnection, sql: str, values: Sequence[Any], media: str) -> Found:
    """What a query finds, for a form."""
    result = connection.execute(_statement(sql), values)
    if media != JSON:
        return Frame(result.to_arrow_table(), media)
    names = [one[0] for one in result.description or ()]
    rows = list[tuple[Any, ...]]()
    while pack := result.fetchmany(PACK):
        rows += pack
    return Objects(names, rows)


@lru_cache(1000)
def _statement(sql: str) -> duckdb.Statement:
    # To read a text takes DuckDB a quarter of what a short question takes; texts hold no values, so there are few.
    [statement] = duckdb.extract_statements(sql)
    return statement


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
        row = self.rows[number]
        return tuple(row[place] for place in places)

    def encoded(self, rows: int, columns: int) -> tuple[bytes, bytes]:
        """The JSON array, which tells itself apart."""
        names, packs = self.names[:columns], list[bytes]()
        for start in range(0, min(rows, len(self.rows)), PACK):
            some = map(dict, map(zip, repeat(names), self.rows[start : min(start + PACK, rows)]))
            packs.append(orjson.dumps(list(some), default=str)[1:-1])
        data = b"[" + b",".join(packs) + b"]"
        return data, data if self.rows else ",".join(names).encode()


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

    def encoded(self, rows: int, columns: int) -> tuple[bytes, bytes]:
        """The form, and the rows as texts."""
        table = self.table.slice(0, rows).select(list(range(columns)))
        frame = pl.from_arrow(table)
        assert isinstance(frame, pl.DataFrame)
        if self.media == CSV:
            text = frame.write_csv(datetime_format=INSTANT).encode()
            return text, text
        buffer = io.BytesIO()
        if self.media == ARROW:
            with pa.ipc.new_stream(buffer, table.schema) as stream:
                stream.write_table(table)
        else:
            pa.parquet.write_table(table, buffer, compression="zstd")
        # Arrow leaves what lies below a NULL open, so the rows are told apart by what they say.
        return buffer.getvalue(), str(table.schema).encode() + (frame.write_json().encode() if frame.height else b"")
