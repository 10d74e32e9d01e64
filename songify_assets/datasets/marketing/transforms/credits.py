"""Which touches deserve a sale: six models of one path, each split to the unit."""

import polars as pl

from songify_assets.foundation.keys import stable_hash
from songify_assets.foundation.money import split
from songify_assets.foundation.sums import share_of

REACH, HALF_LIFE_S, MICRO = "720h", 604_800, 10**6  # 30 x 24 hours, 7 days
UNATTRIBUTED = "unattributed"
CREDITED = ["of", "conversion_key", "conversion_date", "position", "touch_key", "channel", "currency"]


def credit_touches(conversions: pl.LazyFrame, touches: pl.LazyFrame) -> pl.LazyFrame:
    """What each model gives each touch of a conversion's path: the user's touches in the 30 x 24 hours to it, inclusive."""
    paths = _paths(conversions, touches).cache()
    return pl.concat([
        credit_by_place(paths),
        _weighed(paths, "position_based", _by_position()),
        _weighed(paths, "time_decay", _by_time()),
        _alike(paths.filter(pl.col("channel_place").is_not_null()), "shapley", pl.col("channel_place"), pl.col("channels")),
    ]).drop("of").with_columns(pl.col("channel", "currency").cast(pl.String))  # fmt: skip


def credit_by_place(paths: pl.LazyFrame) -> pl.LazyFrame:
    """What the first touch, the last touch and all touches alike get of a path's `value_minor`, each touch in its `place` of `length`."""
    place, length, once = pl.col("place"), pl.col("length"), pl.lit(1, pl.Int64)
    return pl.concat([
        _alike(paths.filter(place == 1), "first_touch", once, once),
        _alike(paths.filter(place == length), "last_touch", once, once),
        _alike(paths, "linear", place, length),
    ])  # fmt: skip


def _alike(paths: pl.LazyFrame, model: str, place: pl.Expr, many: pl.Expr) -> pl.LazyFrame:
    """A value split over so `many` touches that weigh alike: what is left over goes to the first of them, a unit each."""
    value = pl.col("value_minor")
    credit = value // many + (place <= value % many).cast(pl.Int64)
    return paths.select(*CREDITED, model=pl.lit(model), share=1 / (many + 0 * value), credit_minor=credit)


def _weighed(paths: pl.LazyFrame, model: str, weight: pl.Expr) -> pl.LazyFrame:
    """A value split by weights."""
    weighed = paths.select(*CREDITED, "value_minor", "place", weight=weight)
    parts = split(weighed, total="value_minor", weight="weight", over=["of"], order=["place"], part="credit_minor")
    share = share_of(pl.col("weight"), ["of"])
    return parts.select(*CREDITED, model=pl.lit(model), share=share, credit_minor="credit_minor")


def _paths(conversions: pl.LazyFrame, touches: pl.LazyFrame) -> pl.LazyFrame:
    """The touches of each conversion (`of` is its hash) in order, each with its `place` of `length`, and of a channel's first touch its
    place among those; without any touch one row, whose `position` is 0."""
    seen = touches.select("user_key", "touch_key", "touched_at", pl.col("channel").cast(pl.Categorical))
    sold = conversions.with_columns(pl.col("currency").cast(pl.Categorical), of=stable_hash("conversion_key", bits=64))
    since = pl.col("converted_at").dt.offset_by(f"-{REACH}")
    inside = sold.join(seen, on="user_key").filter(pl.col("touched_at").is_between(since, "converted_at"))
    place = pl.int_range(1, pl.len() + 1, dtype=pl.Int64)
    ordered = inside.sort("of", "touched_at", "touch_key").with_columns(
        place=place.over("of"), length=pl.len().over("of").cast(pl.Int64), is_first=pl.int_range(pl.len()).over("of", "channel") == 0
    )  # fmt: skip
    firsts = pl.col("is_first").cast(pl.Int64)
    known = ordered.with_columns(
        position="place",
        channel_place=pl.when("is_first").then(firsts.cum_sum().over("of")),
        channels=firsts.sum().over("of"),
    )
    one = pl.lit(1, pl.Int64)
    without = sold.join(ordered.select("of").unique(), on="of", how="anti").with_columns(
        touched_at="converted_at", touch_key=pl.lit(None, pl.String), channel=pl.lit(UNATTRIBUTED, pl.Categorical),
        position=pl.lit(0, pl.Int64), place=one, length=one, channel_place=one, channels=one,
    )  # fmt: skip
    columns = [*CREDITED, "value_minor", "converted_at", "touched_at", "place", "length", "channel_place", "channels"]
    return pl.concat([known.select(columns), without.select(columns)])


def _by_position() -> pl.Expr:
    """Of three touches and more two fifths for each end, and the rest for those between."""
    place, length = pl.col("place"), pl.col("length")
    is_end = (place == 1) | (place == length)
    return pl.when(length <= 2).then(1).when(is_end).then(2 * (length - 2)).otherwise(1).cast(pl.Int64)


def _by_time() -> pl.Expr:
    """Half as much for each seven days before the sale, in millionths."""
    seconds = (pl.col("converted_at") - pl.col("touched_at")).dt.total_microseconds() / MICRO
    return (MICRO * pl.lit(2.0).pow(-seconds / HALF_LIFE_S) + 0.5).floor().cast(pl.Int64)
