"""The lake as one DuckDB file: built beside the old one and renamed over it, so that a reader is never locked out."""

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
import polars as pl

from songify_assets.foundation.deliveries import QUARANTINE, Store
from songify_assets.foundation.feeds import Feed
from songify_assets.foundation.history import versions_sql
from songify_assets.foundation.raw import REFUSED

TABLE_BYTES = 16 << 20
PUBLISHED = "warehouse/published"


def define_views(connection: duckdb.DuckDBPyConnection, store: Store, tables: Sequence[str]) -> None:
    """Makes these tables of the lake readable under their warehouse names in this connection."""
    for table in tables:
        _define(connection, table, _source(connection, store, table, None), "VIEW")


def publish(store: Store, feeds: Sequence[Feed], descriptions: Mapping[str, Mapping[str, str]]) -> int:
    """Builds the warehouse from the lake and swaps it in; returns the number of its tables.

    Small tables are copied, large ones are views on hard links to the lake's files, which stay as they are when the lake
    goes on: a reader never sees half a load.
    """
    home = store.settings.home
    target, building = home / "warehouse.duckdb", home / f".warehouse-{os.getpid()}.duckdb"
    building.unlink(missing_ok=True)
    snapshot = home / "warehouse" / f"{os.getpid()}-{os.urandom(4).hex()}"
    histories = {feed.history: feed for feed in feeds if feed.kind == "full dump"}
    published = [table for table in store.lake.tables if not table.startswith("raw/") and table != QUARANTINE.name]
    try:
        with duckdb.connect(str(building), config={"threads": 2}) as connection:
            for table in published:
                large = sum(store.lake.path(table, key).stat().st_size for key in store.lake.keys(table)) > TABLE_BYTES
                source = _source(connection, store, table, snapshot if large else None)
                if feed := histories.get(table):
                    source = versions_sql(f"({source})", feed.columns.names())
                _define(connection, table, source, "VIEW" if large else "TABLE")
                _describe(connection, table, descriptions.get(table, {}), "VIEW" if large else "TABLE")
            _define(connection, "quarantine/rows", _source(connection, store, QUARANTINE.name, None), "TABLE")
            connection.register("refused_files", refused_files(store).to_arrow())
            _define(connection, "quarantine/files", "SELECT * FROM refused_files", "TABLE")
            connection.unregister("refused_files")
            connection.execute("CHECKPOINT")
        with store.lake.replacing():
            building.replace(target)
    finally:
        building.unlink(missing_ok=True)
    _forget_old_snapshots(snapshot)
    return len(published) + 2


def refused_files(store: Store) -> pl.DataFrame:
    """The files that were quarantined whole, in the columns of the quarantine."""
    sql = (
        "SELECT feed, delivered_on, place, what, remedy, landed_at FROM files WHERE state = 'refused' ORDER BY file_id"
    )
    rows = [
        (
            row["feed"],
            row["delivered_on"],
            row["place"],
            None,
            [f"{row['what']}. {row['remedy']}"],
            None,
            row["landed_at"],
        )
        for row in store.ledger.rows(sql)
    ]
    texts = {
        name: pl.String() if name in ("delivered_on", "quarantined_at") else dtype for name, dtype in REFUSED.items()
    }
    frame = pl.DataFrame(rows, schema=texts, orient="row")
    return frame.with_columns(
        pl.col("delivered_on").str.to_date(), pl.col("quarantined_at").str.to_datetime(time_unit="us", time_zone="UTC")
    )


def _source(connection: duckdb.DuckDBPyConnection, store: Store, table: str, snapshot: Path | None) -> str:
    files = [store.lake.path(table, key) for key in store.lake.keys(table)]
    if not files:
        empty = "empty_" + table.replace("/", "_")
        connection.register(empty, pl.DataFrame(schema=store.lake.tables[table].columns).to_arrow())
        return f"SELECT * FROM {empty}"
    if snapshot:
        files = [_linked(file, snapshot / file.relative_to(store.lake.root)) for file in files]
    quoted = ", ".join("'" + str(file).replace("'", "''") + "'" for file in files)
    return f"SELECT * FROM read_parquet([{quoted}], hive_partitioning = false)"


def _linked(file: Path, link: Path) -> Path:
    link.parent.mkdir(parents=True, exist_ok=True)
    os.link(file, link)
    return link


def _define(connection: duckdb.DuckDBPyConnection, table: str, source: str, kind: str) -> None:
    schema, name = table.split("/")
    connection.execute(f'CREATE SCHEMA IF NOT EXISTS "{schema}"')
    connection.execute(f'CREATE OR REPLACE {kind} "{schema}"."{name}" AS {source}')


def _describe(connection: duckdb.DuckDBPyConnection, table: str, descriptions: Mapping[str, str], kind: str) -> None:
    name = ".".join(f'"{part}"' for part in table.split("/"))
    known = {row[0] for row in connection.execute(f"DESCRIBE {name}").fetchall()}
    for column, text in ((column, text) for column, text in descriptions.items() if column in {"", *known}):
        comment = text.replace("'", "''")
        target = f'COLUMN {name}."{column}"' if column else f"{kind} {name}"
        connection.execute(f"COMMENT ON {target} IS '{comment}'")


def _forget_old_snapshots(current: Path) -> None:
    """Keeps the snapshot before the current one, which readers may still have open."""
    others = [folder for folder in current.parent.glob("*") if folder != current]
    for folder in sorted(others, key=lambda one: one.stat().st_mtime)[:-1]:
        shutil.rmtree(folder, ignore_errors=True)
