"""Inputs from tables: the same partitions, the rows of their days, or all rows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import dagster as dg
import polars as pl

from songify_assets.foundation.calendar import days_of, partition_of
from songify_assets.foundation.lake import Lake
from songify_assets.foundation.store import Store
from songify_assets.orchestration.declare.inputs.base import Input, Reader, differing


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

    def touched(self, lake: Lake, keys: Sequence[str], reader: Reader) -> Iterable[str]:
        """The partitions with these days."""
        if reader.upstream_cadence is None:
            return lake.keys(reader.key) if reader.cadence else [""]
        return {partition_of(reader.cadence, date.fromisoformat(key)) for key in keys}

    def sizes(self, lake: Lake, keys: Sequence[str], reader: Reader) -> Mapping[str, int] | None:
        """The bytes of its own days."""
        if None in (reader.cadence, reader.upstream_cadence):
            return None
        read = dict.fromkeys(keys, 0)
        for key, state in lake.files(self.asset).items():
            own = partition_of(reader.cadence, date.fromisoformat(key))
            if own in read:
                read[own] += state.st_size
        return read

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
    touches_all = True

    def touched(self, lake: Lake, keys: Sequence[str], reader: Reader) -> Iterable[str]:
        """Every partition there is, and those with these days."""
        if reader.cadence is None:
            return [""]
        own = [partition_of(reader.cadence, date.fromisoformat(key)) for key in keys if key]
        return {*lake.keys(reader.key), *own}


@dataclass(frozen=True)
class OfDay(Input):
    """The rows of a table without partitions whose `day` lies in the partition; a row that changed touches its day, and the day it had."""

    asset: str
    day: str
    touches_by_rows = True

    def touched(self, lake: Lake, keys: Sequence[str], reader: Reader) -> Iterable[str]:
        """None: only its rows tell."""
        return ()

    def touched_by_rows(self, lake: Lake, keys: Sequence[str], reader: Reader, now: pl.LazyFrame) -> Iterable[str]:
        """The partitions with the day of a row that is another."""
        others = differing(lake.scan(self.asset), now, lake.tables[self.asset].columns.names(), [self.day])
        days = others.select(pl.col(self.day).unique()).collect(engine="streaming")[self.day].drop_nulls()
        return {partition_of(reader.cadence, day) for day in days}

    def frame(self, store: Store, keys: Sequence[str], reader: Reader) -> pl.LazyFrame:
        """Rows of the days of these partitions."""
        days = [day for key in keys for day in days_of(reader.cadence, key)]
        return store.lake.scan(self.asset).filter(pl.col(self.day).is_in(days))
