"""Which channels deserve a month's sales by a Markov chain of the paths that led to them and of those that led nowhere."""

import polars as pl

from songify_assets.foundation.chains import BAD, GOOD, START, removal_effects
from songify_assets.foundation.money import split
from songify_assets.foundation.sums import share_of

BILLION = 10**9
OF = ["month", "currency"]


def credit_by_chain(credits: pl.LazyFrame, conversions: pl.LazyFrame, touches: pl.LazyFrame) -> pl.LazyFrame:
    """What the model `markov` gives each channel of a month and currency: (`month`, `currency`, `channel`, `conversions`, `value_minor`).

    A null path is the touches of a user in a local month without a conversion. Sales without a touch are outside of the chain.
    """
    month = pl.col("conversion_date").dt.truncate("1mo")
    whole = credits.filter(pl.col("model") == "linear").with_columns(month=month)
    reached = whole.filter(pl.col("position") > 0)
    steps = pl.concat([
        _steps(reached.select(*OF, "channel", at="position", path="conversion_key"), GOOD).group_by(*OF, "from", "to").agg(times=pl.len()),
        _null_steps(conversions, touches).join(reached.select(OF).unique(), on="month"),
    ], how="diagonal").group_by(*OF, "from", "to").agg(pl.col("times").sum())  # fmt: skip
    effects = removal_effects(steps, OF)
    weights = effects.with_columns(weight=(BILLION * pl.col("effect") + 0.5).floor().cast(pl.Int64)).filter(
        pl.col("weight") > 0
    )
    totals = reached.group_by(OF).agg(value=pl.col("credit_minor").sum(), paths=pl.col("conversion_key").n_unique())
    shared = weights.join(totals, on=OF)
    parts = split(shared, total="value", weight="weight", over=OF, order=["state"], part="value_minor")
    share = share_of(pl.col("weight"), OF)
    return pl.concat([
        parts.select(*OF, channel="state", conversions=share * pl.col("paths"), value_minor="value_minor"),
        whole.filter(pl.col("position") == 0).group_by(*OF, "channel").agg(
            conversions=pl.len().cast(pl.Float64), value_minor=pl.col("credit_minor").sum()
        ),
    ])  # fmt: skip


def _null_steps(conversions: pl.LazyFrame, touches: pl.LazyFrame) -> pl.LazyFrame:
    """The steps of the paths of users who did not convert in a month."""
    month = pl.col("touch_date").dt.truncate("1mo")
    converted = conversions.select("user_key", month=pl.col("conversion_date").dt.truncate("1mo")).unique()
    lost = touches.with_columns(month=month).join(converted, on=["user_key", "month"], how="anti")
    ordered = lost.select("month", "channel", at=pl.struct("touched_at", "touch_key"), path="user_key")
    return _steps(ordered, BAD).group_by("month", "from", "to").agg(times=pl.len())


def _steps(touches: pl.LazyFrame, end: str) -> pl.LazyFrame:
    """Each step of some paths, from the start to the end: the rows of a path follow each other by `at`."""
    ordered = touches.sort("month", "path", "at")
    same = [(pl.col(name) == pl.col(name).shift(1)).fill_null(False) for name in ("month", "path")]
    goes_on = pl.all_horizontal(same)
    came = ordered.with_columns(
        pl.when(goes_on).then(pl.col("channel").shift(1)).otherwise(pl.lit(START)).alias("from")
    )
    is_last = ~goes_on.shift(-1).fill_null(False)
    kept = [name for name in OF if name in touches.collect_schema()]
    return pl.concat([
        came.select(*kept, "from", to="channel"),
        came.filter(is_last).select(*kept, pl.col("channel").alias("from"), to=pl.lit(end)),
    ])  # fmt: skip
