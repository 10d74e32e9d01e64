"""Sums of fractions that are the same in whatever order they are added."""

import polars as pl

_SCALE = 2.0**60


def steady_sum(fractions: pl.Expr) -> pl.Expr:
    """The sum of numbers from 0 to a million, added as whole multiples of 2^-60: floats would depend on the order of rows.

    >>> pl.select(steady_sum(pl.lit(pl.Series([0.1, 0.2, 0.3])))).item() == pl.select(steady_sum(pl.lit(pl.Series([0.3, 0.2, 0.1])))).item()
    True
    """
    return (fractions * _SCALE).cast(pl.Int128).sum().cast(pl.Float64) / _SCALE
