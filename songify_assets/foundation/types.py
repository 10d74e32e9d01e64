"""Delivered texts as typed values; null for what is no value of the type."""

import re
from decimal import Decimal

import polars as pl

_TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.,][0-9]+)?)?"
_OFFSET = r"(?:[Zz]|[+-](?:[01][0-9]|2[0-3])(?::?[0-5][0-9])?)"
_DATE = rf"^([0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}})(?:[Tt ]{_TIME}{_OFFSET}?)?$"
_INSTANT = (
    rf"^([0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}})[Tt ]([0-9]{{2}}:[0-9]{{2}})(?::([0-9]{{2}}))?(?:[.,]([0-9]+))?({_OFFSET})$"
)
_OFFSETS = re.compile(r"([Zz]|[+-])(?:([01]\d|2[0-3])(?::?([0-5]\d))?)?", re.ASCII)
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_LARGEST = 2**63 - 1


def typed(text: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """A column of texts (or of lists of texts, which stay so) as values of a type.

    >>> texts = pl.Series(["118.0", "1.18e2", "118.5", "n/a", " 7 "])
    >>> pl.select(typed(pl.lit(texts), pl.Int64())).to_series().to_list()
    [118, 118, None, None, 7]
    """
    if isinstance(dtype, pl.List):
        return text
    if dtype == pl.String:
        return pl.when(text.str.strip_chars() != "").then(text)
    text = text.str.strip_chars()
    if dtype == pl.Date:
        return text.str.extract(_DATE).str.to_date("%Y-%m-%d", strict=False)
    if isinstance(dtype, pl.Datetime):
        return text.map_batches(_instants, return_dtype=pl.Datetime("us", "UTC"), is_elementwise=True)
    if dtype.is_integer():
        return text.map_batches(_whole_numbers, return_dtype=pl.Int64(), is_elementwise=True).cast(dtype, strict=False)
    number = text.cast(dtype, strict=False)
    return pl.when(number.is_finite()).then(number) if dtype.is_float() else number


def _whole_numbers(texts: pl.Series) -> pl.Series:
    """Whole numbers, also as data frames write them once a cell of their column is empty: `118.0`, `6.1e4`."""
    numbers = texts.cast(pl.Int64, strict=False)
    others = (numbers.is_null() & (texts != "")).arg_true()
    if not len(others):
        return numbers
    written = texts.gather(others)
    found = written.str.extract(r"^([+-]?[0-9]{1,18})\.0*$").cast(pl.Int64, strict=False)
    odd = found.is_null().arg_true()
    exact = {text: _whole(text) for text in written.gather(odd).unique()}
    found = found.scatter(odd, pl.Series([exact[text] for text in written.gather(odd)], dtype=pl.Int64))
    return numbers.scatter(others, found)


def _whole(text: str) -> int | None:
    if not _NUMBER.fullmatch(text):
        return None
    number = Decimal(text)
    if (number and number.adjusted() > 18) or number != number.to_integral_value():
        return None
    return int(number) if -_LARGEST - 1 <= number <= _LARGEST else None


def _instants(texts: pl.Series) -> pl.Series:
    """Texts as instants; `2021-12-01T21:45:46.664+0100` is taken apart, as Polars reads a time without offset far faster."""
    local = texts.str.head(23).str.to_datetime("%Y-%m-%dT%H:%M:%S.%3f", time_unit="us", strict=False)
    instants = _ahead(local, texts.str.slice(23))
    others = (instants.is_null() & texts.is_not_null()).arg_true()
    if not len(others):
        return instants
    parts = texts.gather(others).str.extract_groups(_INSTANT).struct.unnest()
    day, minute, second, fraction, offset = parts.iter_columns()
    fraction = (fraction.fill_null("") + "000000").str.head(6)
    local = (day + "T" + minute + ":" + second.fill_null("00") + "." + fraction).str.to_datetime(
        "%Y-%m-%dT%H:%M:%S.%6f", time_unit="us", strict=False
    )
    return instants.scatter(others, _ahead(local, offset))


def _ahead(local: pl.Series, offsets: pl.Series) -> pl.Series:
    """Local times with their offsets from UTC as instants; null for an offset that is none."""
    distinct = offsets.drop_nulls().unique()
    known = {text: _microseconds(*found.groups()) for text in distinct if (found := _OFFSETS.fullmatch(text))}
    ahead = offsets.replace_strict(known, default=None, return_dtype=pl.Int64).cast(pl.Duration("us"))
    return (local - ahead).dt.replace_time_zone("UTC")


def _microseconds(sign: str, hours: str | None, minutes: str | None) -> int | None:
    if (sign in "Zz") != (hours is None):
        return None
    return (-1 if sign == "-" else 1) * (int(hours or 0) * 60 + int(minutes or 0)) * 60_000_000
