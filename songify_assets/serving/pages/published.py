"""The published warehouse as a page asks it: one publication, names from its own catalogue, values as bound parameters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

import duckdb

from songify_assets.foundation.published import begun
from songify_assets.serving.pages.content import AsOf
from songify_assets.serving.pages.formats import instant, month

Row = dict[str, Any]


@dataclass(frozen=True)
class Column:
    """A column of a table: its type and what it means."""

    name: str
    type: str
    means: str


@dataclass(frozen=True)
class State:
    """How far a table reaches (None: it has no partitions), whether it is whole up to there, and its rows."""

    through: date | None
    is_complete: bool
    rows: int | None


class Published:
    """Questions to one publication."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def ask(self, sql: str, *values: object) -> list[Row]:
        """The rows of a query."""
        cursor = self._connection.execute(sql, list(values))
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    @cached_property
    def tables(self) -> Mapping[str, str]:
        """What a row of each table is, by name (`royalties.plays`); its first line only."""
        sql = """SELECT schema_name || '.' || table_name AS name, comment FROM duckdb_tables()
                 WHERE database_name = current_database() AND NOT internal
                 UNION ALL SELECT schema_name || '.' || view_name, comment FROM duckdb_views()
                 WHERE database_name = current_database() AND NOT internal ORDER BY 1"""
        return {row["name"]: (row["comment"] or "").strip().partition("\n")[0] for row in self.ask(sql)}

    def has(self, *tables: str) -> bool:
        """Whether all these tables are in this publication."""
        return all(table in self.tables for table in tables)

    def columns(self, table: str) -> list[Column]:
        """The columns of a table, in their order."""
        schema, name = table.split(".", 1)
        sql = """SELECT column_name, data_type, comment FROM duckdb_columns()
                 WHERE database_name = current_database() AND schema_name = ? AND table_name = ? ORDER BY column_index"""
        return [
            Column(row["column_name"], row["data_type"], row["comment"] or "") for row in self.ask(sql, schema, name)
        ]

    @cached_property
    def published_at(self) -> datetime | None:
        """When this publication was made."""
        if not self.has("meta.publications"):
            return None
        [row] = self.ask("SELECT max(published_at) AS at FROM meta.publications")
        at: datetime | None = row["at"]
        return at

    @cached_property
    def states(self) -> Mapping[str, State]:
        """The state of each table that has one."""
        if not self.has("meta.tables"):
            return {}
        rows = self.ask('SELECT "table", through, is_complete, rows FROM meta.tables')
        return {row["table"]: State(row["through"], row["is_complete"], row["rows"]) for row in rows}

    def as_of(self, table: str, reaches: str | None = None) -> AsOf | None:
        """How far a table reaches; one without partitions as far as the table that it `reaches` with. None where it is not known."""
        state = self.states.get(reaches or table)
        if state is None:
            return None
        through = str(state.through) if state.through else instant(self.published_at)
        if state.through and any(column.name == "month" for column in self.columns(reaches or table)):
            through = month(state.through)
        return AsOf(through, state.is_complete and self.states.get(table, state).is_complete, table)

    def months(self, *tables: str) -> list[str]:
        """The months that these tables have rows of, the newest first."""
        there = [table for table in tables if self.has(table)]
        sql = " UNION ".join(
            f"SELECT DISTINCT strftime(month, '%Y-%m') AS month FROM {quoted(table)}" for table in there
        )
        return [row["month"] for row in self.ask(f"{sql} ORDER BY 1 DESC")] if there else []

    def begun(self, schema: str, months: Sequence[str]) -> Sequence[str]:
        """Those of these months that have begun, as far as the tables of a schema tell."""
        return begun(self._connection, schema, months) if self.has("meta.tables") else months


def quoted(name: str) -> str:
    """A name of the catalogue, of a table or a column, as SQL has it.

    >>> quoted('royalties.a"b')
    '"royalties"."a""b"'
    """
    return ".".join('"' + piece.replace('"', '""') + '"' for piece in name.split(".", 1))


def chosen(asked: str | None, options: Sequence[str]) -> str | None:
    """What was asked for, if there is such a thing; else the first."""
    return asked if asked in options else next(iter(options), None)
