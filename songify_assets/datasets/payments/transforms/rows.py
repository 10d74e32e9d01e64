"""The rows of a side: how they are told apart, and how each becomes an item."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from songify_assets.foundation.keys import stable_hash


def with_node(rows: pl.LazyFrame, side: str, *keys: str, node: str = "node") -> pl.LazyFrame:
    """Adds a number that stands for the row of a side with these keys; null where the last of them is."""
    told = rows.with_columns(__side=pl.lit(side)).with_columns(stable_hash("__side", *keys, bits=64).alias(node))
    return told.with_columns(pl.when(pl.col(keys[-1]).is_not_null()).then(node).alias(node)).drop("__side")


def waits(day: pl.Expr, days: int, then: str) -> pl.Expr:
    """The state of what has no counterpart: `timing` up to so many days after its day, as of the newest delivery; `then` after."""
    return pl.when(pl.col("as_of") <= day.dt.offset_by(f"{days}d")).then(pl.lit("timing")).otherwise(pl.lit(then))


@dataclass(frozen=True)
class Side:
    """One side of a level: its rows, what they are called, which columns are the id and the day of an item, and the state of those
    that are alone."""

    rows: pl.LazyFrame
    name: str
    key: str
    day: str
    alone: pl.Expr


def items_of(level: str, sides: Sequence[Side], judged: pl.LazyFrame, newest: pl.LazyFrame) -> pl.LazyFrame:
    """The items of a level: in the state that was judged, else in the one of those that are alone."""
    return pl.concat([
        side.rows.join(judged, on="node", how="left").join(newest, how="cross").select(
            level=pl.lit(level), side=pl.lit(side.name), gateway="gateway", item_key=side.key, item_date=side.day,
            currency="currency", amount_minor="amount_minor", state=pl.coalesce("state", side.alone), match_id="match_id",
            difference_minor="difference_minor",
        )
        for side in sides
    ])  # fmt: skip
