"""Inputs from other days of a table: those around a day, the one before it, and all up to it."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import dagster as dg
import polars as pl

from songify_assets.foundation.calendar import days_of, moved, partition_of
from songify_assets.foundation.lake import Lake
from songify_assets.foundation.store import Store
from songify_assets.orchestration.declare.inputs.base import ALL, Input, Reader, differing


@dataclass(frozen=True)
class Window(Input):
    """The rows of the same partition and of so many `before` and `after` it.

    Where the reader has weeks or months and the table has days, they are the days before its first and after its last.
    """

    asset: str
    before: int = 0
    after: int = 0

    def mapping(self, reader: Reader) -> dg.PartitionMapping:
        """The partition and those around it, as far as they are partitions."""
        if reader.cadence != reader.upstream_cadence:
            return ALL
        return dg.TimeWindowPartitionMapping(
            start_offset=-self.before, end_offset=self.after, allow_nonexistent_upstream_partitions=True
        )

    def touched(self, lake: Lake, keys: Sequence[str], reader: Reader) -> Iterable[str]:
        """The partitions themselves, and those computed already whose window they are in."""
        computed = {key: self._span(key, reader) for key in lake.keys(reader.key)}
        return _own(keys, reader) | _met(sorted(keys), computed)

    def frame(self, store: Store, keys: Sequence[str], reader: Reader) -> pl.LazyFrame:
        """Rows of the windows of these partitions."""
        spans = [self._span(key, reader) for key in keys]
        first, last = min(first for first, _ in spans), max(last for _, last in spans)
        return store.lake.scan(self.asset, [key for key in store.lake.keys(self.asset) if first <= key <= last])

    def _span(self, key: str, reader: Reader) -> tuple[str, str]:
        """The first and the last partition of the table in the window of a partition of the reader."""
        days = days_of(reader.cadence, key)
        first, last = (partition_of(reader.upstream_cadence, day) for day in (days[0], days[-1]))
        return moved(reader.upstream_cadence, first, -self.before), moved(reader.upstream_cadence, last, self.after)


@dataclass(frozen=True)
class Days(Input):
    """A table without partitions that has a row a `date`, such as a calendar, whole.

    A row that changed touches the partitions computed already that have the day, or one so near to it as `before` and `after` say;
    and the day's own partition, if the reader has a row of `every` day.
    """

    asset: str
    before: int = 0
    after: int = 0
    every: bool = False
    touches_by_rows = True

    def touched(self, lake: Lake, keys: Sequence[str], reader: Reader) -> Iterable[str]:
        """None: only its rows tell."""
        return ()

    def touched_by_rows(self, lake: Lake, keys: Sequence[str], reader: Reader, now: pl.LazyFrame) -> Iterable[str]:
        """The partitions in whose window a day lies of which a row is another."""
        others = differing(lake.scan(self.asset), now, lake.tables[self.asset].columns.names(), ["date"])
        changed = list(map(str, others.select("date").unique().sort("date").collect(engine="streaming")["date"]))
        computed = _met(changed, {key: self._span(key, reader) for key in lake.keys(reader.key)})
        return computed | (_own(changed, reader) if self.every else set())

    def _span(self, key: str, reader: Reader) -> tuple[str, str]:
        days = days_of(reader.cadence, key)
        return moved("day", str(days[0]), -self.before), moved("day", str(days[-1]), self.after)


def _own(keys: Iterable[str], reader: Reader) -> set[str]:
    return {partition_of(reader.cadence, date.fromisoformat(key)) for key in keys}


def _met(changed: Sequence[str], spans: Mapping[str, tuple[str, str]]) -> set[str]:
    """The partitions in whose span (first, last) one of these days lies, which are in order."""
    met = set()
    for key, (first, last) in spans.items():
        place = bisect_left(changed, first)
        if place < len(changed) and changed[place] <= last:
            met.add(key)
    return met


@dataclass(frozen=True)
class Previous(Input):
    """The rows of the partition before. A partition that is computed already is marked when the one before it changes."""

    asset: str

    def mapping(self, reader: Reader) -> dg.PartitionMapping:
        """The partition before, if there is one."""
        return dg.TimeWindowPartitionMapping(start_offset=-1, end_offset=-1, allow_nonexistent_upstream_partitions=True)

    def touched(self, lake: Lake, keys: Sequence[str], reader: Reader) -> Iterable[str]:
        """The partitions after these that are computed already."""
        computed = set(lake.keys(reader.key))
        return {moved(reader.cadence, key, 1) for key in keys} & computed

    def frame(self, store: Store, keys: Sequence[str], reader: Reader) -> pl.LazyFrame:
        """Rows of the partitions before these."""
        return store.lake.scan(self.asset, sorted({moved(reader.cadence, key, -1) for key in keys}))


@dataclass(frozen=True)
class Following(Input):
    """The rows of a daily table up to the day, of the entities that have rows on the day: for what runs on from day to day.

    A late or corrected row touches all later days of its entity: those on which it has rows, by the value in `by`.
    """

    asset: str
    by: str

    def mapping(self, reader: Reader) -> dg.PartitionMapping:
        """Every day up to this one."""
        return ALL

    def touched(self, lake: Lake, keys: Sequence[str], reader: Reader) -> Iterable[str]:
        """The days themselves."""
        return keys

    def touched_by_rows(self, lake: Lake, keys: Sequence[str], reader: Reader, now: pl.LazyFrame) -> Iterable[str]:
        """The later days of the entities whose rows are others."""
        later = [key for key in lake.keys(self.asset) if key > min(keys)]
        day = lake.tables[self.asset].partition_column
        assert day is not None, f"{self.asset} has days"
        if not later:
            return ()
        others = differing(lake.scan(self.asset, keys), now, lake.tables[self.asset].columns.names(), [day, self.by])
        since = others.group_by(self.by).agg(__since=pl.col(day).min())
        days = (
            lake.scan(self.asset, later).select(self.by, __day=pl.col(day))
            .join(since, on=self.by).filter(pl.col("__day") > pl.col("__since")).select(pl.col("__day").unique())
        )  # fmt: skip
        return map(str, days.collect(engine="streaming")["__day"])

    def frame(self, store: Store, keys: Sequence[str], reader: Reader) -> pl.LazyFrame:
        """Rows up to the last of these days, of the entities that have rows on one of them."""
        rows = store.lake.scan(self.asset, [key for key in store.lake.keys(self.asset) if key <= max(keys)])
        return rows.join(store.lake.scan(self.asset, keys).select(self.by).unique(), on=self.by, how="semi")
