"""Full dumps -> versions: what changed from one dump to the next, who was valid when, and which dump must be held.

A history partition holds the difference between one accepted dump and the accepted dump before it (`event`: added, changed,
deleted). It depends on these two only, so a dump that arrives late recomputes itself and its successor. Versions with
`valid_from` and `valid_to` follow from all differences together.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any, Literal, TypeVar, cast

import polars as pl

from songify_assets.foundation.engines.spark_frames import differences as on_spark
from songify_assets.foundation.keys import stable_hash

F = TypeVar("F")
EVENTS = pl.Enum(["added", "changed", "deleted"])


def history_columns(entity: pl.Schema) -> pl.Schema:
    """The columns of a history partition: the entity's, then `delivered_on` and `event`."""
    return pl.Schema({**entity, "delivered_on": pl.Date(), "event": EVENTS})


def latest_columns(entity: pl.Schema) -> pl.Schema:
    """The columns of a latest table: the entity's, then `is_deleted`."""
    return pl.Schema({**entity, "is_deleted": pl.Boolean()})


def differences(before: F | None, after: F, entity: pl.Schema, key: Sequence[str], delivered_on: date) -> F:
    """What a dump changed: its new and changed records, and as `deleted` the old records that it lacks.

    `entity` are the columns of a record, `key` those that identify it. Of a first dump (`before` is None) every record is new.
    The frames are of any engine.

    >>> entity = pl.Schema({"key": pl.String(), "pages": pl.Int64()})
    >>> before = pl.LazyFrame({"key": ["a", "b", "c"], "pages": [1, 2, 3]})
    >>> after = pl.LazyFrame({"key": ["a", "b", "d"], "pages": [1, 5, 4]})
    >>> differences(before, after, entity, ["key"], date(2021, 12, 2)).sort("key").collect().rows()
    [('b', 5, datetime.date(2021, 12, 2), 'changed'), ('c', 3, datetime.date(2021, 12, 2), 'deleted'), ('d', 4, datetime.date(2021, 12, 2), 'added')]
    """
    by_engine: Any = by_hash if isinstance(after, pl.LazyFrame) else on_spark
    return cast(F, by_engine(before, after, entity, key, delivered_on))


def by_hash(
    before: pl.LazyFrame | None, after: pl.LazyFrame, entity: pl.Schema, key: Sequence[str], delivered_on: date
) -> pl.LazyFrame:
    """`differences` on Polars: joins on hashes of the keys, and hashes of the content that are compared."""
    day = pl.lit(delivered_on, pl.Date).alias("delivered_on")
    if before is None:
        return after.select(*entity, day, event=pl.lit("added", EVENTS))
    content = pl.struct([name for name in entity if name not in key] or key).hash()
    known = before.select(_hashed(key), content.alias("__was"))
    came = (
        after.with_columns(_hashed(key), content.alias("__is"))
        .join(known, on="__key", how="left", build_side="force_right")
        .filter(pl.col("__is").ne_missing(pl.col("__was")))
        .with_columns(event=pl.when(pl.col("__was").is_null()).then(pl.lit("added")).otherwise(pl.lit("changed")))
        .select(*entity, "event")
    )
    went = _lacking(before, after, key).select(*entity, pl.lit("deleted").alias("event"))
    both = pl.concat([came, went])
    return both.select(*entity, day, pl.col("event").cast(EVENTS))


def _hashed(key: Sequence[str]) -> pl.Expr:
    return stable_hash(*key).alias("__key")


def _lacking(before: pl.LazyFrame, after: pl.LazyFrame, key: Sequence[str]) -> pl.LazyFrame:
    return before.with_columns(_hashed(key)).join(
        after.select(_hashed(key)), on="__key", how="anti", build_side="force_right"
    )


def latest(history: pl.LazyFrame, entity: pl.Schema, key: Sequence[str]) -> pl.LazyFrame:
    """One row a key: its last known version, and whether it was deleted since.

    >>> entity = pl.Schema({"key": pl.String(), "pages": pl.Int64()})
    >>> days = [date(2021, 12, 1), date(2021, 12, 1), date(2021, 12, 2)]
    >>> history = pl.LazyFrame({"key": ["a", "b", "b"], "pages": [1, 2, 2], "delivered_on": days, "event": ["added", "added", "deleted"]})
    >>> latest(history, entity, ["key"]).sort("key").collect().rows()
    [('a', 1, False), ('b', 2, True)]
    """
    hashed = history.with_columns(_hashed(key))
    newest = of_several(hashed).group_by("__key").agg(pl.col("delivered_on").max().alias("__newest"))
    known = hashed.join(newest, on="__key", how="left", build_side="force_right")
    last = known.filter(pl.col("__newest").is_null() | (pl.col("delivered_on") == pl.col("__newest")))
    return last.select(*entity, is_deleted=pl.col("event") == "deleted")


def deleted(history: pl.LazyFrame, entity: pl.Schema, key: Sequence[str]) -> pl.LazyFrame:
    """The rows of `latest` whose key the newest dump lacks; no dump may still have to be compared.

    >>> entity = pl.Schema({"key": pl.String(), "pages": pl.Int64()})
    >>> days = [date(2021, 12, 1), date(2021, 12, 1), date(2021, 12, 2)]
    >>> history = pl.LazyFrame({"key": ["a", "b", "b"], "pages": [1, 2, 2], "delivered_on": days, "event": ["added", "added", "deleted"]})
    >>> deleted(history, entity, ["key"]).collect().rows()
    [('b', 2, True)]
    """
    hashed, went = history.with_columns(_hashed(key)), pl.col("event") == "deleted"
    once = hashed.filter(went).select("__key").unique()
    # Only the keys are looked for in all rows: they are few, and rows are long.
    events = hashed.select("__key", "delivered_on").join(once, on="__key", how="semi", build_side="force_right")
    newest = events.group_by("__key").agg(pl.col("delivered_on").max())
    last = hashed.filter(went).join(newest, on=["__key", "delivered_on"], how="semi", build_side="force_right")
    return last.select(*entity, is_deleted=pl.lit(True))


def of_several(hashed: pl.LazyFrame, how: Literal["semi", "anti"] = "semi") -> pl.LazyFrame:
    """The rows of keys that may have several rows (or the others).

    Each of them has a row after the first dump, where most keys are known from. Their events cannot tell: until the successor
    of a late dump is compared anew, a key is `added` in both.
    """
    first = hashed.select(pl.col("delivered_on").min())
    several = hashed.join(first, on="delivered_on", how="anti", build_side="force_right").select("__key").unique()
    return hashed.join(several, on="__key", how=how, build_side="force_right")


def missing(before: pl.LazyFrame, after: pl.LazyFrame, key: Sequence[str]) -> pl.LazyFrame:
    """The keys of a dump that the next one lacks."""
    return _lacking(before.select(key), after, key).select(key)


def versions_sql(differences: str, entity: Sequence[str], key: Sequence[str]) -> str:
    """The SQL that turns differences (a table expression) into the contract's history: one row a version.

    `valid_from` is the delivery date of the first dump with the version, `valid_to` that of the first dump without it.
    """
    keys, columns = (", ".join(f'"{name}"' for name in names) for names in (key, entity))
    return f"""
SELECT {columns},
       count(*) FILTER (event <> 'deleted') OVER past AS version,
       delivered_on AS valid_from,
       next_on AS valid_to,
       CASE WHEN event = 'changed' THEN 'changed' WHEN previous_event IS NULL THEN 'added' ELSE 'restored' END AS change,
       CASE next_event WHEN 'changed' THEN 'changed' WHEN 'deleted' THEN 'deleted' END AS ended_by,
       next_on IS NULL AS is_current
FROM (SELECT *,
             lead(delivered_on) OVER of_key AS next_on,
             lead(event) OVER of_key AS next_event,
             lag(event) OVER of_key AS previous_event
      FROM (SELECT * REPLACE (event::VARCHAR AS event) FROM {differences})
      WINDOW of_key AS (PARTITION BY {keys} ORDER BY delivered_on))
WINDOW past AS (PARTITION BY {keys} ORDER BY delivered_on ROWS UNBOUNDED PRECEDING)
QUALIFY event <> 'deleted'
"""
