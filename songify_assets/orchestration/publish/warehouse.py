"""The lake as one DuckDB file: built beside the old one and renamed over it, so that a reader is never locked out."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import dagster as dg
import duckdb
import polars as pl

from songify_assets.foundation.feed_tables import REFUSED
from songify_assets.foundation.feeds import Feed
from songify_assets.foundation.ledger import PUBLISHED
from songify_assets.foundation.ledger import files as ledger_files
from songify_assets.foundation.store import Store
from songify_assets.orchestration.planner.triggers import Triggers
from songify_assets.orchestration.publish.contents import CONTENTS, Contents, read_contents, write_contents
from songify_assets.orchestration.publish.meta import newest_before, table_states, write_meta
from songify_assets.orchestration.publish.published_table import (
    PublishedTable,
    attach_before,
    define,
    shaped_like_before,
    source_of,
)
from songify_assets.orchestration.publish.snapshots import discard, new_snapshot, supersede
from songify_assets.orchestration.publish.target import Publication
from songify_assets.orchestration.publish.told import declared_checks, lineage, write_told


def define_views(connection: duckdb.DuckDBPyConnection, store: Store, tables: Sequence[str]) -> None:
    """Makes these tables of the lake readable under their warehouse names in this connection."""
    for table in tables:
        files = [store.lake.path(table, key) for key in store.lake.keys(table)]
        define(connection, table, source_of(connection, store.lake.tables[table], files), "VIEW")


MOST_NAMED = 5


@dataclass(frozen=True)
class Warehouse:
    """The target `warehouse.duckdb`.

    `descriptions` say what each table (under the empty name) and each column means, `keys` are the columns that identify a row,
    `checks` those that the tables have.
    """

    store: Store
    triggers: Triggers
    feeds: Sequence[Feed]
    descriptions: Mapping[str, Mapping[str, str]]
    keys: Mapping[str, Sequence[str]] = field(default_factory=dict)
    checks: Sequence[dg.AssetChecksDefinition] = ()
    key: str = PUBLISHED
    kind: str = "duckdb"
    description: str = (
        "`warehouse.duckdb` with every table, built beside the old file and swapped in whole: readers are never "
        "locked out and never see half a load. What failed or is held keeps its previous state, and is named here."
    )

    def publish(self) -> Publication:
        """Builds the warehouse from the lake and from the one before, and swaps it in.

        Small tables are copied, large ones are views on a snapshot: a reader never sees half a load. A table that cannot be read
        keeps the state that was published before, and does not keep the others.
        """
        home = self.store.settings.home
        target, building = home / "warehouse.duckdb", home / f".warehouse-{os.getpid()}.duckdb"
        building.unlink(missing_ok=True)
        snapshot = new_snapshot(home)
        try:
            # Nobody needs what is half built after a crash, so the disk is waited for once, at the end.
            with duckdb.connect(str(building), config={"threads": 2, "fsync_mode": "NONE"}) as connection:
                attach_before(connection, target)
                before = read_contents(home / CONTENTS, newest_before(connection))
                contents, unreadable = self._take_tables(connection, before, snapshot)
                connection.register("refused_files", refused_files(self.store).to_arrow())
                define(connection, "quarantine/files", "SELECT * FROM refused_files", "TABLE")
                connection.unregister("refused_files")
                publication, now = self._tell(connection, unreadable)
                connection.execute("DETACH before")
                connection.execute("CHECKPOINT")
            with building.open("rb") as built:
                os.fsync(built.fileno())
            with self.store.lake.replacing():
                building.replace(target)
        except BaseException:
            if building.exists():  # it was not swapped in
                discard(snapshot)
            raise
        finally:
            building.unlink(missing_ok=True)
        write_contents(home / CONTENTS, publication, contents)
        supersede(snapshot, self.store.settings.snapshot_hours)
        changed = [name for name in self._published if name not in contents or contents[name] != before.get(name)]
        return Publication(publication, now, len(self._published) + 1, changed, unreadable)

    @property
    def _published(self) -> list[str]:
        return [table for table in self.store.lake.tables if not table.startswith("raw/")]

    @property
    def _histories(self) -> dict[str, Feed]:
        return {feed.history: feed for feed in self.feeds if feed.is_dump}

    def _take_tables(
        self, connection: duckdb.DuckDBPyConnection, before: Mapping[str, Contents], snapshot: Path
    ) -> tuple[dict[str, Contents], dict[str, str]]:
        """Takes all tables in, and returns what they are made of.

        Those that cannot be read keep their previous state, and are named with the reason.
        """
        contents, unreadable, histories = dict[str, Contents](), dict[str, str](), self._histories
        shaped = shaped_like_before(connection, [name for name in before if name in self._published])
        for name in self._published:
            texts = self.descriptions.get(name, {})
            table = PublishedTable(self.store, name, histories.get(name), texts, snapshot, shaped)
            try:
                taken = table.take(connection, before.get(name))
            except (duckdb.Error, OSError) as error:
                where = ", ".join(table.unreadable(connection)[:MOST_NAMED])
                unreadable[name] = f"{str(error).splitlines()[0]} ({where})"
                table.keep(connection)
            else:
                contents[name] = taken
        return contents, unreadable

    def _tell(self, connection: duckdb.DuckDBPyConnection, unreadable: Mapping[str, str]) -> tuple[str, datetime]:
        """Writes what the publication says of itself."""
        states = table_states(self.store, self.triggers, self._published)
        unread = pl.col("table").is_in([name.replace("/", ".") for name in unreadable])
        states = states.with_columns(is_complete=pl.col("is_complete") & ~unread)
        readable = [name for name in self._histories if name not in unreadable]
        versions = {name.replace("/", "."): versions_of(self.store, name) for name in readable}
        keys = {name.replace("/", "."): key for name, key in self.keys.items() if name in self._published}
        written = write_meta(connection, states, versions, keys)
        of_tables = lineage(self.triggers, self._published)
        write_told(connection, lineage=of_tables, checks=declared_checks(self.checks))
        return written


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
