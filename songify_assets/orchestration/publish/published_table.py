"""One table of the warehouse: copied from the lake, or a view on links to its files."""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl

from songify_assets.foundation.feed_tables import QUARANTINE
from songify_assets.foundation.feeds import Feed
from songify_assets.foundation.lake import Table
from songify_assets.foundation.store import Store
from songify_assets.foundation.versions.differences import versions_sql
from songify_assets.orchestration.publish.contents import Contents
from songify_assets.orchestration.publish.snapshots import linked, newest_link

TABLE_BYTES = 8 << 20
OF_HISTORY = 2  # times as large a history is copied: a view of one is assembled each time it is read
MAGIC = b"PAR1"


@dataclass(frozen=True)
class PublishedTable:
    """A table of the lake on its way into a warehouse that is being built; `history` is the feed whose history it is.

    `shaped` are the tables that are there already, with the columns and comments of the warehouse before, and without rows.
    """

    store: Store
    name: str
    history: Feed | None
    descriptions: Mapping[str, str]
    snapshot: Path
    shaped: Collection[str] = ()

    def take(self, connection: duckdb.DuckDBPyConnection, before: Contents | None) -> Contents:
        """Takes it as the lake has it, and returns what it is made of.

        What `before` was made of and is as it was is copied from the warehouse before.
        """
        states = self.store.lake.files(self.name)
        files, large = (
            [self.store.lake.path(self.name, key) for key in states],
            self._is_large(state.st_size for state in states.values()),
        )
        now = Contents.of(self._definition("VIEW" if large else "TABLE"), states)
        if large:
            # A view reads nothing yet, and its readers would be the first to meet a file that was cut.
            _see_ends(files)
            self._link(connection, {file: file for file in files})
            return now
        is_shaped = self.name in self.shaped and before is not None and before.definition == now.definition
        if not (before and self._copy(connection, before, now, is_shaped)):
            self._fill(connection, self._source(connection, files), is_shaped)
        return now

    def _copy(self, connection: duckdb.DuckDBPyConnection, before: Contents, now: Contents, is_shaped: bool) -> bool:
        """Takes what did not change from the warehouse before, and the rest from the lake; whether that was possible."""
        if is_shaped and not before.versions and not now.versions:
            return True
        unchanged, column = before.unchanged(now), self.store.lake.tables[self.name].partition_column
        is_same = unchanged == set(before.versions) == set(now.versions) and before.definition == now.definition
        if not is_same and (not unchanged or not column or self.history):
            return False
        gone = [_text(key) for key in before.versions if key not in unchanged]
        new = [self.store.lake.path(self.name, key) for key in now.versions if key not in unchanged]
        source = _quoted(f"before/{self.name}")
        source = f"SELECT * FROM {source}" + (f' WHERE "{column}" NOT IN ({", ".join(gone)})' if gone else "")
        if new:
            added = source_of(connection, self.store.lake.tables[self.name], new)
            source = f"({source}) UNION ALL BY NAME ({added})"
        try:
            self._fill(connection, source, is_shaped)
        except duckdb.Error:  # the warehouse before is damaged, or a new file is: the whole table tells which
            return False
        return True

    def _fill(self, connection: duckdb.DuckDBPyConnection, source: str, is_shaped: bool) -> None:
        """Makes it a table with these rows; comments cost more than the rows of most tables, so a shape is not made anew."""
        if is_shaped:
            connection.execute(f"INSERT INTO {_quoted(self.name)} BY NAME {source}")
            return
        define(connection, self.name, source, "TABLE")
        describe(connection, self.name, self.descriptions, "TABLE")

    def _definition(self, kind: str) -> str:
        """A text that changes with whatever else than its files makes the table what it is."""
        columns = self.store.lake.tables[self.name].columns
        history = versions_sql("", self.history.columns.names(), self.history.key) if self.history else ""
        told = repr((kind, columns, sorted(self.descriptions.items()), history))
        return hashlib.md5(told.encode(), usedforsecurity=False).hexdigest()

    def unreadable(self, connection: duckdb.DuckDBPyConnection) -> list[str]:
        """The partitions of the lake that cannot be read."""
        return [file.parent.name for file in self._files() if not _is_readable(connection, file)]

    def keep(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Takes it as the warehouse `before` has it; where that only links files, all that can be read of them.

        A damaged file is damaged under each of its links, but a partition that was replaced has its last good file there.
        """
        if _was_table(connection, self.name):
            define(connection, self.name, f"SELECT * FROM {_quoted(f'before/{self.name}')}", "TABLE")
            describe(connection, self.name, self.descriptions, "TABLE")
            return
        kept = {}
        for file in self._files():
            was = newest_link(file.relative_to(self.store.lake.root), self.snapshot)
            kept[file] = next((one for one in (file, was) if one and _is_readable(connection, one)), None)
        readable = {file: one for file, one in kept.items() if one}
        if self._is_large(one.stat().st_size for one in readable.values()):
            self._link(connection, readable)
        else:
            self._fill(connection, self._source(connection, list(readable.values())), is_shaped=False)

    def _files(self) -> list[Path]:
        lake = self.store.lake
        return [lake.path(self.name, key) for key in lake.keys(self.name)]

    def _is_large(self, sizes: Iterable[int]) -> bool:
        most = TABLE_BYTES * OF_HISTORY if self.history else TABLE_BYTES
        return self.name != QUARANTINE.name and sum(sizes) > most

    def _link(self, connection: duckdb.DuckDBPyConnection, files: Mapping[Path, Path]) -> None:
        """Defines it as a view on links to the files that stand for those of the lake."""
        root = self.store.lake.root
        links = [linked(one, self.snapshot / file.relative_to(root)) for file, one in files.items()]
        connection.execute(f"DROP TABLE IF EXISTS {_quoted(self.name)}")
        define(connection, self.name, self._source(connection, links), "VIEW")
        describe(connection, self.name, self.descriptions, "VIEW")

    def _source(self, connection: duckdb.DuckDBPyConnection, files: Sequence[Path]) -> str:
        source = source_of(connection, self.store.lake.tables[self.name], files)
        return versions_sql(f"({source})", self.history.columns.names(), self.history.key) if self.history else source


def source_of(connection: duckdb.DuckDBPyConnection, table: Table, files: Sequence[Path]) -> str:
    """The rows of these files as a query; of none, no rows of the declared columns."""
    if not files:
        empty = "empty_" + table.name.replace("/", "_")
        connection.register(empty, pl.DataFrame(schema=table.columns).to_arrow())
        return f"SELECT * FROM {empty}"
    return f"SELECT * FROM read_parquet([{', '.join(map(_text, files))}], hive_partitioning = false)"


def define(connection: duckdb.DuckDBPyConnection, table: str, source: str, kind: str) -> None:
    """Makes a query a table or view under the name that the table has in the warehouse."""
    schema, _ = table.split("/")
    connection.execute(f'CREATE SCHEMA IF NOT EXISTS "{schema}"')
    connection.execute(f"CREATE OR REPLACE {kind} {_quoted(table)} AS {source}")


def describe(connection: duckdb.DuckDBPyConnection, table: str, descriptions: Mapping[str, str], kind: str) -> None:
    """Comments a table and its columns."""
    name = _quoted(table)
    known = {row[0] for row in connection.execute(f"DESCRIBE {name}").fetchall()}
    targets = {column: f'COLUMN {name}."{column}"' for column in known} | {"": f"{kind} {name}"}
    told = [(targets[column], text) for column, text in descriptions.items() if column in targets]
    statements = [f"COMMENT ON {target} IS {_text(text)}" for target, text in told]
    connection.execute("BEGIN; " + "; ".join([*statements, "COMMIT"]))


def attach_before(connection: duckdb.DuckDBPyConnection, warehouse: Path) -> None:
    """Makes the warehouse before readable as `before`; if it cannot be read or there is none, an empty one."""
    try:
        connection.execute(f"ATTACH {_text(warehouse)} AS before (READ_ONLY)")
    except duckdb.Error:
        connection.execute("ATTACH ':memory:' AS before")


def shaped_like_before(connection: duckdb.DuckDBPyConnection, tables: Collection[str]) -> list[str]:
    """Makes those of these tables that the warehouse before has as such, with their comments and without rows; returns them.

    Nothing is made where it cannot be read.
    """
    [(here,)] = connection.execute("SELECT current_database()").fetchall()
    try:
        connection.execute(f'COPY FROM DATABASE before TO "{here}" (SCHEMA)')
    except duckdb.Error:
        return []
    sql = "SELECT schema_name, {0}_name FROM duckdb_{0}s() WHERE NOT internal AND database_name = ?"
    found = {kind: connection.execute(sql.format(kind), [here]).fetchall() for kind in ("view", "table")}
    named = {kind: ["/".join(row) for row in rows] for kind, rows in found.items()}
    shaped = [table for table in named["table"] if table in tables]
    gone = [("VIEW", view) for view in named["view"]]
    gone += [("TABLE", table) for table in named["table"] if table not in shaped]
    connection.execute("; ".join(f"DROP {kind} {_quoted(name)}" for kind, name in gone))
    return shaped


def _was_table(connection: duckdb.DuckDBPyConnection, table: str) -> bool:
    """Whether the warehouse before holds the table itself, not only a view."""
    schema, name = table.split("/")
    sql = """SELECT count(*) FROM duckdb_tables()
             WHERE database_name = 'before' AND schema_name = ? AND table_name = ?"""
    return bool(connection.execute(sql, [schema, name]).fetchall()[0][0])


def _see_ends(files: Sequence[Path]) -> None:
    """Raises OSError where a file does not end as Parquet does."""
    for file in files:
        with file.open("rb") as parquet:
            parquet.seek(max(file.stat().st_size - len(MAGIC), 0))
            if parquet.read() != MAGIC:
                raise OSError(f"{file} is cut: it does not end as Parquet files do")


def _is_readable(connection: duckdb.DuckDBPyConnection, file: Path) -> bool:
    """Whether all of a file can be read."""
    rows = f"read_parquet([{_text(file)}], hive_partitioning = false) AS row"
    try:
        connection.execute(f"SELECT max(hash(row)) FROM {rows}").fetchall()
    except (duckdb.Error, OSError):
        return False
    return True


def _quoted(table: str) -> str:
    return ".".join(f'"{part}"' for part in table.split("/"))


def _text(value: object) -> str:
    return "'" + str(value).replace("'", "''") + "'"
