"""The channel of each touch, by the rules of its day."""

from datetime import date

import polars as pl

from songify_assets.foundation.versions.as_of import validity

DIRECT, UNASSIGNED, ANY = "direct", "unassigned", ""
UTM = ("utm_source", "utm_medium", "utm_campaign")


def list_rules(history: pl.LazyFrame) -> pl.LazyFrame:
    """The rules of channels with the days on which they are seen: before the first dump its version, after a rule's end its last."""
    seen = validity(history, ["utm_source", "utm_medium"])
    first, last = pl.col("seen_from"), pl.col("seen_until")
    return seen.select(
        "utm_source", "utm_medium", "channel",
        seen_from=pl.when(first != date.min).then(first), seen_until=pl.when(last != date.max).then(last),
    )  # fmt: skip


def name_channels(touches: pl.LazyFrame, rules: pl.LazyFrame) -> pl.LazyFrame:
    """Touches with their channel: `direct` without any utm, else that of source and medium, or of the source, else `unassigned`."""
    dated = touches.rename({"event_date": "touch_date"})
    of = ["utm_source", "utm_medium", "touch_date"]
    kinds = dated.select(of).unique().filter(pl.col("utm_source").is_not_null())
    own = _seen(kinds.with_columns(medium=pl.col("utm_medium").fill_null(ANY)), rules).rename({"channel": "own"})
    any_medium = _seen(kinds.with_columns(medium=pl.lit(ANY)), rules).rename({"channel": "any"})
    known = kinds.join(own, on=of, how="left", nulls_equal=True).join(any_medium, on=of, how="left", nulls_equal=True)
    channel = pl.coalesce("own", "any", pl.lit(UNASSIGNED))
    named = dated.join(known.select(*of, channel=channel), on=of, how="left", nulls_equal=True)
    is_direct = pl.all_horizontal(pl.col(name).is_null() for name in UTM)
    return named.with_columns(
        channel=pl.when(is_direct).then(pl.lit(DIRECT)).otherwise(pl.col("channel").fill_null(UNASSIGNED))
    )


def _seen(kinds: pl.LazyFrame, rules: pl.LazyFrame) -> pl.LazyFrame:
    both = kinds.join(rules, left_on=["utm_source", "medium"], right_on=["utm_source", "utm_medium"])
    day = pl.col("touch_date")
    begun = pl.col("seen_from").is_null() | (day >= pl.col("seen_from"))
    runs = pl.col("seen_until").is_null() | (day < pl.col("seen_until"))
    return both.filter(begun, runs).select("utm_source", "utm_medium", "touch_date", "channel")
