"""What Spark does in its own way where Narwhals has no word for it; Polars' way stands where each is asked for."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import reduce
from operator import and_
from typing import TYPE_CHECKING, Any

import polars as pl
import pyarrow as pa

from songify_assets.foundation.engines.derived import (
    MICRO,
    Derived,
    Microseconds,
    Monday,
    SecondsBetween,
    StableId,
    WeeksBetween,
)
from songify_assets.foundation.keys import BETWEEN, NormalizedKey, normalized_key, stable_id

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

FIRST, LAST = "date'0001-01-01'", "date'9999-12-31'"
Part = str | Derived


def column_of(part: Part) -> "Column":
    """A column as it is, or one that is derived; texts by the functions that Polars calls too, in the workers' Python."""
    from pyspark.sql import functions as f

    match part:
        case NormalizedKey(column):
            return _by_batch(_normalized, f.col(column))
        case StableId(columns):
            # Of one text and not of several columns: a single array goes to Python.
            parts = [text for name in columns for text in (f.lit(BETWEEN), f.col(name))]
            return _by_batch(_stable_id, f.concat(*parts[1:]))
        case Microseconds(at):
            return f.unix_micros(at).cast("string")
        case SecondsBetween(start, end):
            return (f.unix_micros(end) - f.unix_micros(start)) * MICRO
        case Monday(day):
            return f.date_trunc("week", day).cast("date")
        case WeeksBetween(start, end):
            return f.floor(f.datediff(end, start) / 7)
        case _:
            return f.col(part)


def _by_batch(function: Callable[[pa.Array], pa.Array], column: "Column") -> "Column":
    from pyspark.sql import functions as f

    made: Column = f.arrow_udf(function, "string")(column)
    return made


def _normalized(texts: pa.Array) -> pa.Array:
    """The normalised texts of an Arrow array; its type tells Spark what the function takes."""
    return _computed(texts, normalized_key(pl.col("text")))


def _stable_id(texts: pa.Array) -> pa.Array:
    return _computed(texts, stable_id("text"))


def _computed(texts: pa.Array, expression: pl.Expr) -> pa.Array:
    frame = pl.DataFrame({"text": pl.Series(texts, dtype=pl.String)})
    return frame.select(expression).to_series().to_arrow().cast("string")


def validity(history: "DataFrame", key: Sequence[str], take: Mapping[str, str]) -> "DataFrame":
    """For each key its versions with the days on which a fact sees them, as `versions.as_of.validity` says.

    By hashes, as there: versions are shuffled and sorted by it once, for this and for the join, and no text is compared.
    """
    from pyspark.sql import Window
    from pyspark.sql import functions as f

    past = Window.partitionBy("__of").orderBy("delivered_on")
    follows, followed = f.lag("delivered_on").over(past).isNotNull(), f.lead("delivered_on").over(past)
    hashed = _hashed(history.where("event <> 'deleted'"), key, "__of").select(
        "__of", "delivered_on", *(f.col(old).alias(f"__{new}") for old, new in take.items())
    )
    return hashed.select(
        "__of", *(f"__{new}" for new in take.values()),
        f.when(follows, f.col("delivered_on")).otherwise(f.expr(FIRST)).alias("seen_from"),
        f.coalesce(followed, f.expr(LAST)).alias("seen_until"),
    )  # fmt: skip


def as_of(
    facts: "DataFrame", history: "DataFrame", key: Mapping[str, Part], day: str, take: Mapping[str, str]
) -> "DataFrame":
    """`versions.as_of.as_of`, by the hash of the key and the range of days in which a version is seen."""
    from pyspark.sql import functions as f

    versions = validity(history, list(key), take)
    keyed = _hashed(facts, list(key.values()), "__key")
    seen = (keyed[day] >= versions["seen_from"]) & (keyed[day] < versions["seen_until"])
    joined = keyed.join(versions, (keyed["__key"] == versions["__of"]) & seen, "left")
    return joined.select(*facts.columns, *(f.col(f"__{new}").alias(new) for new in take.values()))


def _hashed(rows: "DataFrame", key: Sequence[Part], name: str) -> "DataFrame":
    """Rows with their key in 64 bits, as on Polars: null where a key of one part is, and in several null is as good as blank."""
    from pyspark.sql import functions as f

    parts = {f"__part_{at}": _compared(column_of(part), len(key)) for at, part in enumerate(key)}
    hashed = f.xxhash64(*parts)
    # In two steps: named twice in one, a part would be made twice.
    return rows.withColumns(parts).withColumn(name, f.when(f.col("__part_0").isNotNull(), hashed)).drop(*parts)


def _compared(part: "Column", parts: int) -> "Column":
    """A part of a key as it is compared."""
    from pyspark.sql import functions as f

    return part if parts == 1 else f.coalesce(part, f.lit(""))


def differences(
    before: "DataFrame | None", after: "DataFrame", entity: Sequence[str], key: Sequence[str], delivered_on: date
) -> "DataFrame":
    """`versions.differences.differences`, by one join of both dumps on the texts of the key."""
    from pyspark.sql import functions as f

    day = f.lit(delivered_on).alias("delivered_on")
    if before is None:
        return after.select(*entity, day, f.lit("added").alias("event"))
    was, now = (dump.withColumn("__there", f.lit(True)).alias(side) for dump, side in ((before, "was"), (after, "now")))

    def both(name: str) -> tuple[Any, Any]:
        return f.col(f"was.{name}"), f.col(f"now.{name}")

    keys = [[_compared(side, len(key)) for side in both(name)] for name in key]
    joined = was.join(now, reduce(and_, (own == other for own, other in keys)), "full")
    content = [name for name in entity if name not in key] or key
    same = reduce(and_, (own.eqNullSafe(other) for own, other in map(both, content)))
    went, came = f.col("now.__there").isNull(), f.col("was.__there").isNull()
    event = f.when(came, "added").when(went, "deleted").when(~same, "changed")
    last = [
        f.when(went, own).otherwise(other).alias(name)
        for name, (own, other) in zip(entity, map(both, entity), strict=True)
    ]
    return joined.select(*last, day, event.alias("event")).where(f.col("event").isNotNull())


def newest(rows: "DataFrame", rivals: "DataFrame", key: Sequence[str]) -> "DataFrame":
    """Those of the rows that were delivered last of all rivals of their key."""
    from pyspark.sql import functions as f

    place = f.struct("delivered_on", "record")
    last = rivals.groupBy(*key).agg(f.max(place).alias("__last")).alias("last")
    own = rows.withColumn("__place", place).alias("own")
    same = [f.col(f"own.{name}").eqNullSafe(f.col(f"last.{name}")) for name in key]
    return own.join(last, reduce(and_, same, f.col("__place") == f.col("__last")), "semi").drop("__place")
