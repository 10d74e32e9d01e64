"""What every input says of itself."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import dagster as dg
import polars as pl

from songify_assets.foundation.calendar import Cadence
from songify_assets.foundation.lake import Lake
from songify_assets.foundation.store import Store

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
    # Whatever is written upstream touches every partition of the reader.
    touches_all = False
    # Which partitions are touched is only known from the rows that are written, and their own is none of them by itself.
    touches_by_rows = False

    @property
    def assets(self) -> tuple[str, ...]:
        """All assets upstream."""
        return (self.asset,)

    def sizes(self, lake: Lake, keys: Sequence[str], reader: Reader) -> Mapping[str, int] | None:
        """The bytes that each of these partitions of the reader reads by itself; None where they read the same rows."""
        return None

    def mapping(self, reader: Reader) -> dg.PartitionMapping | None:
        """The partitions upstream that a partition depends on, for Dagster; None leaves it to Dagster."""
        return ALL if reader.upstream_cadence else None

    def touched(self, lake: Lake, keys: Sequence[str], reader: Reader) -> Iterable[str]:
        """The partitions of the reader that are out of date when these partitions upstream are written."""
        raise NotImplementedError(f"{self.asset} is marked by its writer")

    def touched_by_rows(self, lake: Lake, keys: Sequence[str], reader: Reader, now: pl.LazyFrame) -> Iterable[str]:
        """Further partitions that are out of date because of the rows themselves: those that are stored, and `now` instead."""
        return ()

    def frame(self, store: Store, keys: Sequence[str], reader: Reader) -> pl.LazyFrame:
        """What the function gets to compute these partitions of the reader: all rows, unless the input says less."""
        return store.lake.scan(self.asset)


def differing(before: pl.LazyFrame, now: pl.LazyFrame, columns: Sequence[str], kept: Sequence[str]) -> pl.LazyFrame:
    """The rows that one of two frames has more often than the other, compared by `columns`; `kept` are those that are shown.

    >>> before, now = pl.LazyFrame({"a": [1, 2], "b": [1, 1]}), pl.LazyFrame({"a": [1, 2], "b": [1, 3]})
    >>> differing(before, now, ["a", "b"], ["a"]).collect().rows()
    [(2,), (2,)]
    """
    content = pl.struct(columns).hash().alias("__row")
    sides = [rows.select(*kept, content, __times=pl.lit(times)) for rows, times in ((before, -1), (now, 1))]
    counted = pl.concat(sides).group_by(*kept, "__row").agg(pl.col("__times").sum())
    return counted.filter(pl.col("__times") != 0).select(kept)
