"""What an asset reads, as it declares it. From the declaration follow Dagster's dependencies, the marks of what is out of date
when something upstream was written, and the frame that the function gets."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import dagster as dg
import polars as pl

from songify_assets.foundation.calendar import Cadence, beside, days_of, partition_of
from songify_assets.foundation.deliveries import Store
from songify_assets.foundation.events import events
from songify_assets.foundation.feeds import Feed
from songify_assets.foundation.ledger.accepted import newest_accepted
from songify_assets.foundation.tables import Lake

ALL = dg.AllPartitionMapping()


@dataclass(frozen=True)
class Reader:
    """The asset that has an input, and the partitions of what it reads."""

    key: str
    cadence: Cadence | None
    upstream_cadence: Cadence | None


class Input:
    """Something that an asset reads: `asset` is the asset upstream, `assets` are all where there are several."""

    asset: str
    # Marked by the code that writes what is upstream, which knows the records, and so the days, that changed.
    is_marked_by_writer = False
    # Which partitions are touched is only known from the records, after upstream was written.
    follows_records = False

    @property
    def assets(self) -> tuple[str, ...]:
        """All assets upstream."""
        return (self.asset,)

    def mapping(self, reader: Reader) -> dg.PartitionMapping | None:
        """The partitions upstream that a partition depends on, for Dagster; None leaves it to Dagster."""
        return ALL if reader.upstream_cadence else None

    def touched(self, lake: Lake, keys: Sequence[str], reader: Reader, now: pl.LazyFrame) -> Iterable[str]:
        """The partitions of the reader that are out of date when these partitions upstream become `now`."""
        raise NotImplementedError(f"{self.asset} is marked by its writer")

    def frame(self, store: Store, keys: Sequence[str], reader: Reader) -> pl.LazyFrame:
        """What the function gets to compute these partitions of the reader: all rows, unless the input says less."""
        return store.lake.scan(self.asset)


@dataclass(frozen=True)
class Events(Input):
    """The events of a feed that happened in the partition, whenever they were delivered; of one natural key the latest counts."""

    feed: Feed
    asset: str = field(init=False)
    is_marked_by_writer = follows_records = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "asset", self.feed.raw)

    def frame(self, store: Store, keys: Sequence[str], reader: Reader) -> pl.LazyFrame:
        """Events of these days."""
        days = [day for key in keys for day in days_of(reader.cadence, key)]
        wanted = days if reader.cadence else store.ledger.delivered_days(self.feed.name)
        return events(store.lake, store.ledger, self.feed, wanted)


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
class Table(Input):
    """The rows of the same partition; a week or a month has those of its days. All rows where one of the two has no partitions."""

    asset: str

    def mapping(self, reader: Reader) -> dg.PartitionMapping | None:
        """Its own days, as far as they have come."""
        if reader.cadence is None:
            return super().mapping(reader)
        if reader.upstream_cadence in (None, reader.cadence):
            return None
        return dg.TimeWindowPartitionMapping(allow_nonexistent_upstream_partitions=True)

    def touched(self, lake: Lake, keys: Sequence[str], reader: Reader, now: pl.LazyFrame) -> Iterable[str]:
        """The partitions with these days."""
        if reader.upstream_cadence is None:
            return lake.keys(reader.key) if reader.cadence else [""]
        return {partition_of(reader.cadence, date.fromisoformat(key)) for key in keys}

    def frame(self, store: Store, keys: Sequence[str], reader: Reader) -> pl.LazyFrame:
        """Rows of these partitions."""
        if None in (reader.cadence, reader.upstream_cadence):
            return store.lake.scan(self.asset)
        wanted = set(keys)
        upstream = store.lake.keys(self.asset)
        own = (key for key in upstream if partition_of(reader.cadence, date.fromisoformat(key)) in wanted)
        return store.lake.scan(self.asset, own)


@dataclass(frozen=True)
class Everything(Input):
    """All rows of a table: whatever changes in it can change every partition of the reader."""

    asset: str

    def touched(self, lake: Lake, keys: Sequence[str], reader: Reader, now: pl.LazyFrame) -> Iterable[str]:
        """Every partition there is, and those with these days."""
        if reader.cadence is None:
            return [""]
        own = [partition_of(reader.cadence, date.fromisoformat(key)) for key in keys if key]
        return {*lake.keys(reader.key), *own}


@dataclass(frozen=True)
class Window(Input):
    """The rows of a daily table of the day and so many before it, `days` together."""

    asset: str
    days: int

    def mapping(self, reader: Reader) -> dg.PartitionMapping:
        """The day and those before it, as far as they are partitions."""
        return dg.TimeWindowPartitionMapping(start_offset=1 - self.days, allow_nonexistent_upstream_partitions=True)

    def touched(self, lake: Lake, keys: Sequence[str], reader: Reader, now: pl.LazyFrame) -> Iterable[str]:
        """The days themselves, and those computed already whose window they are in."""
        changed, computed = {date.fromisoformat(key) for key in keys}, map(date.fromisoformat, lake.keys(reader.key))
        later = (day for day in computed if not changed.isdisjoint(self._window(day)))
        return {str(day) for day in (*changed, *later)}

    def frame(self, store: Store, keys: Sequence[str], reader: Reader) -> pl.LazyFrame:
        """Rows of the windows of these days."""
        wanted = {str(day) for key in keys for day in self._window(date.fromisoformat(key))}
        return store.lake.scan(self.asset, sorted(wanted))

    def _window(self, day: date) -> Iterable[date]:
        return (day - timedelta(days=before) for before in range(self.days))


@dataclass(frozen=True)
class Previous(Input):
    """The rows of the partition before. A partition that is computed already is marked when the one before it changes."""

    asset: str

    def mapping(self, reader: Reader) -> dg.PartitionMapping:
        """The partition before, if there is one."""
        return dg.TimeWindowPartitionMapping(start_offset=-1, end_offset=-1, allow_nonexistent_upstream_partitions=True)

    def touched(self, lake: Lake, keys: Sequence[str], reader: Reader, now: pl.LazyFrame) -> Iterable[str]:
        """The partitions after these that are computed already."""
        computed = set(lake.keys(reader.key))
        return {beside(reader.cadence, key, 1) for key in keys} & computed

    def frame(self, store: Store, keys: Sequence[str], reader: Reader) -> pl.LazyFrame:
        """Rows of the partitions before these."""
        return store.lake.scan(self.asset, sorted({beside(reader.cadence, key, -1) for key in keys}))


@dataclass(frozen=True)
class Following(Input):
    """The rows of a daily table up to the day, of the entities that have rows on the day: for what runs on from day to day.

    A late or corrected row touches all later days of its entity: those on which the reader's table has the same value in `by`.
    """

    asset: str
    by: str

    def mapping(self, reader: Reader) -> dg.PartitionMapping:
        """Every day up to this one."""
        return ALL

    def touched(self, lake: Lake, keys: Sequence[str], reader: Reader, now: pl.LazyFrame) -> Iterable[str]:
        """The days themselves, and the later days of the entities whose rows are others."""
        later = [key for key in lake.keys(reader.key) if key > min(keys)]
        day, own_day = (lake.tables[table].partition_column for table in (self.asset, reader.key))
        assert day is not None, f"{self.asset} has days"
        assert own_day is not None, f"{reader.key} has days"
        if not later:
            return set(keys)
        content = pl.struct(lake.tables[self.asset].columns.names()).hash().alias("__row")
        sides = [
            rows.select(day, self.by, content, __times=pl.lit(times))
            for rows, times in ((lake.scan(self.asset, keys), -1), (now, 1))
        ]
        others = pl.concat(sides).group_by(day, self.by, "__row").agg(pl.col("__times").sum())
        since = others.filter(pl.col("__times") != 0).group_by(self.by).agg(__since=pl.col(day).min())
        days = (
            lake.scan(reader.key, later).select(self.by, __day=pl.col(own_day))
            .join(since, on=self.by).filter(pl.col("__day") > pl.col("__since")).select(pl.col("__day").unique())
        )  # fmt: skip
        return {*keys, *map(str, days.collect(engine="streaming")["__day"])}

    def frame(self, store: Store, keys: Sequence[str], reader: Reader) -> pl.LazyFrame:
        """Rows up to the last of these days, of the entities that have rows on one of them."""
        rows = store.lake.scan(self.asset, [key for key in store.lake.keys(self.asset) if key <= max(keys)])
        return rows.join(store.lake.scan(self.asset, keys).select(self.by).unique(), on=self.by, how="semi")


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
