"""What a landed delivery becomes: its raw partition, its judgement (held or accepted), its difference to the dump before.

Each step marks what depends on it as out of date before it replaces anything and takes its own mark back last, so that a
step that was killed is done again.
"""

import hashlib
import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date

import polars as pl

from songify_assets.errors import UnreadableFile
from songify_assets.foundation import history
from songify_assets.foundation.calendar import Cadence, partition_of
from songify_assets.foundation.delivered_files import FileInput
from songify_assets.foundation.events import event_dates, touched_days
from songify_assets.foundation.feeds import Feed
from songify_assets.foundation.landing import Landing
from songify_assets.foundation.ledger import Delivery, LandedFile, Ledger
from songify_assets.foundation.ledger.accepted import newest_accepted
from songify_assets.foundation.ledger.decisions import amendments, approved
from songify_assets.foundation.raw import REFUSED, raw_columns, refine
from songify_assets.foundation.sights import Sight, seeing
from songify_assets.foundation.tables import Lake, Table, row_count, sink
from songify_assets.settings import Settings

QUARANTINE = Table("quarantine/rows", REFUSED, "delivery")


@dataclass(frozen=True)
class Readers:
    """The tables that read a feed: its `events`, with their cadence, and its newest accepted delivery date (`as_of`)."""

    events: Mapping[str, Cadence | None] = field(default_factory=dict)
    as_of: Sequence[str] = ()


@dataclass(frozen=True)
class Store:
    """The places where deliveries are kept, and by feed which tables read them."""

    settings: Settings
    ledger: Ledger
    landing: Landing
    lake: Lake
    readers: Mapping[str, Readers] = field(default_factory=dict)

    @contextmanager
    def delivering(self, feed: Feed) -> Iterator[None]:
        """A transaction that changes deliveries; if the newest accepted one is another then, who reads its date is marked."""
        with self.ledger.transaction():
            before = newest_accepted(self.ledger, feed.name)
            yield
            if newest_accepted(self.ledger, feed.name) != before:
                readers = self.readers.get(feed.name, Readers()).as_of
                self.ledger.mark((table, key) for table in readers for key in self.lake.keys(table) or [""])


def feed_tables(feed: Feed) -> list[Table]:
    """The tables that a feed gets by itself."""
    tables = [Table(feed.raw, raw_columns(feed), "delivered_on")]
    if feed.is_dump:
        tables += [
            Table(feed.history, history.history_columns(feed.columns), "delivered_on"),
            Table(feed.table, history.latest_columns(feed.columns)),
        ]
    return tables


def quarantine_key(feed: str, delivered_on: date) -> str:
    """The partition of the quarantine that holds a delivery's refused rows."""
    return f"{feed}@{delivered_on}"


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
        if not feed.is_dump:
            readers = store.readers.get(feed.name, Readers()).events
            touched = touched_days(lake, ledger, feed, delivered_on, now)
            ledger.mark({(table, partition_of(cadence, day)) for table, cadence in readers.items() for day in touched})
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


def judge(store: Store, feed: Feed) -> list[Delivery]:
    """Decides for each dump of a feed whether it is held, and marks the differences that have to be computed again.

    Holding follows from the set of dumps: a dump is judged against the accepted one with the latest earlier delivery date.
    Returns the dumps whose judgement changed.
    """
    ledger, released = store.ledger, approved(store.ledger, feed.name)
    before: Delivery | None = None
    changed = []
    for dump in ledger.deliveries(feed.name):
        verdict = _judged(store, feed, dump, before, (dump.delivered_on, dump.token) in released)
        if verdict.judged != dump.judged:
            with store.delivering(feed):
                ledger.mark([(feed.history, str(dump.delivered_on))])
                ledger.write_delivery(verdict, ledger.event_dates(feed.name, dump.delivered_on))
            changed.append(verdict)
        before = verdict if verdict.status == "accepted" else before
    return changed


def _judged(store: Store, feed: Feed, dump: Delivery, before: Delivery | None, released: bool) -> Delivery:
    """The dump with its judgement, which is only made again when what it is based on has changed."""
    limit = store.settings.mass_delete_limit
    predecessor = before.delivered_on if before else None
    judged = f"{dump.content}|{predecessor}|{before.content if before else ''}|{limit}|{released}"
    if judged == dump.judged:
        return dump
    missing = len(missing_keys(store, feed, before.delivered_on, dump.delivered_on)) if before else 0
    of_keys = before.accepted if before else 0
    status = "held" if missing > limit * of_keys and not released else "accepted"
    return replace(dump, status=status, predecessor=predecessor, missing=missing, of_keys=of_keys, judged=judged)


def missing_keys(store: Store, feed: Feed, before: date, after: date) -> pl.Series:
    """The keys that a dump lacks of an earlier one, in order; of several columns as one text."""
    dumps = [store.lake.scan(feed.raw, [str(day)]) for day in (before, after)]
    told = pl.concat_str(feed.key, separator=" / ", ignore_nulls=True).alias("key")
    return history.missing(dumps[0], dumps[1], feed.key).select(told).collect(engine="streaming")["key"].sort()


def write_history(store: Store, feed: Feed, days: Iterable[date], sights: Iterable[Sight]) -> dict[str, int]:
    """Computes history partitions, and marks the facts that saw a version that is another one now; returns their rows."""
    days, sights, started_at, lake = list(days), list(sights), time.time(), store.lake
    for day in days:
        with lake.staging() as staged:
            part = staged / "part.parquet"
            sink(difference(store, feed, day), part)
            now = pl.scan_parquet(part, hive_partitioning=False)
            for sight in sights:
                store.ledger.mark((sight.fact, key) for key in seeing(lake, sight, feed, day, now))
            store.ledger.mark([(feed.table, "")])
            lake.put(feed.history, str(day), part)
    store.ledger.clear(feed.history, map(str, days), started_at)
    return {str(day): row_count(lake.path(feed.history, str(day))) for day in days}


def difference(store: Store, feed: Feed, delivered_on: date) -> pl.LazyFrame:
    """The difference that an accepted dump makes to the accepted one before it; no rows for any other day."""
    entity, dump = feed.columns, store.ledger.delivery(feed.name, delivered_on)
    if dump is None or dump.status != "accepted":
        return pl.LazyFrame(schema=history.history_columns(entity))
    days = [delivered_on, dump.predecessor] if dump.predecessor else [delivered_on]
    after, *before = (store.lake.scan(feed.raw, [str(day)]).select(entity.names()) for day in days)
    return history.differences(before[0] if before else None, after, entity, feed.key, delivered_on)


def _amendments(store: Store, feed: Feed, file: LandedFile) -> dict[int, str]:
    return amendments(store.ledger, feed.name, file.delivered_on, file.sha256)


def _digest(parts: Iterable[object]) -> str:
    return hashlib.sha256(json.dumps(list(parts)).encode()).hexdigest()
