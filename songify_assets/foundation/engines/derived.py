"""Columns that Narwhals has no word for: transforms name what they are, and each engine makes them in its own way."""

from dataclasses import dataclass
from typing import cast

import narwhals as nw
import polars as pl

from songify_assets.foundation.engines.portable import F
from songify_assets.foundation.keys import NormalizedKey, normalized_key, stable_id

# Polars divides a column by a constant by multiplying it with the reciprocal, and other engines do not: the last digit may
# be another. So what is to be equal on all of them is multiplied.
MICRO = 1 / 1e6


@dataclass(frozen=True)
class StableId:
    """The `stable_id` of text columns."""

    columns: tuple[str, ...]


@dataclass(frozen=True)
class Microseconds:
    """An instant as whole microseconds since 1970, in digits."""

    at: str


@dataclass(frozen=True)
class SecondsBetween:
    """The time from one instant to another, in seconds."""

    start: str
    end: str


@dataclass(frozen=True)
class Monday:
    """The Monday of a day's week."""

    day: str


@dataclass(frozen=True)
class WeeksBetween:
    """How many whole weeks lie between two days."""

    start: str
    end: str


Derived = NormalizedKey | StableId | Microseconds | SecondsBetween | Monday | WeeksBetween


def derive(frame: F, **columns: Derived) -> F:
    """Adds columns to a frame of any engine.

    >>> derive(pl.LazyFrame({"email": [" Ann@X.se"]}), user_key=NormalizedKey("email")).collect()["user_key"].item()
    'ann@x.se'
    """
    native = nw.to_native(frame, pass_through=True)
    if isinstance(native, pl.LazyFrame):
        made = native.with_columns(**{name: by_polars(one) for name, one in columns.items()})
    else:
        from songify_assets.foundation.engines.spark_frames import column_of

        made = native.withColumns({name: column_of(one) for name, one in columns.items()})
    return cast(F, nw.from_native(made) if isinstance(frame, nw.LazyFrame) else made)


def by_polars(derived: Derived) -> pl.Expr:
    """A derived column as Polars makes it."""
    match derived:
        case NormalizedKey(column):
            return normalized_key(pl.col(column))
        case StableId(columns):
            return stable_id(*columns)
        case Microseconds(at):
            return pl.col(at).dt.epoch("us").cast(pl.String)
        case SecondsBetween(start, end):
            return (pl.col(end) - pl.col(start)).dt.total_microseconds() * MICRO
        case Monday(day):
            return pl.col(day).dt.truncate("1w")
        case WeeksBetween(start, end):
            return (pl.col(end) - pl.col(start)).dt.total_days() // 7
