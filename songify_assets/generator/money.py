"""Amounts as senders of money write them, and instants of a day."""

import numpy as np
import polars as pl

from songify_assets.generator.chance import Index, pick
from songify_assets.generator.plan import Plan, local_day

CURRENCIES = ("SEK", "SEK", "SEK", "SEK", "SEK", "SEK", "SEK", "EUR", "EUR", "JPY")
WITHOUT_DECIMALS = CURRENCIES.index("JPY")


def major(minor: Index, whole: Index | None = None) -> pl.Series:
    """Minor units as an amount with two decimals; without any where `whole` is the place of a currency that has none."""
    amount = pl.Series("minor", minor)
    sign = pl.when(pl.col("minor") < 0).then(pl.lit("-")).otherwise(pl.lit(""))
    units = pl.col("minor").abs()
    cents = pl.format("{}{}.{}", sign, units // 100, (units % 100).cast(pl.String).str.zfill(2))
    bare = pl.format("{}{}", sign, units)
    none = pl.Series("none", np.full(len(minor), False) if whole is None else whole == WITHOUT_DECIMALS)
    return pl.DataFrame([amount, none]).select(pl.when("none").then(bare).otherwise(cents).alias("amount")).to_series()


def instants(plan: Plan, day: int, what: str, index: Index) -> pl.Series:
    """Some second of a local day for each index, in UTC."""
    start, length = local_day(plan.date(day))
    moments = start // 1000 + pick(plan.seed, f"{what} at", index, length // 1000, day)
    return pl.Series(moments * 1_000_000).cast(pl.Datetime("us")).dt.strftime("%Y-%m-%dT%H:%M:%SZ")


def dates(plan: Plan, day: int, ahead: Index | int, size: int) -> pl.Series:
    """The calendar day so many days after a day."""
    first = (plan.date(day) - type(plan.date(day))(1970, 1, 1)).days
    return pl.Series(np.full(size, first, dtype=np.int32) + np.asarray(ahead, dtype=np.int32)).cast(pl.Date)
