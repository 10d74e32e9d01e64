"""Which record of an event counts when several deliveries hold it, and which days a delivery touches."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any

import narwhals as nw
import polars as pl
import pyarrow.parquet as pq

from songify_assets.foundation.carried import LEAST_BYTES, Carried
from songify_assets.foundation.delivery.raw import raw_rows
from songify_assets.foundation.engines.spark_frames import newest as newest_on_spark
from songify_assets.foundation.feeds import Feed
from songify_assets.foundation.keys import are_distinct, stable_hash
from songify_assets.foundation.lake import Lake
from songify_assets.foundation.ledger import Ledger
from songify_assets.foundation.store import Store

PLACES = 2**40  # more than a delivery has records


def events(store: Store, feed: Feed, days: Iterable[date]) -> Any:
    """The records of these event dates that count: of those with one key the latest delivered, as the feed's kind says.

    Of *keyed* records a later delivery counts also when it moved the record to another day; of a *report* the latest delivery of
    a group and day counts as a whole. It is a frame of the engine that scans the store's lake.
    """
    days = list(days)
    deliveries = store.ledger.deliveries_of(feed.name, days)
    delivered = nw.from_native(raw_rows(store, feed, deliveries)).filter(nw.col("event_date").is_in(days))
    rows: Any = delivered.to_native()
    if feed.kind == "report":
        return _newest_of_group(rows, feed)
    among = [str(day) for day in deliveries]
    if feed.kind == "keyed":
        among = [key for key in store.lake.keys(feed.raw) if deliveries and key >= str(deliveries[0])]
    if not feed.key or len(among) < 2:  # a delivery has each key once
        return rows
    rivals = store.lake.scan(feed.raw, among) if feed.kind == "keyed" else rows
    if not isinstance(rows, pl.LazyFrame):
        return newest_on_spark(rows, rivals, feed.key)
    if are_distinct(rivals, feed.key):
        return rows
    # By hashes of keys, and by one number for the place in all deliveries, so that no whole row has to be held.
    newest = _hashed(rivals, feed).group_by("__key").agg(pl.col("__place").max())
    return rows.with_columns(_place()).join(newest, on="__place", how="semi", build_side="force_right").drop("__place")


def carried_columns(store: Store, feed: Feed, day: date, columns: Mapping[str, str]) -> Carried | None:
    """These columns of a raw partition, if its rows, all of them and in order, are the events of a day; None if none's are.

    So it is of events that stand for themselves and came in one delivery, with nothing of another day: the usual night.
    """
    deliveries = store.ledger.deliveries_of(feed.name, [day])
    if feed.key or feed.kind == "report" or len(deliveries) != 1:
        return None
    file = store.lake.path(feed.raw, str(deliveries[0]))
    if not file.exists() or file.stat().st_size < LEAST_BYTES:
        return None
    carried, footer = Carried.of(file, columns), pq.read_metadata(file)
    at = footer.schema.names.index("event_date")
    known = [footer.row_group(number).column(at).statistics for number in range(footer.num_row_groups)]
    one_day = all(of and of.has_min_max and not of.null_count and of.min == of.max == day for of in known)
    return carried if one_day else None


def event_dates(rows: pl.LazyFrame) -> list[date]:
    """The event dates of rows of a raw table."""
    days: list[date] = rows.select(pl.col("event_date").unique()).collect(engine="streaming")["event_date"].to_list()
    return days


def touched_days(
    lake: Lake, ledger: Ledger, feed: Feed, delivered_on: date, now: pl.LazyFrame, held: Collection[date]
) -> set[date]:
    """The event dates whose events may be others once the raw partition of this delivery date is `now`, which holds `held`.

    They are the days that it holds or held, the delivery date itself, and of keyed records the days on which earlier deliveries
    have them.
    """
    days = {*held, *ledger.event_dates(feed.name, delivered_on), delivered_on}
    earlier = [key for key in lake.keys(feed.raw) if key < str(delivered_on)]
    if feed.kind != "keyed" or not earlier:
        return days
    both = pl.concat([now, lake.scan(feed.raw, [str(delivered_on)])], how="diagonal")
    keys = _hashed(both, feed).select("__key").unique()
    before = _hashed(lake.scan(feed.raw, earlier), feed, "event_date").join(keys, on="__key", how="semi")
    return days.union(event_dates(before))


def _newest_of_group(rows: pl.LazyFrame, feed: Feed) -> pl.LazyFrame:
    of = [*feed.group, "event_date"]
    newest = rows.group_by(of).agg(pl.col("delivered_on").max())
    return rows.join(newest, on=[*of, "delivered_on"], how="semi", nulls_equal=True)


def _hashed(rows: pl.LazyFrame, feed: Feed, *others: str) -> pl.LazyFrame:
    texts = {f"__{name}": pl.col(name).cast(pl.String).fill_null("") for name in feed.key}
    return rows.select(_place(), *others, **texts).select("__place", *others, stable_hash(*texts).alias("__key"))


def _place() -> pl.Expr:
    day, record = pl.col("delivered_on").to_physical(), pl.col("record")
    return (day.cast(pl.Int64) * PLACES + record.cast(pl.Int64)).alias("__place")
