"""The tables of a publication as it describes them itself: columns, key, rows, and how far each reaches."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

import duckdb

# What orders and compares as plain values do; of anything else only whether there is something can be asked.
PLAIN = ("VARCHAR", "BOOLEAN", "DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE")
_BITS = {"TINYINT": 8, "SMALLINT": 16, "INTEGER": 32, "BIGINT": 64}
# The least and the greatest value of each type of whole numbers.
WHOLE = {name: (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) for name, bits in _BITS.items()}
WHOLE |= {f"U{name}": (0, 2**bits - 1) for name, bits in _BITS.items()}
REAL = ("FLOAT", "DOUBLE")


@dataclass(frozen=True)
class Column:
    """A column: its name, its type in DuckDB, and what it means."""

    name: str
    type: str
    description: str | None

    @property
    def is_plain(self) -> bool:
        """Whether its values can be compared with what an address says."""
        return self.type in PLAIN or self.type in WHOLE or self.type in REAL


@dataclass(frozen=True)
class Table:
    """A table. `order` are the columns by which its rows are ordered: its key, or all columns where it has none."""

    name: str
    description: str | None
    columns: Mapping[str, Column]
    key: tuple[str, ...]
    rows: int | None
    through: date | None
    is_complete: bool

    @property
    def order(self) -> tuple[str, ...]:
        """The columns by which rows are ordered."""
        return self.key or tuple(self.columns)

    @property
    def quoted(self) -> str:
        """The name for SQL."""
        return ".".join(quoted(part) for part in self.name.split("."))


@dataclass(frozen=True)
class Catalogue:
    """What a publication holds: which it is, when it was swapped in, and its tables by name (`schema.table`)."""

    publication: str
    published_at: datetime
    publications: int
    tables: Mapping[str, Table]

    @property
    def is_complete(self) -> bool:
        """Whether every table is."""
        return all(table.is_complete for table in self.tables.values())


def read_catalogue(connection: duckdb.DuckDBPyConnection) -> Catalogue:
    """The catalogue of a warehouse; duckdb.Error where it is none."""
    [(number, publication, published_at)] = connection.execute(
        "SELECT count(*), arg_max(publication_id, published_at), max(published_at) FROM meta.publications"
    ).fetchall()
    states = {
        row[0]: row[1:]
        for row in connection.execute('SELECT "table", through, is_complete, rows FROM meta.tables').fetchall()
    }
    keys, columns = _keys(connection), _columns(connection)
    tables = {}
    for name, comment in connection.execute(_TABLES).fetchall():
        through, is_complete, rows = states.get(name, (None, True, None))
        own = columns[name]
        key = keys.get(name, ())
        tables[name] = Table(name, _line(comment), own, key if set(key) <= set(own) else (), rows, through, is_complete)
    return Catalogue(publication, published_at, number, tables)


_TABLES = """SELECT schema_name || '.' || table_name, comment FROM duckdb_tables() WHERE NOT internal
             UNION ALL SELECT schema_name || '.' || view_name, comment FROM duckdb_views() WHERE NOT internal ORDER BY 1"""


def _keys(connection: duckdb.DuckDBPyConnection) -> dict[str, tuple[str, ...]]:
    """The key of each table that has one; none are known of a warehouse that is older than `meta.keys`."""
    try:
        rows = connection.execute(
            'SELECT "table", list("column" ORDER BY position) FROM meta.keys GROUP BY ALL'
        ).fetchall()
    except duckdb.CatalogException:
        return {}
    return {table: tuple(columns) for table, columns in rows}


def _columns(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, Column]]:
    sql = """SELECT schema_name || '.' || table_name, column_name, data_type, comment FROM duckdb_columns()
             WHERE NOT internal ORDER BY 1, column_index"""
    found: dict[str, dict[str, Column]] = {}
    for table, name, kind, comment in connection.execute(sql).fetchall():
        found.setdefault(table, {})[name] = Column(name, kind, _line(comment))
    return found


def _line(text: str | None) -> str | None:
    return " ".join(text.split()) if text else None


def quoted(name: str) -> str:
    """A name for SQL."""
    return '"' + name.replace('"', '""') + '"'


def of_row(name: str) -> str:
    """A column of the rows that are asked for, which are called `r`, for SQL."""
    return f"r.{quoted(name)}"
