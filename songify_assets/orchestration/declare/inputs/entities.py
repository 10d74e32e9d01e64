"""Inputs that say something of entities: of a user the first day, of a song the title; and what runs on over midnight."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import dagster as dg
import polars as pl

from songify_assets.foundation.calendar import days_of, partition_of
from songify_assets.foundation.lake import Lake
from songify_assets.foundation.store import Store
from songify_assets.orchestration.declare.inputs.base import ALL, Input, Reader, differing

A_DAY = timedelta(hours=24)
# Two, since a day on which the clocks go forward has only 23 hours.
DAYS_BESIDE = 2


@dataclass(frozen=True)
class Known(Input):
    """What a table with a row an entity says of the entities in the table `through`, which has the reader's partitions, or their days.

    `by` identifies an entity in the rows of both (in those of `through` by the expressions `at`, where they have other columns).
    A row that changed touches only the partitions of `through` that have its entity. A table may read itself so: it gets
    the rows of the partitions before.
    """

    asset: str
    by: Mapping[str, pl.Expr]
    through: str
    at: Mapping[str, pl.Expr] = field(default_factory=dict)
    touches_by_rows = True

    def mapping(self, reader: Reader) -> dg.PartitionMapping | None:
        """All of it."""
        return ALL if reader.upstream_cadence else None

    def touched(self, lake: Lake, keys: Sequence[str], reader: Reader) -> Iterable[str]:
        """None: only its rows tell."""
        return ()

    def touched_by_rows(self, lake: Lake, keys: Sequence[str], reader: Reader, now: pl.LazyFrame) -> Iterable[str]:
        """The partitions that hold an entity of which a row is another."""
        day = lake.tables[self.through].partition_column
        assert day is not None, f"{self.through} has partitions"
        since = partition_of(reader.cadence, date.fromisoformat(min(keys))) if reader.upstream_cadence else ""
        own = keys if self.asset == reader.key else ()
        later = [key for key in lake.keys(self.through) if key >= since and key not in own]
        if not later:
            return ()
        stored, columns = lake.scan(self.asset, keys), lake.tables[self.asset].columns.names()
        keys_of = {f"__{name}": key for name, key in self.by.items()}
        kept = list(keys_of)
        others = differing(stored.with_columns(**keys_of), now.with_columns(**keys_of), columns, kept).unique()
        held = lake.scan(self.through, later).select(
            day, **{f"__{name}": self.at.get(name, key) for name, key in self.by.items()}
        )
        days = held.join(others, on=kept, how="semi", nulls_equal=True).select(pl.col(day).unique())
        return {partition_of(reader.cadence, found) for found in days.collect(engine="streaming")[day]}

    def frame(self, store: Store, keys: Sequence[str], reader: Reader) -> pl.LazyFrame:
        """All rows up to the partitions, of the table itself those before."""
        if reader.upstream_cadence is None:
            return store.lake.scan(self.asset)
        last = str(days_of(reader.cadence, max(keys))[-1])
        known = store.lake.keys(self.asset)
        own = self.asset == reader.key
        return store.lake.scan(self.asset, [key for key in known if (key < min(keys) if own else key <= last)])


@dataclass(frozen=True)
class Linked(Input):
    """The rows of the day, and those of other days that hang together with them: sessions that run on over midnight.

    Two rows of an entity (`by`) hang together if the second starts within 24 hours of the first one's `start`, and at most `gap`
    after its `end`.
    """

    asset: str
    by: tuple[str, ...]
    start: str
    end: str
    gap: timedelta
    # The day before is nearly always touched, too.
    follows_records = True

    def mapping(self, reader: Reader) -> dg.PartitionMapping:
        """How far rows hang together is only known from them."""
        return ALL

    def touched(self, lake: Lake, keys: Sequence[str], reader: Reader) -> Iterable[str]:
        """The days themselves."""
        return keys

    def touched_by_rows(self, lake: Lake, keys: Sequence[str], reader: Reader, now: pl.LazyFrame) -> Iterable[str]:
        """The days whose rows hang together with those that are stored, or with those that will be."""
        day = lake.tables[self.asset].partition_column
        assert day is not None, f"{self.asset} has days"
        for forward in (False, True):
            edge = _edge(keys, forward)
            new = now.filter(pl.col(day).is_in([date.fromisoformat(key) for key in edge]))
            rows = [self._times(lake.scan(self.asset, edge)), self._times(new)]
            yield from map(str, self._walk(lake, pl.concat(rows), keys, forward))

    def frame(self, store: Store, keys: Sequence[str], reader: Reader) -> pl.LazyFrame:
        """Rows of these days, and on days beside them those of entities that hang together with one."""
        lake, frames = store.lake, [store.lake.scan(self.asset, keys)]
        for forward in (False, True):
            rows = self._times(lake.scan(self.asset, _edge(keys, forward)))
            for day, entities in self._walk(lake, rows, keys, forward).items():
                frames.append(lake.scan(self.asset, [str(day)]).join(entities.lazy(), on=list(self.by), how="semi"))
        return pl.concat(frames)

    def _times(self, rows: pl.LazyFrame) -> pl.LazyFrame:
        """Where each row of an entity starts (`first`, `last`) and ends."""
        start = pl.col(self.start)
        return rows.drop_nulls(self.by).select(*self.by, first=start, last=start, end=pl.col(self.end))

    def _walk(self, lake: Lake, rows: pl.LazyFrame, keys: Sequence[str], forward: bool) -> dict[date, pl.DataFrame]:
        """The days before (or after) these on which entities hang together with their `rows`, and the entities of each day.

        It goes on from day to day as long as one does: nearly always no further than one day.
        """
        step, edge = (1, date.fromisoformat(max(keys))) if forward else (-1, date.fromisoformat(min(keys)))
        reached, met = {edge: rows}, dict[date, pl.DataFrame]()
        day = edge
        while near := [times for other, times in reached.items() if abs((day - other).days) < DAYS_BESIDE]:
            day += step * timedelta(days=1)
            linked = self._linked(lake, pl.concat(near), day, forward)
            if len(linked):
                reached[day], met[day] = linked.lazy(), linked.select(self.by)
        return met

    def _linked(self, lake: Lake, reached: pl.LazyFrame, day: date, forward: bool) -> pl.DataFrame:
        """The times of the entities of a day that hang together with those that were reached."""
        if not lake.written(self.asset, [str(day)]):
            return pl.DataFrame()
        beside = self._times(lake.scan(self.asset, [str(day)]))
        earlier, later = (reached, beside) if forward else (beside, reached)
        if self.gap < A_DAY:
            near = self._near(earlier, later).lazy()
            earlier, later = (times.join(near, on=self.by, how="semi") for times in (earlier, later))
        both = self._spans(later).join(self._spans(earlier), on=self.by, suffix="_before").filter(
            pl.col("first") <= pl.col("last_before") + A_DAY, pl.col("first") <= pl.col("end_before") + self.gap
        )  # fmt: skip
        spans = {name: pl.col(name if forward else f"{name}_before") for name in ("first", "last", "end")}
        return both.select(*self.by, **spans).collect(engine="streaming")

    def _near(self, earlier: pl.LazyFrame, later: pl.LazyFrame) -> pl.DataFrame:
        """The entities that have rows on both sides of the border, no further from it than the gap: few of all, who are grouped."""
        begins, ends = later.select(pl.col("first").min()), earlier.select(pl.col("end").max())
        begin, end = (time.collect(engine="streaming").item() for time in (begins, ends))
        if begin is None or end is None:
            return earlier.select(self.by).clear().collect()
        after = later.filter(pl.col("first") <= end + self.gap).select(self.by)
        before = earlier.filter(pl.col("end") >= begin - self.gap).select(self.by)
        return after.join(before, on=self.by, how="semi").unique().collect(engine="streaming")

    def _spans(self, times: pl.LazyFrame) -> pl.LazyFrame:
        """From the first start to the last one, and the last end, of each entity."""
        return times.group_by(self.by).agg(pl.col("first").min(), pl.col("last").max(), pl.col("end").max())


def _edge(keys: Sequence[str], forward: bool) -> list[str]:
    """The last days of some (or the first): no row of another one hangs together with what comes after them."""
    ordered = sorted(keys)
    return ordered[-DAYS_BESIDE:] if forward else ordered[:DAYS_BESIDE]
