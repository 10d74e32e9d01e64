"""Inputs from other days of a table: those before a day, the one before it, and all up to it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import dagster as dg
import polars as pl

from songify_assets.foundation.calendar import beside
from songify_assets.foundation.lake import Lake
from songify_assets.foundation.store import Store
from songify_assets.orchestration.declare.inputs.base import ALL, Input, Reader


@dataclass(frozen=True)
class Window(Input):
    """The rows of a daily table of the day and so many before it, `days` together."""

    asset: str
    days: int

    def mapping(self, reader: Reader) -> dg.PartitionMapping:
        """The day and those before it, as far as they are partitions."""
        return dg.TimeWindowPartitionMapping(start_offset=1 - self.days, allow_nonexistent_upstream_partitions=True)

    def touched(self, lake: Lake, keys: Sequence[str], reader: Reader) -> Iterable[str]:
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

    def touched(self, lake: Lake, keys: Sequence[str], reader: Reader) -> Iterable[str]:
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

    def touched(self, lake: Lake, keys: Sequence[str], reader: Reader) -> Iterable[str]:
        """The days themselves."""
        return keys

    def touched_by_rows(self, lake: Lake, keys: Sequence[str], reader: Reader, now: pl.LazyFrame) -> Iterable[str]:
        """The later days of the entities whose rows are others."""
        later = [key for key in lake.keys(reader.key) if key > min(keys)]
        day, own_day = (lake.tables[table].partition_column for table in (self.asset, reader.key))
        assert day is not None, f"{self.asset} has days"
        assert own_day is not None, f"{reader.key} has days"
        if not later:
            return ()
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
        return map(str, days.collect(engine="streaming")["__day"])

    def frame(self, store: Store, keys: Sequence[str], reader: Reader) -> pl.LazyFrame:
        """Rows up to the last of these days, of the entities that have rows on one of them."""
        rows = store.lake.scan(self.asset, [key for key in store.lake.keys(self.asset) if key <= max(keys)])
        return rows.join(store.lake.scan(self.asset, keys).select(self.by).unique(), on=self.by, how="semi")
