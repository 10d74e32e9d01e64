"""What a history partition holds: the difference of a dump to the accepted one before it; and what is marked because of it."""

import time
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any

import polars as pl

from songify_assets.foundation.carried import LEAST_BYTES, RECORD, Carried
from songify_assets.foundation.delivery.raw import raw_rows
from songify_assets.foundation.feeds import Feed
from songify_assets.foundation.lake import Lake
from songify_assets.foundation.ledger.accepted import delivery_dates
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
            carried = _first_dump(store, feed, day)
            part = engine.computed(changes, lake.tables[feed.history], [str(day)], staged, carried)[str(day)]
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


def carried_latest(store: Store, feed: Feed) -> Carried | None:
    """The newest dump as it is stored: a feed's latest table are its records, and the keys that it lacks with their last content.

    None where that does not follow: a partition of the history is missing or out of date.
    """
    dumps, known = delivery_dates(store.ledger, feed.name), store.lake.keys(feed.history)
    if not dumps or feed.history in store.ledger.stale() or not {str(day) for day in dumps} <= set(known):
        return None
    gone = history.deleted(store.lake.scan(feed.history), feed.columns, feed.key)
    return _whole_dump(store, feed, dumps[-1], gone, is_deleted=pl.lit(False))


def _first_dump(store: Store, feed: Feed, day: date) -> Carried | None:
    """A dump without one before it as it is stored: all of its records are new."""
    dump = store.ledger.delivery(feed.name, day)
    if dump is None or dump.status != "accepted" or dump.predecessor:
        return None
    return _whole_dump(store, feed, day, event=pl.lit("added", history.EVENTS), delivered_on=pl.lit(day))


def _whole_dump(
    store: Store, feed: Feed, day: date, more: pl.LazyFrame | None = None, **others: pl.Expr
) -> Carried | None:
    """All columns of a dump, the same `others` for each record, and `more` rows; None where its file is gone, or small."""
    file = store.lake.path(feed.raw, str(day))
    if not file.exists() or file.stat().st_size < LEAST_BYTES:
        return None
    made = store.lake.scan(feed.raw, [str(day)]).select(RECORD, **others)
    return Carried.of(file, {name: name for name in feed.columns}, made, more)
