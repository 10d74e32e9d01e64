"""The product's own code without Dagster's runs: deliveries land, and the marks are worked off.

A case takes some hundred milliseconds instead of the seconds that real runs take, so that hundreds of cases can be tried.
Everything but the loop and the storing of a table is the product's.
"""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import duckdb
from dagster_duckdb import DuckDBResource

from songify_assets.definitions import CATALOG, build_store, build_triggers
from songify_assets.foundation.calendar import days_between, month_of, week_of
from songify_assets.foundation.carried import Carried
from songify_assets.foundation.delivery.history import carried_latest, write_history
from songify_assets.foundation.delivery.partition import write_raw
from songify_assets.foundation.sources import open_drops
from songify_assets.foundation.store import Store
from songify_assets.foundation.versions import differences as history
from songify_assets.orchestration.automation.compaction import Compaction
from songify_assets.orchestration.automation.compaction.saved import Saved
from songify_assets.orchestration.declare.datasets import Catalog
from songify_assets.orchestration.declare.tables import TableAsset
from songify_assets.orchestration.planner.triggers import PlannedRun, Triggers
from songify_assets.settings import Settings
from songify_assets_tests.properties.reference import Delivery
from songify_assets_tests.properties.strategies import SOURCES, write

FIRST, LAST = date(2020, 1, 1), date(2022, 12, 31)
KEYS = {
    None: [],
    "day": [str(day) for day in days_between(FIRST, LAST)],
    "week": sorted({str(week_of(day)) for day in days_between(FIRST, LAST)}),
    "month": sorted({str(month_of(day)) for day in days_between(FIRST, LAST)}),
}


DUCKDB = DuckDBResource(database=":memory:")  # to make one takes longer than many a table


@dataclass
class Engine:
    """A home into which deliveries can be put."""

    store: Store
    catalog: Catalog
    clock: int = 0

    def arrive(self, delivery: Delivery) -> None:
        """Writes the delivery where drops appear, looks at its source, and lands it."""
        self.look_at(write(delivery, self.store.settings.home / "drops"), SOURCES[delivery.feed])

    def place_of(self, source: str) -> Path:
        """The folder where drops of a source appear."""
        url, folder = self.store.settings.place_of(source)
        return Path(urlsplit(url).path) / (folder or "")

    def look_at(self, path: Path, source: str) -> None:
        """Lands a file that was put where drops of its source appear."""
        self.clock += 1
        os.utime(path, (1_650_000_000 + self.clock,) * 2)
        url, folder = self.store.settings.place_of(source)
        with open_drops(url, folder, None) as drops:
            own = [feed for feed in self.catalog.feeds if feed.source == source]
            look = self.store.landing.look(source, drops, own, self.store.settings, tell=lambda _: None)
        assert not look.waiting
        assert not look.notes
        assert not look.refused
        assert not [*look.unreachable, *look.errors]

    @cached_property
    def triggers(self) -> Triggers:
        return build_triggers(self.catalog)

    def settle(self) -> None:
        """Computes everything that is out of date."""
        while planned := self.triggers.next_runs(self.store.lake, self.store.ledger.stale(), KEYS):
            for run in planned:
                for asset in run.assets:
                    self._compute(run, asset)

    def compact(self) -> dict[str, Saved]:
        """Keeps everything before today as small as it can be kept; says what that saved."""
        ages = {"keep_plain_days": 0, "keep_raw_days": 0}
        store = replace(self.store, settings=self.store.settings.model_copy(update=ages))
        compacted = Compaction(store, self.catalog, self.triggers).run(lambda _: None)
        assert compacted.errors == []
        return compacted.saved

    def rows(self, table: str) -> list[dict[str, Any]]:
        """The rows of a table as the warehouse shows them."""
        name = table.replace(".", "/")
        feed = next((feed for feed in self.catalog.feeds if feed.is_dump and feed.history == name), None)
        if feed is None:
            return self.store.lake.scan(name).collect().to_dicts()
        with duckdb.connect() as connection:
            connection.register("differences", self.store.lake.scan(name).collect().to_arrow())
            found = connection.execute(history.versions_sql("differences", feed.columns.names(), feed.key))
            names = [column[0] for column in found.description]
            return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def _compute(self, run: PlannedRun, asset: str) -> None:
        """Computes the partitions of one asset as its Dagster asset does."""
        store, cadence = self.store, self.triggers.nodes[asset].cadence
        keys = (
            [key for key in KEYS[cadence] if run.first <= key <= run.last]
            if cadence and run.first and run.last
            else [""]
        )
        days = [date.fromisoformat(key) for key in keys if key]
        started_at = time.time()
        feeds = {
            table: feed
            for feed in self.catalog.feeds
            for table in ((feed.raw, feed.history, feed.table) if feed.is_dump else (feed.raw,))
        }
        feed = feeds.get(asset)
        declared = next((one for one in self.catalog.assets if one.key == asset), None)
        if feed and asset == feed.raw:
            write_raw(store, feed, days)
        elif feed and asset == feed.history:
            write_history(store, feed, days, self.catalog.lookups(feed), store.lake)
        elif feed:
            versions = store.lake.scan(feed.history)
            latest = history.latest(versions, feed.columns, feed.key)
            self._keep(asset, latest, keys, started_at, carried_latest(store, feed))
        elif declared and declared.stored:
            self._keep(asset, self._called(declared, keys), keys, started_at)
        else:
            store.ledger.clear(asset, keys, started_at)

    def _called(self, asset: TableAsset, keys: Sequence[str]) -> Any:
        context = SimpleNamespace(partition_keys=list(keys))
        given = {"context": context, "store": self.store, "duckdb": DUCKDB}
        given |= {
            name: read.frame(self.store, keys, self.triggers.reader(asset.key, read))
            for name, read in asset.inputs.items()
        }
        code = asset.compute.__code__
        return asset.compute(**{name: given[name] for name in code.co_varnames[: code.co_argcount]})

    def _keep(self, asset: str, frame: Any, keys: list[str], started_at: float, carried: Carried | None = None) -> None:
        ledger, lake = self.store.ledger, self.store.lake
        ledger.mark(self.triggers.dependents(lake, asset, keys))
        lake.write(
            asset,
            frame,
            keys,
            lambda now: ledger.mark(self.triggers.dependents_by_rows(lake, asset, keys, now)),
            carried,
        )
        ledger.clear(asset, keys, started_at)


def new_engine(home: Path, mass_delete_limit: float = 0.20, catalog: Catalog = CATALOG) -> Engine:
    """An empty home."""
    (home / "drops").mkdir(parents=True)
    settings = Settings(home=home, settle_seconds=0, mass_delete_limit=mass_delete_limit, start_date=FIRST)
    return Engine(build_store(settings, catalog), catalog)
