"""What a table of the warehouse is in Postgres: types, primary key, indexes and comments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb

_TYPES = {
    "VARCHAR": "text",
    "BOOLEAN": "boolean",
    "TINYINT": "smallint",
    "SMALLINT": "smallint",
    "INTEGER": "integer",
    "BIGINT": "bigint",
    "UTINYINT": "smallint",
    "USMALLINT": "integer",
    "UINTEGER": "bigint",
    "UBIGINT": "numeric(20)",
    "HUGEINT": "numeric(39)",
    "FLOAT": "real",
    "DOUBLE": "double precision",
    "DATE": "date",
    "TIME": "time",
    "TIMESTAMP": "timestamp",
    "TIMESTAMP WITH TIME ZONE": "timestamp with time zone",
    "BLOB": "bytea",
    "VARCHAR[]": "text[]",
}
# As what a column is loaded: what COPY takes is the type itself, or a text that Postgres reads.
_LOADED = {"smallint": "SMALLINT", "integer": "INTEGER", "bigint": "BIGINT"}
_AS_TEXT = ("numeric", "jsonb")
INDEXED = ("date", "timestamp with time zone")


@dataclass(frozen=True)
class Column:
    """A column: its name, its type in Postgres, and what it means."""

    name: str
    type: str
    comment: str | None

    @property
    def is_text(self) -> bool:
        """Whether it is loaded as a text that Postgres reads."""
        return self.type.startswith(_AS_TEXT)

    @property
    def selected(self) -> str:
        """The column as DuckDB gives it for loading."""
        name = quoted(self.name)
        if self.type == "jsonb":
            return f"to_json({name})::VARCHAR AS {name}"
        if self.is_text:
            return f"{name}::VARCHAR AS {name}"
        if self.type == "text":
            # A NUL is a character of UTF-8, and none that Postgres takes.
            return f"replace({name}::VARCHAR, chr(0), '') AS {name}"
        return f"{name}::{_LOADED[self.type]} AS {name}" if self.type in _LOADED else name

    @property
    def read(self) -> str:
        """The column as the table takes it from what was loaded."""
        return f"{quoted(self.name)}::{self.type}" if self.is_text else quoted(self.name)


@dataclass(frozen=True)
class ServedTable:
    """A table of the warehouse as Postgres is to have it."""

    schema: str
    name: str
    columns: Sequence[Column]
    key: Sequence[str]
    comment: str | None

    @property
    def place(self) -> str:
        """Schema and name for SQL."""
        return f"{quoted(self.schema)}.{quoted(self.name)}"

    @property
    def definitions(self) -> Mapping[str, str]:
        """The type of each column."""
        return {column.name: column.type for column in self.columns}

    def created(self) -> list[str]:
        """The statements that make it."""
        columns = [f"{quoted(column.name)} {column.type}" for column in self.columns]
        if self.key:
            columns.append(f"PRIMARY KEY ({', '.join(map(quoted, self.key))})")
        return [
            f"CREATE SCHEMA IF NOT EXISTS {quoted(self.schema)}",
            f"CREATE TABLE {self.place} ({', '.join(columns)})",
            *(f"CREATE INDEX ON {self.place} ({quoted(name)})" for name in self._indexed()),
        ]

    def commented(self) -> list[str]:
        """The statements that say what it is, and each column."""
        told = [(f"TABLE {self.place}", self.comment)]
        told += [(f"COLUMN {self.place}.{quoted(column.name)}", column.comment) for column in self.columns]
        return [f"COMMENT ON {target} IS {text_of(comment)}" for target, comment in told if comment]

    def _indexed(self) -> list[str]:
        """Keys and dates, but the one that the primary key begins with."""
        of_key = [column.name for column in self.columns if column.name.endswith(("_key", "_id", "isrc"))]
        dates = [column.name for column in self.columns if column.type in INDEXED]
        return [name for name in dict.fromkeys([*of_key, *dates]) if [name] != list(self.key[:1])]


def served_tables(warehouse: duckdb.DuckDBPyConnection, keys: Mapping[str, Sequence[str]]) -> list[ServedTable]:
    """All tables of a warehouse, with their primary keys (by `schema/table`)."""
    relations = warehouse.execute(
        """SELECT schema_name, table_name, comment FROM duckdb_tables() WHERE NOT internal
           UNION ALL SELECT schema_name, view_name, comment FROM duckdb_views() WHERE NOT internal ORDER BY ALL"""
    ).fetchall()
    columns: dict[tuple[str, str], list[Column]] = {}
    for schema, table, name, kind, comment in warehouse.execute(
        """SELECT schema_name, table_name, column_name, data_type, comment FROM duckdb_columns()
           WHERE NOT internal ORDER BY schema_name, table_name, column_index"""
    ).fetchall():
        columns.setdefault((schema, table), []).append(Column(name, type_of(kind), comment))
    return [
        ServedTable(schema, name, columns[schema, name], keys.get(f"{schema}/{name}", ()), comment)
        for schema, name, comment in relations
    ]


def type_of(kind: str) -> str:
    """The type in Postgres of one in DuckDB.

    >>> type_of("DECIMAL(18,2)"), type_of("STRUCT(a BIGINT)[]"), type_of("UBIGINT")
    ('numeric(18,2)', 'jsonb', 'numeric(20)')
    """
    if kind.startswith("DECIMAL"):
        return kind.replace("DECIMAL", "numeric")
    if kind.startswith("ENUM"):
        return "text"
    return _TYPES.get(kind, "jsonb")


def quoted(name: str) -> str:
    """A name for SQL."""
    return '"' + name.replace('"', '""') + '"'


def text_of(value: str) -> str:
    """A text for SQL."""
    return "'" + value.replace("'", "''") + "'"
