"""Which touches deserve a sale: six models of one path, each split to the unit."""

import polars as pl

from songify_assets.foundation.money import split

REACH, HALF_LIFE_S, MICRO = "720h", 604_800, 10**6  # 30 x 24 hours, 7 days
UNATTRIBUTED = "unattributed"
CONVERSION = ["conversion_key", "conversion_date", "currency", "value_minor"]


def credit_touches(conversions: pl.LazyFrame, touches: pl.LazyFrame) -> pl.LazyFrame:
    """What each model gives each touch of a conversion's path: the user's touches in the 30 x 24 hours to it, inclusive."""
    paths = _paths(conversions, touches).cache()
    weights = {
        "first_touch": (pl.col("position") <= 1).cast(pl.Int64),
        "last_touch": (pl.col("position") == pl.col("length")).cast(pl.Int64),
        "linear": pl.lit(1, pl.Int64),
        "position_based": _by_position(),
        "time_decay": _by_time(),
        "shapley": (pl.col("is_first_of_channel")).cast(pl.Int64),
    }
    weighed = pl.concat([paths.with_columns(model=pl.lit(model), weight=weight) for model, weight in weights.items()])
    of = ["conversion_key", "model"]
    some = weighed.filter(pl.col("weight") > 0)
    parts = split(some, total="value_minor", weight="weight", over=of, order=["position"], part="credit_minor")
    return parts.with_columns(share=pl.col("weight") / pl.col("weight").sum().over(of))


def _paths(conversions: pl.LazyFrame, touches: pl.LazyFrame) -> pl.LazyFrame:
    """The touches of each conversion in order, each with its `position` of `length`; without any, one row of position 0."""
    seen = touches.select("user_key", "touch_key", "touched_at", "channel")
    both = conversions.join(seen, on="user_key")
    at, since = pl.col("converted_at"), pl.col("converted_at").dt.offset_by(f"-{REACH}")
    inside = both.filter(pl.col("touched_at") <= at, pl.col("touched_at") >= since)
    of = "conversion_key"
    ordered = inside.sort(of, "touched_at", "touch_key").with_columns(
        position=pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over(of), length=pl.len().over(of).cast(pl.Int64),
        is_first_of_channel=pl.int_range(pl.len()).over(of, "channel") == 0,
    )  # fmt: skip
    columns = [
        *CONVERSION,
        "converted_at",
        "touched_at",
        "touch_key",
        "channel",
        "position",
        "length",
        "is_first_of_channel",
    ]
    without = conversions.join(ordered.select(of).unique(), on=of, how="anti").with_columns(
        touched_at="converted_at", touch_key=pl.lit(None, pl.String), channel=pl.lit(UNATTRIBUTED), position=pl.lit(0, pl.Int64),
        length=pl.lit(0, pl.Int64), is_first_of_channel=pl.lit(True),
    )  # fmt: skip
    return pl.concat([ordered.select(columns), without.select(columns)])


def _by_position() -> pl.Expr:
    """Of three touches and more two fifths for each end, and the rest for those between."""
    position, length = pl.col("position"), pl.col("length")
    is_end = (position == 1) | (position == length)
    return pl.when(length <= 2).then(1).when(is_end).then(2 * (length - 2)).otherwise(1).cast(pl.Int64)


def _by_time() -> pl.Expr:
    """Half as much for each seven days before the sale, in millionths."""
    seconds = (pl.col("converted_at") - pl.col("touched_at")).dt.total_microseconds() / MICRO
    return (MICRO * pl.lit(2.0).pow(-seconds / HALF_LIFE_S) + 0.5).floor().cast(pl.Int64)
