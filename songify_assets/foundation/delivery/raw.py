"""Raw partitions: read from what landed, taken away when they are old, and made again when they are needed.

A raw partition follows from the landed bytes and the mended records alone. So an old one need not be kept; who reads raw rows
asks `raw_rows`, which makes again what is not there.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from songify_assets.errors import UnreadableFile
from songify_assets.foundation.delivery.files import FileInput
from songify_assets.foundation.delivery.refine import Counts, refine
from songify_assets.foundation.feed_tables import REFUSED, raw_columns
from songify_assets.foundation.feeds import Feed
from songify_assets.foundation.landing.kept import verify
from songify_assets.foundation.ledger import LandedFile
from songify_assets.foundation.ledger.compacted import compacted, note_compacted
from songify_assets.foundation.ledger.decisions import amendments
from songify_assets.foundation.parquet import sink
from songify_assets.foundation.store import Store

GONE = "landed bytes"  # what an old raw partition is kept as


@dataclass(frozen=True)
class Refined:
    """A delivery as it was read: the files that could be read, their good and refused rows, and how many there are."""

    inputs: Sequence[FileInput]
    rows: Path
    refused: Path
    counts: Counts | None


def read_delivery(store: Store, feed: Feed, delivered_on: date, staged: Path) -> Refined:
    """Reads what landed for a delivery date into a folder; without a readable file there are no rows and no counts.

    A file that cannot be read at all is quarantined, and the readable one that was delivered before it counts again.
    """
    ledger, settings = store.ledger, store.settings
    while files := ledger.files(feed.name, delivered_on):
        inputs = [FileInput(one, store.landing.plain(one, staged), _amendments(store, feed, one)) for one in files]
        try:
            rows, refused, counts = refine(
                feed, delivered_on, inputs, zone=settings.zone, start_date=settings.start_date, staged=staged
            )
            return Refined(inputs, rows, refused, counts)
        except UnreadableFile as error:
            ledger.refuse(next(one for one in files if one.place == error.where), error.what, error.remedy)
    rows, refused = staged / "none.parquet", staged / "none_refused.parquet"
    sink(pl.LazyFrame(schema=raw_columns(feed)), rows)
    sink(pl.LazyFrame(schema=REFUSED), refused)
    return Refined([], rows, refused, None)


def raw_rows(store: Store, feed: Feed, days: Iterable[date]) -> pl.LazyFrame:
    """The raw rows of these delivery dates; partitions that were taken away are made again first."""
    keys = [str(day) for day in days]
    missing = [key for key in keys if not store.lake.path(feed.raw, key).exists()]
    taken = compacted(store.ledger, feed.raw) if missing else {}
    for key in missing:
        if key in taken:
            _make_again(store, feed, key)
    return store.lake.scan(feed.raw, keys)


def take_away(store: Store, feed: Feed, key: str, version: str) -> bool:
    """Takes a raw partition away, as its landed bytes are kept; False if it is another version than this by now.

    HomeError, and it stays, when the landed bytes cannot be read.
    """
    for file in store.ledger.files(feed.name, date.fromisoformat(key)):
        verify(store.landing.root, file)
    note_compacted(store.ledger, feed.raw, {key: (version, GONE)})
    return store.lake.take(feed.raw, key, version)


def raw_keys(store: Store, feed: Feed) -> list[str]:
    """The raw partitions that were ever written, in order: those that are there, and those that were taken away."""
    return sorted({*store.lake.keys(feed.raw), *compacted(store.ledger, feed.raw)})


def _make_again(store: Store, feed: Feed, key: str) -> None:
    with store.lake.staging() as staged:
        made = read_delivery(store, feed, date.fromisoformat(key), staged)
        store.lake.put_instead(feed.raw, key, made.rows, "")


def _amendments(store: Store, feed: Feed, file: LandedFile) -> dict[int, str]:
    return amendments(store.ledger, feed.name, file.delivered_on, file.sha256)
