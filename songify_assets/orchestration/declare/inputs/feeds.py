"""Inputs from feeds: their events, the versions of a history, their dumps, and the date of the newest delivery."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from songify_assets.foundation.calendar import days_of
from songify_assets.foundation.delivery.events import events
from songify_assets.foundation.feeds import Feed
from songify_assets.foundation.ledger.accepted import newest_accepted
from songify_assets.foundation.store import Store
from songify_assets.orchestration.declare.inputs.base import Input, Reader


@dataclass(frozen=True)
class Events(Input):
    """The events of a feed that happened in the partition, whenever they were delivered; of one natural key the latest counts."""

    feed: Feed
    asset: str = field(init=False)
    is_marked_by_writer = follows_records = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "asset", self.feed.raw)

    def frame(self, store: Store, keys: Sequence[str], reader: Reader) -> Any:
        """Events of these days."""
        days = [day for key in keys for day in days_of(reader.cadence, key)]
        wanted = days if reader.cadence else store.ledger.delivered_days(self.feed.name)
        return events(store, self.feed, wanted)


@dataclass(frozen=True)
class AsOf(Input):
    """A history, whose versions are looked up as of the event date: of the key in `by`, a column of the reader's table (or
    several, in the order of the feed's key).

    `fills` is one of the columns that come from it: NULL where the key was never delivered.
    """

    asset: str
    by: str | tuple[str, ...]
    fills: str
    is_marked_by_writer = follows_records = True


@dataclass(frozen=True)
class Deliveries(Input):
    """The dumps of a feed, of which its history is made; marked when a dump is judged."""

    asset: str
    is_marked_by_writer = True


@dataclass(frozen=True)
class AsOfDate(Input):
    """The newest accepted delivery date of these feeds (the later of several), as one row `as_of`; all is marked when it moves."""

    feeds: tuple[Feed, ...]
    asset: str = field(init=False)
    is_marked_by_writer = follows_records = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "asset", self.feeds[0].raw)

    @property
    def assets(self) -> tuple[str, ...]:
        """The raw assets of the feeds."""
        return tuple(feed.raw for feed in self.feeds)

    def frame(self, store: Store, keys: Sequence[str], reader: Reader) -> pl.LazyFrame:
        """One row: the date, null as long as nothing is delivered."""
        days = [day for feed in self.feeds if (day := newest_accepted(store.ledger, feed.name))]
        return pl.LazyFrame({"as_of": [max(days, default=None)]}, schema={"as_of": pl.Date})
