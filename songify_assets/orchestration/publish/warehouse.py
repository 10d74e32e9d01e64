"""The lake as one DuckDB file: built beside the old one and renamed over it, so that a reader is never locked out."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import duckdb
import polars as pl

from songify_assets.foundation.feed_tables import REFUSED
from songify_assets.foundation.feeds import Feed
from songify_assets.foundation.ledger import files as ledger_files
from songify_assets.foundation.store import Store
from songify_assets.orchestration.planner.triggers import Triggers
from songify_assets.orchestration.publish.meta import table_states, write_meta
from songify_assets.orchestration.publish.published_table import PublishedTable, define, source_of
from songify_assets.orchestration.publish.snapshots import discard, new_snapshot, supersede


def define_views(connection: duckdb.DuckDBPyConnection, store: Store, tables: Sequence[str]) -> None:
    """Makes these tables of the lake readable under their warehouse names in this connection."""
    for table in tables:
        files = [store.lake.path(table, key) for key in store.lake.keys(table)]
        define(connection, table, source_of(connection, store.lake.tables[table], files), "VIEW")


MOST_NAMED = 5


@dataclass(frozen=True)
class Publication:
    """A published warehouse: its id, when it was made, its tables, and those that could not be read from the lake, and why."""

    publication_id: str
    published_at: datetime
    tables: int
    unreadable: dict[str, str]


def publish(
    store: Store, triggers: Triggers, feeds: Sequence[Feed], descriptions: Mapping[str, Mapping[str, str]]
) -> Publication:
    """Builds the warehouse from the lake and swaps it in.

    Small tables are copied, large ones are views on a snapshot: a reader never sees half a load. A table that cannot be read
    keeps the state that was published before, and does not keep the others.
    """
    home = store.settings.home
    target, building = home / "warehouse.duckdb", home / f".warehouse-{os.getpid()}.duckdb"
    building.unlink(missing_ok=True)
    snapshot = new_snapshot(home)
    histories = {feed.history: feed for feed in feeds if feed.is_dump}
    published = [table for table in store.lake.tables if not table.startswith("raw/")]
    unreadable: dict[str, str] = {}
    try:
        with duckdb.connect(str(building), config={"threads": 2}) as connection:
            for name in published:
                table = PublishedTable(store, name, histories.get(name), descriptions.get(name, {}), snapshot)
                try:
                    table.take(connection)
                except (duckdb.Error, OSError) as error:
                    where = ", ".join(table.unreadable(connection)[:MOST_NAMED])
                    unreadable[name] = f"{str(error).splitlines()[0]} ({where})"
                    table.keep(connection, target)
            connection.register("refused_files", refused_files(store).to_arrow())
            define(connection, "quarantine/files", "SELECT * FROM refused_files", "TABLE")
            connection.unregister("refused_files")
            states = table_states(store, triggers, published)
            unread = pl.col("table").is_in([name.replace("/", ".") for name in unreadable])
            states = states.with_columns(is_complete=pl.col("is_complete") & ~unread)
            versions = {
                name.replace("/", "."): versions_of(store, name) for name in histories if name not in unreadable
            }
            publication, now = write_meta(connection, target, states, versions)
            connection.execute("CHECKPOINT")
        with store.lake.replacing():
            building.replace(target)
    except BaseException:
        if building.exists():  # it was not swapped in
            discard(snapshot)
        raise
    finally:
        building.unlink(missing_ok=True)
    supersede(snapshot, store.settings.snapshot_hours)
    return Publication(publication, now, len(published) + 1, unreadable)


def versions_of(store: Store, history: str) -> int:
    """How many versions a history has: one for each difference that does not end one."""
    kept = store.lake.scan(history).filter(pl.col("event") != "deleted").select(pl.len())
    return int(kept.collect(engine="streaming").item())


def refused_files(store: Store) -> pl.DataFrame:
    """The files that were quarantined whole, in the columns of the quarantine."""
    rows = [
        (file.feed, file.delivered_on, file.place, None, [file.says], None, file.landed_at)
        for file in ledger_files.refused_files(store.ledger)
    ]
    return pl.DataFrame(rows, schema=REFUSED, orient="row")
