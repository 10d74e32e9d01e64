"""Inputs from closed months: their statements, the months of a table that are closed, and what has moved since."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from pathlib import Path

import polars as pl

from songify_assets.foundation.calendar import days_of, partition_of
from songify_assets.foundation.feeds import Feed
from songify_assets.foundation.lake import Lake
from songify_assets.foundation.ledger.statements import Source, Statement, statements
from songify_assets.foundation.statements import frozen, frozen_days
from songify_assets.foundation.store import Store
from songify_assets.orchestration.declare.inputs.base import Input, Reader
from songify_assets.orchestration.declare.inputs.tables import Table

PAIR = pl.Schema({"month": pl.Date(), "version_from": pl.Int64(), "version_to": pl.Int64()})
VERSIONS = pl.Schema(
    {
        "table": pl.String(), "month": pl.Date(), "version": pl.Int64(), "closed_at": pl.Datetime("us", "UTC"),
        "closed_by": pl.String(), "reason": pl.String(), "despite": pl.String(), "digest": pl.String(), "rows": pl.Int64(),
        "deliveries": pl.List(pl.Struct({"feed": pl.String(), "delivered_on": pl.Date(), "sha256": pl.String()})),
    }
)  # fmt: skip


@dataclass(frozen=True)
class Frozen(Input):
    """The rows of a table's closed months, with the `version` of the statement. Marked by whoever closes a month."""

    asset: str
    is_marked_by_writer = True
    # Statements are not made along with the table.
    touches_by_rows = True

    def frame(self, store: Store, keys: Sequence[str], reader: Reader) -> pl.LazyFrame:
        """The statements of these months. HomeError where one is not what was closed any more."""
        kept = [
            frozen(store.lake, statement).lazy().with_columns(version=pl.lit(statement.version, pl.Int64))
            for key in keys
            for statement in statements(store.ledger, self.asset, date.fromisoformat(key))
        ]
        columns = {**store.lake.tables[self.asset].columns, "version": pl.Int64()}
        return pl.concat([pl.LazyFrame(schema=columns), *kept], how="diagonal")


@dataclass(frozen=True)
class Versions(Input):
    """A row for each statement of a table (None: of all tables). Marked by whoever closes a month."""

    asset: str
    of: str | None = None
    is_marked_by_writer = True

    def frame(self, store: Store, keys: Sequence[str], reader: Reader) -> pl.LazyFrame:
        """The statements of these months, or of all."""
        months = {date.fromisoformat(key) for key in keys if key}
        kept = [one for one in statements(store.ledger, self.of) if not months or one.month in months]
        rows = [{**vars(one), "deliveries": [source._asdict() for source in one.deliveries]} for one in kept]
        return pl.LazyFrame(rows, schema=VERSIONS)


@dataclass(frozen=True)
class WhereClosed(Table):
    """The rows of a table with months, in those of which the table `statements` has some: of others nothing is made."""

    statements: str
    touches_by_rows = True

    def touched(self, lake: Lake, keys: Sequence[str], reader: Reader) -> set[str]:
        """The closed ones among these months."""
        closed = lake.keys(self.statements)
        return {month for key in keys if (month := partition_of("month", date.fromisoformat(key))) in closed}


@dataclass(frozen=True)
class ReadAlong(Input):
    """All rows of a table that says more of what another input has brought: when it changes by itself, nothing is marked."""

    asset: str
    is_marked_by_writer = True


@dataclass(frozen=True)
class MovedDays(Input):
    """The days of a table that differ between two states of a closed month (columns `version_from`, `version_to`, which is NULL
    for the rows there are now; `is_before`)."""

    asset: str
    of: str
    is_marked_by_writer = True

    def frame(self, store: Store, keys: Sequence[str], reader: Reader) -> pl.LazyFrame:
        """Rows of these months, of each of the two states; of a day whose file is the same none."""
        columns = store.lake.tables[self.asset].columns
        frames = [pl.LazyFrame(schema={**PAIR, "is_before": pl.Boolean(), **columns})]
        for key in keys:
            for before, after in _pairs(store, self.of, key):
                states = self._files(store, key, before), self._files(store, key, after)
                for day in sorted({*states[0], *states[1]}):
                    old, new = (files.get(day) for files in states)
                    if not (old and new and old.samefile(new)):
                        frames += [_side(columns, key, before, after, old, True)] if old else []
                        frames += [_side(columns, key, before, after, new, False)] if new else []
        return pl.concat(frames)

    def _files(self, store: Store, month: str, statement: Statement | None) -> dict[str, Path]:
        if statement:
            frozen(store.lake, statement)  # of a statement that is broken nothing is told
            return frozen_days(store.lake, statement, self.asset)
        known = set(store.lake.keys(self.asset))
        days = [str(day) for day in days_of("month", month)]
        return {day: store.lake.path(self.asset, day) for day in days if day in known}


@dataclass(frozen=True)
class MovedDeliveries(Input):
    """The deliveries of these feeds that differ between two states of a closed month: `is_new` where the first lacks it altogether."""

    feeds: tuple[Feed, ...]
    of: str
    asset: str = field(init=False)
    is_marked_by_writer = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "asset", self.feeds[0].raw)

    @property
    def assets(self) -> tuple[str, ...]:
        """The raw assets of the feeds."""
        return tuple(feed.raw for feed in self.feeds)

    def frame(self, store: Store, keys: Sequence[str], reader: Reader) -> pl.LazyFrame:
        """One row a pair of states, feed and delivery date."""
        now = [source for feed in self.feeds for source in accepted_files(store, feed.name)]
        rows = []
        for key in keys:
            for before, after in _pairs(store, self.of, key):
                old, new = set(before.deliveries), set(after.deliveries if after else now)
                known = {source[:2] for source in old}
                months = (date.fromisoformat(key), before.version, after.version if after else None)
                rows += [(*months, *of, of not in known) for of in sorted({source[:2] for source in old ^ new})]
        columns = {**PAIR, "feed": pl.String(), "delivered_on": pl.Date(), "is_new": pl.Boolean()}
        return pl.LazyFrame(rows, schema=columns, orient="row")


def accepted_files(store: Store, feed: str) -> list[Source]:
    """The files of all deliveries of a feed that count."""
    ledger = store.ledger
    return [
        Source(feed, delivery.delivered_on, file.sha256, delivery.content)
        for delivery in ledger.deliveries(feed)
        if delivery.status == "accepted"
        for file in ledger.files(feed, delivery.delivered_on)
    ]


def _pairs(store: Store, table: str, month: str) -> Iterator[tuple[Statement, Statement | None]]:
    """Each statement of a month with the next one; the last with None, which stands for the rows there are now."""
    known = statements(store.ledger, table, date.fromisoformat(month))
    for before, after in pairwise([*known, None]):
        if before:
            yield before, after


def _side(
    columns: pl.Schema, month: str, before: Statement, after: Statement | None, file: Path, is_before: bool
) -> pl.LazyFrame:
    """The rows of a file as those of one of two states."""
    rows = pl.scan_parquet(
        file, schema=columns, hive_partitioning=False, missing_columns="insert", extra_columns="ignore"
    )
    return rows.select(
        month=pl.lit(date.fromisoformat(month)),
        version_from=pl.lit(before.version, pl.Int64),
        version_to=pl.lit(after.version if after else None, pl.Int64),
        is_before=pl.lit(is_before),
        **{name: pl.col(name) for name in columns},
    )
