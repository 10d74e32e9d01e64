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

from songify_assets.errors import UnreadableFile
from songify_assets.foundation.calendar import partition_of
from songify_assets.foundation.delivery.events import event_dates, touched_days
from songify_assets.foundation.delivery.files import FileInput
from songify_assets.foundation.delivery.holding import judge
from songify_assets.foundation.delivery.refine import refine
from songify_assets.foundation.feed_tables import QUARANTINE, REFUSED, quarantine_key, raw_columns
from songify_assets.foundation.feeds import Feed
from songify_assets.foundation.lake import row_count, sink
from songify_assets.foundation.ledger import Delivery, LandedFile
from songify_assets.foundation.ledger.decisions import amendments
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
    """A file that cannot be read at all is quarantined, and the readable one that was delivered before it counts again."""
    ledger, lake, settings = store.ledger, store.lake, store.settings
    key, table = str(delivered_on), feed.raw
    quarantined = quarantine_key(feed.name, delivered_on)
    with lake.staging() as staged:
        while files := ledger.files(feed.name, delivered_on):
            inputs = [FileInput(one, store.landing.whole(one), _amendments(store, feed, one)) for one in files]
            try:
                rows, refused, counts = refine(
                    feed, delivered_on, inputs, zone=settings.zone, start_date=settings.start_date, staged=staged
                )
                break
            except UnreadableFile as error:
                ledger.refuse(next(one for one in files if one.place == error.where), error.what, error.remedy)
        else:
            rows, refused = staged / "none.parquet", staged / "none_refused.parquet"
            sink(pl.LazyFrame(schema=raw_columns(feed)), rows)
            sink(pl.LazyFrame(schema=REFUSED), refused)
        now = pl.scan_parquet(rows, hive_partitioning=False)
        days = [] if feed.is_dump else event_dates(now)
        _mark_readers(store, feed, delivered_on, now, days)
        lake.put(table, key, rows)
        if row_count(refused) or lake.path(QUARANTINE.name, quarantined).exists():
            lake.put(QUARANTINE.name, quarantined, refused)
    if files:
        token = _digest([one.slot, one.sha256] for one in files)
        content = _digest([token, sorted(one.amendments.items())] for one in inputs)
        delivery, known = (
            Delivery(feed.name, delivered_on, token, content, **vars(counts)),
            ledger.delivery(feed.name, delivered_on),
        )
        kept = replace(known, **vars(counts)) if known and known.content == content else delivery
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


def _amendments(store: Store, feed: Feed, file: LandedFile) -> dict[int, str]:
    return amendments(store.ledger, feed.name, file.delivered_on, file.sha256)


def _digest(parts: Iterable[object]) -> str:
    return hashlib.sha256(json.dumps(list(parts)).encode()).hexdigest()
