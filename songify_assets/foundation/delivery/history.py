"""What a history partition holds: the difference of a dump to the accepted one before it; and what is marked because of it."""

import time
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any

import polars as pl

from songify_assets.foundation.delivery.raw import raw_rows
from songify_assets.foundation.feeds import Feed
from songify_assets.foundation.lake import Lake
from songify_assets.foundation.parquet import row_count
from songify_assets.foundation.store import Store
from songify_assets.foundation.versions import differences as history
from songify_assets.foundation.versions.touched_days import Lookup, touched_partitions


def write_history(
    store: Store, feed: Feed, days: Iterable[date], lookups: Iterable[Lookup], engine: Lake
) -> dict[str, int]:
    """Computes history partitions on an engine, and marks the facts that saw a version that is another one now.

    Returns the rows of each.
    """
    days, lookups, started_at, lake = list(days), list(lookups), time.time(), store.lake
    for day in days:
        with lake.staging() as staged:
            changes = difference(replace(store, lake=engine), feed, day)
            part = engine.computed(changes, lake.tables[feed.history], [str(day)], staged)[str(day)]
            now = pl.scan_parquet(part, hive_partitioning=False)
            for lookup in lookups:
                store.ledger.mark((lookup.fact, key) for key in touched_partitions(lake, lookup, feed, day, now))
            store.mark_dependents(feed.history, [str(day)])
            lake.put(feed.history, str(day), part)
    store.ledger.clear(feed.history, map(str, days), started_at)
    return {str(day): row_count(lake.path(feed.history, str(day))) for day in days}


def difference(store: Store, feed: Feed, delivered_on: date) -> Any:
    """The difference that an accepted dump makes to the accepted one before it; no rows for any other day.

    It is a frame of the engine that scans the store's lake.
    """
    entity, dump = feed.columns, store.ledger.delivery(feed.name, delivered_on)
    if dump is None or dump.status != "accepted":
        return store.lake.scan(feed.history, [])
    days = [delivered_on, dump.predecessor] if dump.predecessor else [delivered_on]
    after, *before = (raw_rows(store, feed, [day]).select(*entity) for day in days)
    return history.differences(before[0] if before else None, after, entity, feed.key, delivered_on)
