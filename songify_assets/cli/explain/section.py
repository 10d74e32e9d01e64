"""A part of an explanation: what it is about, what is to be said of it, and the rows behind it."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import duckdb


class Section(NamedTuple):
    """A title, some lines, and a table."""

    title: str
    lines: Sequence[str] = ()
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[Any]] = ()


def asked(connection: duckdb.DuckDBPyConnection, sql: str, *values: object) -> tuple[list[str], list[dict[str, Any]]]:
    """The columns and rows of a query."""
    answer = connection.execute(sql, list(values))
    columns = [column[0] for column in answer.description or ()]
    return columns, [dict(zip(columns, row, strict=True)) for row in answer.fetchall()]
