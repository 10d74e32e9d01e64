"""A publication in Postgres: what changed is loaded beside the tables, and takes its place in them in one transaction."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from songify_assets.orchestration.publish.contents import CONTENTS, Contents, read_contents
from songify_assets.orchestration.publish.postgres.connection import connected
from songify_assets.orchestration.publish.postgres.tables import ServedTable, quoted, served_tables, text_of

HELD = "songify_published"
NAMES = ["relation", "definition", "partition", "version"]
BATCH, LOCK_TIMEOUT_S = 100_000, 60
STAGED = "songify_staged"


@dataclass(frozen=True)
class Served:
    """What a publication did: how many tables there are, those of which rows were replaced, and those that are held, and why."""

    tables: int
    replaced: list[str]
    held: dict[str, str]


@dataclass(frozen=True)
class Postgres:
    """A Postgres that holds what the warehouse of a home holds.

    `days` name the column that a table is partitioned by, `keys` its primary key.
    """

    url: str
    home: Path
    days: Mapping[str, str | None]
    keys: Mapping[str, Sequence[str]]

    def publish(self, publication: str) -> Served:
        """Takes over the publication that the warehouse is. SongifyError, and nothing changed, where the server does not take it.

        Only partitions that changed are replaced. A table that would lose data (a column that went, or has another type) is
        held, and the others go on.
        """
        contents = read_contents(self.home / CONTENTS, publication)
        return publish(self.url, self.home / "warehouse.duckdb", contents, self.days, self.keys)


def publish(
    url: str,
    warehouse: Path,
    contents: Mapping[str, Contents],
    days: Mapping[str, str | None],
    keys: Mapping[str, Sequence[str]],
) -> Served:
    """Makes a Postgres hold what a warehouse holds; `contents` say what each table of it is made of."""
    with duckdb.connect(str(warehouse), read_only=True) as db, connected(url) as postgres:
        cursor = postgres.cursor()
        cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT_S}s'")
        cursor.execute(
            f"CREATE TABLE IF NOT EXISTS public.{HELD} (relation text, definition text, partition text, version text)"
        )
        before, there = _before(cursor), _columns(cursor)
        replaced, held = list[str](), dict[str, str]()
        for table in served_tables(db, keys):
            name = f"{table.schema}/{table.name}"
            if why := _lost(table, there.get(name)):
                held[name] = why
                continue
            was = None if _define(cursor, table, there.get(name)) else before.get(name)
            now = contents.get(name)
            if was is None or now != was:
                # A history is cut by deliveries in the lake, and has other columns here.
                day = days.get(name) if days.get(name) in table.definitions else None
                _replace(cursor, db, table, _changes(was, now, day))
                _comment(cursor, table)
                replaced.append(name)
        _note(cursor, {name: one for name, one in contents.items() if name not in held})
        postgres.commit()
        return Served(len(there.keys() | set(replaced)), replaced, held)


@dataclass(frozen=True)
class Changes:
    """The partitions to take away and those to load, by a column; None: all rows."""

    column: str
    gone: Sequence[str]
    new: Sequence[str]


def _changes(before: Contents | None, now: Contents | None, column: str | None) -> Changes | None:
    if not before or not now or not column or not (unchanged := before.unchanged(now)):
        return None
    gone = [key for key in before.versions if key not in unchanged]
    return Changes(
        column,
        [*gone, *(key for key in now.versions if key not in unchanged)],
        [key for key in now.versions if key not in unchanged],
    )


def _lost(table: ServedTable, there: Mapping[str, str] | None) -> str:
    """What a table of Postgres has that this one lacks; empty if nothing would be lost."""
    wanted = table.definitions
    for column, kind in (there or {}).items():
        if column not in wanted:
            return f"its column {column} is gone"
        if wanted[column] != kind:
            return f"its column {column} is {wanted[column]} now, and {kind} in Postgres"
    return ""


def _define(cursor: Any, table: ServedTable, there: Mapping[str, str] | None) -> bool:
    """Makes the table, or adds the columns that it lacks; whether there was anything to do, so that all rows are new."""
    if there is None:
        statements = table.created()
    else:
        new = [column for column in table.columns if column.name not in there]
        statements = [f"ALTER TABLE {table.place} ADD COLUMN {quoted(one.name)} {one.type}" for one in new]
    for statement in statements:
        cursor.execute(statement)
    return bool(statements)


def _comment(cursor: Any, table: ServedTable) -> None:
    """Says what the table is, and each column."""
    for statement in table.commented():
        cursor.execute(statement)


def _replace(cursor: Any, db: duckdb.DuckDBPyConnection, table: ServedTable, changes: Changes | None) -> None:
    """Loads what changed beside the table, and puts it in the place of what was there."""
    stage(cursor, db, table, changes)
    gone = f" WHERE {quoted(changes.column)}::text IN ({_listed(changes.gone)})" if changes else ""
    cursor.execute(f"DELETE FROM {table.place}{gone}")
    names, read = (
        ", ".join(some) for some in ([quoted(one.name) for one in table.columns], [one.read for one in table.columns])
    )
    cursor.execute(f"INSERT INTO {table.place} ({names}) SELECT {read} FROM {STAGED}")
    cursor.execute(f"DROP TABLE {STAGED}")


def stage(cursor: Any, db: duckdb.DuckDBPyConnection, table: ServedTable, changes: Changes | None) -> None:
    """Loads the rows that changed into a temporary table."""
    columns = ", ".join(column.selected for column in table.columns)
    rows = f"SELECT {columns} FROM {table.place}"
    if changes:
        rows += f" WHERE {quoted(changes.column)}::VARCHAR IN ({_listed(changes.new)})"
    cursor.adbc_ingest(STAGED, db.sql(rows).to_arrow_reader(BATCH), mode="create", temporary=True)


def _listed(keys: Iterable[str]) -> str:
    return ", ".join(map(text_of, keys)) or "NULL"


def _before(cursor: Any) -> dict[str, Contents]:
    """What the tables of Postgres are made of."""
    cursor.execute(f"SELECT relation, definition, partition, version FROM public.{HELD}")
    versions: dict[tuple[str, str], dict[str, str]] = {}
    for relation, definition, partition, version in cursor.fetchall():
        of_table = versions.setdefault((relation, definition), {})
        if partition is not None:
            of_table[partition] = version
    return {table: Contents(definition, of_table) for (table, definition), of_table in versions.items()}


def _columns(cursor: Any) -> dict[str, dict[str, str]]:
    """The columns of each table of Postgres with their types."""
    cursor.execute(
        """SELECT nspname || '/' || relname, attname, format_type(atttypid, atttypmod) FROM pg_attribute
           JOIN pg_class ON pg_class.oid = attrelid JOIN pg_namespace ON pg_namespace.oid = relnamespace
           WHERE relkind = 'r' AND attnum > 0 AND NOT attisdropped AND nspname NOT IN ('pg_catalog', 'information_schema')"""
    )
    there: dict[str, dict[str, str]] = {}
    for name, column, kind in cursor.fetchall():
        there.setdefault(name, {})[column] = kind.replace("numeric(20,0)", "numeric(20)").replace(
            "numeric(39,0)", "numeric(39)"
        )
    return there


def _note(cursor: Any, contents: Mapping[str, Contents]) -> None:
    """Keeps what the tables are made of now."""
    cursor.execute(f"DELETE FROM public.{HELD}")
    rows: list[tuple[str, str, str | None, str | None]] = [
        (name, one.definition, key, version) for name, one in contents.items() for key, version in one.versions.items()
    ]
    rows += [(name, one.definition, None, None) for name, one in contents.items() if not one.versions]
    columns = [pa.array(column, pa.string()) for column in (zip(*rows, strict=True) if rows else [[]] * len(NAMES))]
    cursor.adbc_ingest(HELD, pa.table(columns, names=NAMES), mode="append", db_schema_name="public")
