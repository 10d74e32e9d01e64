"""Sums and shares that are the same in whatever order, and beside whatever else, they are computed."""

from typing import TypeVar

import narwhals as nw
import polars as pl

_SCALE = 2.0**60
E = TypeVar("E", pl.Expr, nw.Expr)


def steady_sum(fractions: pl.Expr) -> pl.Expr:
    """The sum of numbers from 0 to a million, added as whole multiples of 2^-60: floats would depend on the order of rows.

    >>> pl.select(steady_sum(pl.lit(pl.Series([0.1, 0.2, 0.3])))).item() == pl.select(steady_sum(pl.lit(pl.Series([0.3, 0.2, 0.1])))).item()
    True
    """
    return (fractions * _SCALE).cast(pl.Int128).sum().cast(pl.Float64) / _SCALE


def share_of(part: E, of: list[str]) -> E:
    """What share a whole number is of the sum of those of its group, on any engine.

    Where all rows are one group, Polars divides by the one sum, as it does by a constant: by its reciprocal, which in half of all
    cases gives a neighbouring number. Adding nothing to it, row by row, makes it a column like any other.

    >>> rows = pl.DataFrame({"of": [1] * 3, "part": [255_401, 365_684, 419_022]})
    >>> rows.select(share_of(pl.col("part"), ["of"]))["part"].to_list() == [part / 1_040_107 for part in rows["part"]]
    True
    """
    return part / (part.sum().over(*of) + 0 * part)


def over(part: pl.Expr, whole: pl.Expr) -> pl.Expr:
    """A quotient of two columns; null over 0.

    >>> pl.select(over(pl.lit(1), pl.lit(0))).item() is None
    True
    """
    return pl.when(whole != 0).then(part / whole)


def seconds_of(microseconds: pl.Expr) -> pl.Expr:
    """Whole microseconds as seconds, each the nearest number there is.

    By a constant Polars divides through its reciprocal, but not in every row: which of two neighbouring numbers comes out would
    depend on the rows beside. Adding nothing to it, row by row, makes the constant a column.

    >>> pl.DataFrame({"us": [2_140_001_000] * 3}).select(seconds_of(pl.col("us")))["us"].to_list()
    [2140.001, 2140.001, 2140.001]
    """
    return microseconds / (1_000_000 + 0 * microseconds)
