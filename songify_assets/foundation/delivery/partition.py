"""What a landed delivery becomes: its raw partition, and what is marked because of it.

Each step marks what depends on it as out of date before it replaces anything and takes its own mark back last, so that a
step that was killed is done again.
"""

import hashlib
import json
import time
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import date

import polars as pl

from songify_assets.foundation.calendar import partition_of
from songify_assets.foundation.delivery.events import event_dates, touched_days
from songify_assets.foundation.delivery.holding import judge
from songify_assets.foundation.delivery.raw import read_delivery
from songify_assets.foundation.feed_tables import QUARANTINE, quarantine_key
from songify_assets.foundation.feeds import Feed
from songify_assets.foundation.ledger import Delivery
from songify_assets.foundation.parquet import row_count
from songify_assets.foundation.store import Readers, Store


def write_raw(store: Store, feed: Feed, days: Iterable[date]) -> list[Delivery]:
    """Computes raw partitions from what landed for these delivery dates, marks what reads them, and judges the dumps anew.

    Returns the dumps whose judgement changed, which may be dumps of other days.
    """
    days, started_at = list(days), time.time()
    for delivered_on in days:
        _write_partition(store, feed, delivered_on)
    changed = judge(store, feed) if feed.is_dump else []
    store.ledger.clear(feed.raw, map(str, days), started_at)
    return changed


def _write_partition(store: Store, feed: Feed, delivered_on: date) -> None:
    ledger, lake, key = store.ledger, store.lake, str(delivered_on)
    quarantined = quarantine_key(feed.name, delivered_on)
    with lake.staging() as staged:
        read = read_delivery(store, feed, delivered_on, staged)
        now = pl.scan_parquet(read.rows, hive_partitioning=False)
        days = [] if feed.is_dump else event_dates(now)
        _mark_readers(store, feed, delivered_on, now, days)
        lake.put(feed.raw, key, read.rows)
        if row_count(read.refused) or lake.path(QUARANTINE.name, quarantined).exists():
            lake.put(QUARANTINE.name, quarantined, read.refused)
    if read.counts:
        token = _digest([one.landed.slot, one.landed.sha256] for one in read.inputs)
        content = _digest([token, sorted(one.amendments.items())] for one in read.inputs)
        counts, known = vars(read.counts), ledger.delivery(feed.name, delivered_on)
        delivery = Delivery(feed.name, delivered_on, token, content, **counts)
        kept = replace(known, **counts) if known and known.content == content else delivery
        with store.delivering(feed):
            ledger.write_delivery(kept, days)
    else:
        with store.delivering(feed):
            ledger.drop_delivery(feed.name, delivered_on)
            ledger.mark([(feed.history, key)] if feed.is_dump else [])


def _mark_readers(store: Store, feed: Feed, delivered_on: date, now: pl.LazyFrame, held: Collection[date]) -> None:
    """Marks what is out of date once the raw partition of this day is `now`, with events of the days `held`."""
    store.mark_dependents(feed.raw, [str(delivered_on)])
    if not feed.is_dump:
        readers = store.readers.get(feed.name, Readers()).events
        touched = touched_days(store.lake, store.ledger, feed, delivered_on, now, held)
        store.ledger.mark((table, partition_of(cadence, day)) for table, cadence in readers.items() for day in touched)


def _digest(parts: Iterable[object]) -> str:
    return hashlib.sha256(json.dumps(list(parts)).encode()).hexdigest()
