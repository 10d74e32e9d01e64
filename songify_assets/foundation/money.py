"""Money: texts as whole minor units of a currency, rounded in one way only, and split without losing a unit.

How many decimals a currency has is ISO 4217's to say (JPY none, SEK two, KWD three).
"""

from functools import cache

import polars as pl
from iso4217 import Currency

_AMOUNT = r"^([+-]?)([0-9]{1,15})(?:\.([0-9]*))?$"
_MOST_DECIMALS = 4
MOST = 10**15  # minor units of one amount: sums of thousands of them still fit


@cache
def decimals() -> dict[str, int]:
    """How many decimals each currency has that has any unit of account."""
    return {currency.code: currency.exponent for currency in Currency if currency.exponent is not None}


def currency_code(text: pl.Expr) -> pl.Expr:
    """A currency's code, upper-cased; null for what ISO 4217 does not list.

    >>> pl.select(currency_code(pl.lit(pl.Series([" sek", "XXX", None])))).to_series().to_list()
    ['SEK', None, None]
    """
    code = text.str.strip_chars().str.to_uppercase()
    return pl.when(code.is_in(list(decimals()))).then(code)


def minor_units(amount: pl.Expr, currency: pl.Expr, *, rounds: bool = False) -> pl.Expr:
    """Amounts in major units (texts) as whole minor units of their currency; null for what does not fit, unless it `rounds`: half up.

    >>> amounts, codes = pl.Series(["1.5", "-0.10", "7", "1.005", "7.0", "7.5", "1,000"]), ["SEK"] * 4 + ["JPY"] * 2 + ["SEK"]
    >>> pl.select(minor_units(pl.lit(amounts), pl.lit(pl.Series(codes)))).to_series().to_list()
    [150, -10, 700, None, 7, None, None]
    >>> pl.select(minor_units(pl.lit(amounts), pl.lit(pl.Series(codes)), rounds=True)).to_series().to_list()
    [150, -10, 700, 101, 7, 8, None]
    """
    places = _places(currency)
    parts = amount.str.strip_chars().str.extract_groups(_AMOUNT)
    sign, whole, fraction = (parts.struct.field(str(at)) for at in (1, 2, 3))
    fraction = fraction.fill_null("").str.strip_chars_end("0")
    padded = (fraction + "0" * _MOST_DECIMALS).str.head(places)
    units = (whole + padded).cast(pl.Int64, strict=False)
    fits = fraction.str.len_bytes() <= places
    if rounds:
        units, fits = units + (fraction.str.slice(places, 1) >= "5").cast(pl.Int64), places.is_not_null()
    return pl.when(fits).then(pl.when(sign == "-").then(-units).otherwise(units))


def major_units(amount_minor: int, currency: str) -> str:
    """Whole minor units as a person writes them, in major units; of a currency that ISO 4217 does not list as they are.

    >>> major_units(-3140377, "SEK"), major_units(880964, "JPY"), major_units(5, "KWD")
    ('-31,403.77', '880,964', '0.005')
    """
    places = decimals().get(currency, 0)
    whole, fraction = divmod(abs(amount_minor), 10**places)
    return f"{'-' if amount_minor < 0 else ''}{whole:,}" + (f".{fraction:0{places}}" if places else "")


def rescaled(amount: pl.Expr, decimals_given: int, currency: pl.Expr) -> pl.Expr:
    """Whole numbers of so many decimals (6: millionths) as minor units of their currency, rounded half up.

    >>> pl.select(rescaled(pl.lit(pl.Series([1_005_000, 1_500_000])), 6, pl.lit(pl.Series(["SEK", "JPY"])))).to_series().to_list()
    [101, 2]
    """
    factor = pl.lit(10, pl.Int128).pow(_places(currency))
    return half_up(amount.cast(pl.Int128) * factor, pl.lit(10**decimals_given, pl.Int128))


def _places(currency: pl.Expr) -> pl.Expr:
    return currency_code(currency).replace_strict(decimals(), default=None, return_dtype=pl.Int64)


def half_up(numerator: pl.Expr, denominator: pl.Expr) -> pl.Expr:
    """A quotient of whole numbers, rounded; a half is rounded away from zero. The denominator is above zero.

    >>> pl.select(half_up(pl.lit(pl.Series([5, -5, 4, 7])), pl.lit(pl.Series([2, 2, 3, 4])))).to_series().to_list()
    [3, -3, 1, 2]
    """
    rounded = ((2 * numerator.abs() + denominator) // (2 * denominator)).cast(pl.Int64)
    return pl.when(numerator < 0).then(-rounded).otherwise(rounded)


def split(
    shares: pl.LazyFrame, *, total: str, weight: str, over: list[str], order: list[str], part: str
) -> pl.LazyFrame:
    """Adds `part`: how much of `total` each row gets by its `weight`, so that the parts of a group (`over`) add up to its total.

    Each gets what it is due, rounded towards zero; what is left goes, a unit a row, to the largest remainders, of equal ones to
    the first in `order`. Total and weights are whole numbers, weights not negative, a group's sum of weights above zero.

    >>> shares = pl.LazyFrame({"of": ["a"] * 3, "value": [-100] * 3, "weight": [1, 1, 1], "at": [2, 1, 3]})
    >>> split(shares, total="value", weight="weight", over=["of"], order=["at"], part="part").collect().sort("at")["part"].to_list()
    [-34, -33, -33]
    """
    wide = pl.Int128
    amount, sum_of_weights = pl.col(total).abs().cast(wide), pl.col(weight).sum().over(over).cast(wide)
    due = amount * pl.col(weight).cast(wide)
    ranked = (
        shares.with_columns(__floor=due // sum_of_weights, __left=due % sum_of_weights)
        .with_columns(__missing=amount - pl.col("__floor").sum().over(over))
        .sort(*over, "__left", *order, descending=[False] * len(over) + [True] + [False] * len(order), nulls_last=True)
        .with_columns(__rank=pl.int_range(pl.len()).over(over))
    )
    units = pl.col("__floor").cast(pl.Int64) + (pl.col("__rank") < pl.col("__missing")).cast(pl.Int64)
    signed = pl.when(pl.col(total) < 0).then(-units).otherwise(units)
    return ranked.with_columns(signed.alias(part)).drop("__floor", "__left", "__missing", "__rank")
