"""What a landed delivery becomes: its raw partition, its judgement (held or accepted), its difference to the dump before.

Each step marks what depends on it as out of date before it replaces anything and takes its own mark back last, so that a
step that was killed is done again.
"""

import hashlib
import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

import polars as pl
import polars_hash as plh

from songify_assets.errors import UnreadableFile
from songify_assets.foundation import history
from songify_assets.foundation.calendar import Cadence, partition_of
from songify_assets.foundation.feeds import Feed
from songify_assets.foundation.landing import Landing
from songify_assets.foundation.ledger import Delivery, LandedFile, Ledger
from songify_assets.foundation.ledger.decisions import amendments, approved
from songify_assets.foundation.raw import REFUSED, FileInput, are_distinct, raw_columns, refine
from songify_assets.foundation.sights import Sight, seeing
from songify_assets.foundation.tables import Lake, Table, row_count, sink
from songify_assets.settings import Settings

PLACES = 2**40  # more than a delivery has records
QUARANTINE = Table("quarantine/rows", REFUSED, "delivery")


@dataclass(frozen=True)
class Store:
    """The places where deliveries are kept."""

    settings: Settings
    ledger: Ledger
    landing: Landing
    lake: Lake


def feed_tables(feed: Feed) -> list[Table]:
    """The tables that a feed gets by itself."""
    tables = [Table(feed.raw, raw_columns(feed), "delivered_on")]
    if feed.kind == "full dump":
        tables += [
            Table(feed.history, history.history_columns(feed.columns), "delivered_on"),
            Table(feed.table, history.latest_columns(feed.columns)),
        ]
    return tables


def quarantine_key(feed: str, delivered_on: date) -> str:
    """The partition of the quarantine that holds a delivery's refused rows."""
    return f"{feed}@{delivered_on}"


def write_raw(store: Store, feed: Feed, days: Iterable[date], readers: Mapping[str, Cadence | None]) -> list[Delivery]:
    """Computes raw partitions from what landed for these delivery dates, and judges the dumps anew.

    `readers` are the tables that read the feed's events, with their cadence: their partitions with these events are marked.
    Returns the dumps whose judgement changed, which may be dumps of other days.
    """
    days, started_at = list(days), time.time()
    for delivered_on in days:
        _write_partition(store, feed, delivered_on, readers)
    changed = judge(store, feed) if feed.kind == "full dump" else []
    store.ledger.clear(feed.raw, map(str, days), started_at)
    return changed


def _write_partition(store: Store, feed: Feed, delivered_on: date, readers: Mapping[str, Cadence | None]) -> None:
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
        days = _event_dates(feed, pl.scan_parquet(rows, hive_partitioning=False))
        if feed.kind == "increment":
            touched = {*days, *ledger.event_dates(feed.name, delivered_on), delivered_on}
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
        ledger.write_delivery(replace(known, **vars(counts)) if known and known.content == content else delivery, days)
    else:
        ledger.drop_delivery(feed.name, delivered_on)
        ledger.mark([(feed.history, key)] if feed.kind == "full dump" else [])


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
    """The keys that a dump lacks of an earlier one, in order."""
    key = feed.columns.names()[0]
    dumps = [store.lake.scan(feed.raw, [str(day)]) for day in (before, after)]
    return history.missing(dumps[0], dumps[1], key).collect(engine="streaming")[key].sort()


def write_history(store: Store, feed: Feed, days: Iterable[date], sights: Iterable[Sight]) -> dict[str, int]:
    """Computes history partitions, and marks the facts that saw a version that is another one now; returns their rows."""
    days, sights, started_at, lake = list(days), list(sights), time.time(), store.lake
    for day in days:
        with lake.staging() as staged:
            part = staged / "part.parquet"
            sink(difference(store, feed, day), part)
            now = pl.scan_parquet(part, hive_partitioning=False)
            for sight in sights:
                store.ledger.mark((sight.fact, key) for key in seeing(lake, sight, feed.history, day, now))
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
    return history.differences(before[0] if before else None, after, entity, delivered_on)


def events(store: Store, feed: Feed, days: Iterable[date]) -> pl.LazyFrame:
    """The events of these event dates from all deliveries; of events with one natural key the latest delivered counts."""
    days = list(days)
    deliveries = [str(day) for day in store.ledger.deliveries_of(feed.name, days)]
    rows = store.lake.scan(feed.raw, deliveries).filter(pl.col("event_date").is_in(days))
    if not feed.key:
        return rows
    if are_distinct(rows, feed.key):
        return rows
    # By hashes of keys, and by one number for the place in all deliveries, so that no whole row has to be held.
    parts = [pl.col(name).cast(pl.String).fill_null("") for name in feed.key]
    keyed = rows.select(_place(), __key=pl.concat_str(parts, separator="\x1f"))
    newest = keyed.group_by(plh.col("__key").nchash.xxh3_128()).agg(pl.col("__place").max())
    return rows.with_columns(_place()).join(newest, on="__place", how="semi", build_side="force_right").drop("__place")


def _place() -> pl.Expr:
    day, record = pl.col("delivered_on").to_physical(), pl.col("record")
    return (day.cast(pl.Int64) * PLACES + record.cast(pl.Int64)).alias("__place")


def _event_dates(feed: Feed, rows: pl.LazyFrame) -> list[date]:
    if feed.kind == "full dump":
        return []
    return rows.select(pl.col("event_date").unique()).collect(engine="streaming")["event_date"].to_list()


def _amendments(store: Store, feed: Feed, file: LandedFile) -> dict[int, str]:
    return amendments(store.ledger, feed.name, file.delivered_on, file.sha256)


def _digest(parts: Iterable[object]) -> str:
    return hashlib.sha256(json.dumps(list(parts)).encode()).hexdigest()
