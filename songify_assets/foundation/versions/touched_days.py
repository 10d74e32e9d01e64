"""Which events saw a version of a record, and so must be computed again when that version becomes another one.

A new dump costs what is new: of the days before it, only the keys that were unknown until then are looked through.
"""

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from songify_assets.foundation.feeds import Feed
from songify_assets.foundation.keys import normalized_key
from songify_assets.foundation.lake import Lake
from songify_assets.foundation.parquet import row_count, sink

UNKNOWN = ".unknown"


@dataclass(frozen=True)
class Lookup:
    """A fact that looks versions up in a history: of the key in `columns`, as of the event date in `day`.

    `taken` is one of the columns that it takes from there: null where the key was never delivered.
    """

    fact: str
    columns: tuple[str, ...]
    day: str
    taken: str


def touched_partitions(lake: Lake, lookup: Lookup, feed: Feed, day: date, now: pl.LazyFrame) -> list[str]:
    """The partitions of a fact with events of keys whose version on or after this day, or first version, is another one.

    `now` is what the partition of this day in the feed's history is about to become.
    """
    known = lake.keys(lookup.fact)
    if not known:
        return []
    was = lake.scan(feed.history, [str(day)])
    content = [name for name in now.collect_schema() if name != "delivered_on"]
    touched = pl.concat([was, now]).unique(subset=content, keep="none").with_columns(_joined(map(pl.col, feed.key)))
    keys = touched.group_by("key").agg(is_first=(pl.col("event") == "added").any()).collect(engine="streaming")
    later, earlier = ([one for one in known if (one >= str(day)) == after] for after in (True, False))
    found = _of(lake.scan(lookup.fact, later).select(lookup.day, _key(lookup)), lookup, keys["key"])
    first = keys.filter("is_first")["key"]
    if first.is_empty() or not earlier:
        return found
    if _is_new(lake, feed.history, day):
        return found + _of(pl.scan_parquet([_unknown(lake, lookup, one) for one in earlier]), lookup, first)
    return found + _of(lake.scan(lookup.fact, earlier).select(lookup.day, _key(lookup)), lookup, first)


def _key(lookup: Lookup) -> pl.Expr:
    return _joined(normalized_key(pl.col(name)) for name in lookup.columns)


def _joined(parts: Iterable[pl.Expr]) -> pl.Expr:
    """A key of one column as it is, of several as one text."""
    first, *others = parts
    whole = [first.fill_null(""), *(part.fill_null("") for part in others)] if others else [first]
    return pl.concat_str(whole, separator="\x1f").alias("key")


def _of(events: pl.LazyFrame, lookup: Lookup, keys: pl.Series) -> list[str]:
    """The days of the events (`day`, `key`) of these keys."""
    some = pl.LazyFrame({"key": keys})
    days = events.join(some, on="key", how="semi", build_side="force_right").select(pl.col(lookup.day).unique())
    return [str(day) for day in days.collect(engine="streaming")[lookup.day]]


def _is_new(lake: Lake, history: str, day: date) -> bool:
    """Whether the dump of this day is the first of its day and the last of all: then a key that it added, if it was never
    delivered before, is one that all events so far lack."""
    written = lake.path(history, str(day))
    return max(lake.keys(history), default="") <= str(day) and not (written.exists() and row_count(written))


def _unknown(lake: Lake, lookup: Lookup, partition: str) -> Path:
    """A file of the distinct keys that the events of a partition did not find, kept as long as that partition stays as it is."""
    events = lake.path(lookup.fact, partition)
    state = events.stat()
    kept = (
        lake.root
        / UNKNOWN
        / lookup.fact
        / "-".join(lookup.columns)
        / partition
        / f"{state.st_ino}-{state.st_mtime_ns}.parquet"
    )
    if not kept.exists():
        shutil.rmtree(kept.parent, ignore_errors=True)
        unknown = pl.scan_parquet(events, hive_partitioning=False).filter(pl.col(lookup.taken).is_null())
        with lake.staging() as staged:
            sink(unknown.select(lookup.day, _key(lookup)).unique(), staged / "keys.parquet")
            kept.parent.mkdir(parents=True, exist_ok=True)
            (staged / "keys.parquet").replace(kept)
    return kept
