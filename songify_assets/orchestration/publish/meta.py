"""What a publication says of itself: `meta.publications`, in `meta.tables` how far each table reaches and whether it is whole, in `meta.keys` its key."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime

import duckdb
import polars as pl

from songify_assets.foundation.calendar import days_of
from songify_assets.foundation.ledger import PUBLISHED
from songify_assets.foundation.ledger.accepted import held_days
from songify_assets.foundation.store import Store
from songify_assets.orchestration.planner.triggers import Triggers

KEPT = 1000
BEFORE = f"FROM (FROM before.meta.publications ORDER BY published_at DESC LIMIT {KEPT}) ORDER BY published_at"
THERE = "SELECT table_schema, table_name FROM information_schema.tables WHERE table_catalog = current_database()"
KEYS = pl.Schema({"table": pl.String(), "position": pl.Int32(), "column": pl.String()})
STATES = pl.Schema({"table": pl.String(), "through": pl.Date(), "is_complete": pl.Boolean()})
COMMENTS = {
    "TABLE meta.publications": "One publication of this warehouse, the newest last.",
    "COLUMN meta.publications.publication_id": "the publication",
    "COLUMN meta.publications.published_at": "when it was about to be swapped in, an instant (UTC)",
    "TABLE meta.tables": "How far a table of this warehouse reaches.",
    "COLUMN meta.tables.table": "the table, with its schema",
    "COLUMN meta.tables.through": "its newest partition; NULL if it has none",
    "COLUMN meta.tables.is_complete": "whether nothing up to there failed, is held, or could not be read",
    "COLUMN meta.tables.rows": "its rows",
    "TABLE meta.keys": "The columns that identify a row of a table, in their order; none of a table whose rows may be equal.",
    'COLUMN meta.keys."table"': "the table, with its schema",
    "COLUMN meta.keys.position": "the place of the column in the key, from 1",
    'COLUMN meta.keys."column"': "the column",
}


def table_states(store: Store, triggers: Triggers, tables: Iterable[str]) -> pl.DataFrame:
    """How far each table reaches, and whether all up to there is computed from what was delivered (`STATES`)."""
    behind = _behind(store, triggers)
    rows = []
    for table in tables:
        node = triggers.nodes.get(table)
        cadence, keys = (node.cadence if node else None), store.lake.keys(table)
        through = date.fromisoformat(keys[-1]) if cadence and keys else None
        last = days_of(cadence, str(through))[-1] if through else date.max
        late = [day for one in {table, *(triggers.ancestors(table) if node else ())} for day in behind.get(one, ())]
        rows.append((table.replace("/", "."), through, all(day > last for day in late)))
    return pl.DataFrame(rows, schema=STATES, orient="row")


def _behind(store: Store, triggers: Triggers) -> dict[str, list[date]]:
    """The days of each asset that are out of date or held; of one without partitions the first day there is."""
    behind: dict[str, list[date]] = {}
    for asset, keys in store.ledger.stale().items():
        behind[asset] = [date.fromisoformat(key) if key else date.min for key in keys]
    for feed, day in held_days(store.ledger):
        behind.setdefault(f"raw/{feed}", []).append(day)
    return {asset: days for asset, days in behind.items() if asset != PUBLISHED and asset in triggers.nodes}


def write_meta(
    connection: duckdb.DuckDBPyConnection,
    states: pl.DataFrame,
    histories: Mapping[str, int],
    keys: Mapping[str, Sequence[str]],
) -> tuple[str, datetime]:
    """Writes these tables into a warehouse that is about to take the place of the one before; returns the publication.

    `keys` are the columns that identify a row, of each table that has some. `histories` are the versions of those tables that are assembled when they are read: to count them so would take long.
    """
    publication, now = str(uuid.uuid4()), datetime.now(UTC)
    connection.execute("CREATE SCHEMA IF NOT EXISTS meta")
    connection.execute("CREATE TABLE meta.publications (publication_id VARCHAR, published_at TIMESTAMPTZ)")
    with suppress(duckdb.Error):  # a warehouse before that knows of none
        connection.execute(f"INSERT INTO meta.publications {BEFORE}")
    connection.execute("INSERT INTO meta.publications VALUES (?, ?)", (publication, now))
    rows = {**_rows(connection, [name for name in states["table"] if name not in histories]), **histories}
    counted = states.with_columns(rows=pl.Series([rows[name] for name in states["table"]], dtype=pl.Int64))
    named = [(table, place, one) for table, key in sorted(keys.items()) for place, one in enumerate(key, 1)]
    for name, frame in (("tables", counted), ("keys", pl.DataFrame(named, schema=KEYS, orient="row"))):
        connection.register("rows_of_it", frame.to_arrow())
        connection.execute(f"CREATE TABLE meta.{name} AS SELECT * FROM rows_of_it")
        connection.unregister("rows_of_it")
    for target, text in COMMENTS.items():
        connection.execute(f"COMMENT ON {target} IS '{text}'")
    return publication, now


def _rows(connection: duckdb.DuckDBPyConnection, names: Sequence[str]) -> dict[str, int | None]:
    """The rows of tables; NULL for one that could not be published at all."""
    there = {f"{schema}.{table}" for schema, table in connection.execute(THERE).fetchall()}
    some = [name for name in names if name in there]
    counts = " UNION ALL ".join(f"SELECT '{name}', count(*) FROM {_quoted(name)}" for name in some)
    try:
        counted = dict(connection.execute(counts).fetchall()) if some else {}
    except duckdb.Error:  # one of them is a view of what cannot be read
        counted = {name: _rows_of(connection, name) for name in some}
    return {**dict.fromkeys(names), **counted}


def _rows_of(connection: duckdb.DuckDBPyConnection, name: str) -> int | None:
    try:
        [(rows,)] = connection.execute(f"SELECT count(*) FROM {_quoted(name)}").fetchall()
    except duckdb.Error:
        return None
    return int(rows)


def _quoted(name: str) -> str:
    return ".".join(f'"{part}"' for part in name.split("."))


def newest_before(connection: duckdb.DuckDBPyConnection) -> str | None:
    """The newest publication that the warehouse before knows of; none where it cannot be read, or is older than this table."""
    try:
        rows = connection.execute(
            f"SELECT publication_id FROM ({BEFORE}) ORDER BY published_at DESC LIMIT 1"
        ).fetchall()
    except duckdb.Error:
        return None
    return str(rows[0][0]) if rows else None
