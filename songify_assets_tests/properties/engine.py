"""The product's own code without Dagster's runs: deliveries land, and the marks are worked off.

A case takes some hundred milliseconds instead of the seconds that real runs take, so that hundreds of cases can be tried.
Everything but the loop and the storing of a table is the product's.
"""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
from dagster_duckdb import DuckDBResource

from songify_assets.definitions import ASSETS, FEEDS, build_store, build_triggers
from songify_assets.foundation import history
from songify_assets.foundation.calendar import days_between, month_of, week_of
from songify_assets.foundation.deliveries import Store, write_history, write_raw
from songify_assets.foundation.ledger import PUBLISHED
from songify_assets.foundation.sources import open_drops
from songify_assets.orchestration.tables import TableAsset, sights
from songify_assets.orchestration.triggers import PlannedRun
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
RAW, HISTORIES, LATEST = ({getattr(feed, table): feed for feed in FEEDS} for table in ("raw", "history", "table"))
DECLARED = {asset.key: asset for asset in ASSETS}
TRIGGERS = build_triggers()


@dataclass
class Engine:
    """A home into which deliveries can be put."""

    store: Store
    clock: int = 0

    def arrive(self, delivery: Delivery) -> None:
        """Writes the delivery where drops appear, looks at its source, and lands it."""
        self.clock += 1
        path = write(delivery, self.store.settings.home / "drops")
        os.utime(path, (1_650_000_000 + self.clock,) * 2)
        source = SOURCES[delivery.feed]
        url, folder = self.store.settings.place_of(source)
        with open_drops(url, folder, None) as drops:
            own = [feed for feed in FEEDS if feed.source == source]
            look = self.store.landing.look(source, drops, own, self.store.settings, tell=lambda _: None)
        assert not look.waiting
        assert not look.notes
        assert not look.refused
        assert not [*look.unreachable, *look.errors]

    def settle(self) -> None:
        """Computes everything that is out of date."""
        while planned := TRIGGERS.next_runs(self.store.ledger.stale(), KEYS):
            for run in planned:
                for asset in run.assets:
                    compute(self.store, run, asset)

    def rows(self, table: str) -> list[dict[str, Any]]:
        """The rows of a table as the warehouse shows them."""
        name, feed = table.replace(".", "/"), HISTORIES.get(table.replace(".", "/"))
        if feed is None or not feed.is_dump:
            return self.store.lake.scan(name).collect().to_dicts()
        with duckdb.connect() as connection:
            connection.register("differences", self.store.lake.scan(name).collect().to_arrow())
            found = connection.execute(history.versions_sql("differences", feed.columns.names(), feed.key))
            names = [column[0] for column in found.description]
            return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def new_engine(home: Path, mass_delete_limit: float = 0.20) -> Engine:
    """An empty home."""
    (home / "drops").mkdir(parents=True)
    settings = Settings(home=home, settle_seconds=0, mass_delete_limit=mass_delete_limit, start_date=FIRST)
    return Engine(build_store(settings))


def compute(store: Store, run: PlannedRun, asset: str) -> None:
    """Computes the partitions of one asset as its Dagster asset does."""
    cadence, lake = TRIGGERS.nodes[asset].cadence, store.lake
    keys = (
        [key for key in KEYS[cadence] if run.first <= key <= run.last] if cadence and run.first and run.last else [""]
    )
    days = [date.fromisoformat(key) for key in keys if key]
    started_at = time.time()
    if asset == PUBLISHED:
        store.ledger.clear(asset, keys, started_at)
    elif asset in RAW:
        write_raw(store, RAW[asset], days)
        store.ledger.mark([(PUBLISHED, "")])
    elif asset in HISTORIES and HISTORIES[asset].is_dump:
        write_history(store, HISTORIES[asset], days, sights(HISTORIES[asset], ASSETS, lake.tables))
    elif asset in LATEST and LATEST[asset].is_dump:
        _store(
            store,
            asset,
            history.latest(lake.scan(LATEST[asset].history), LATEST[asset].columns, LATEST[asset].key),
            keys,
            started_at,
        )
    elif DECLARED[asset].stored:
        _store(store, asset, _called(store, DECLARED[asset], keys), keys, started_at)
    else:
        store.ledger.clear(asset, keys, started_at)


def _called(store: Store, asset: TableAsset, keys: Sequence[str]) -> Any:
    context = SimpleNamespace(partition_keys=list(keys))
    given = {"context": context, "store": store, "duckdb": DuckDBResource(database=":memory:")}
    given |= {name: read.frame(store, keys, TRIGGERS.reader(asset.key, read)) for name, read in asset.inputs.items()}
    code = asset.compute.__code__
    return asset.compute(**{name: given[name] for name in code.co_varnames[: code.co_argcount]})


def _store(store: Store, asset: str, frame: Any, keys: list[str], started_at: float) -> None:
    lake = store.lake
    lake.write(asset, frame, keys, before=lambda now: store.ledger.mark(TRIGGERS.dependents(lake, asset, keys, now)))
    store.ledger.clear(asset, keys, started_at)
