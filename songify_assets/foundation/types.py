"""Delivered texts as typed values; null for what is no value of the type.

The type of a column is that of the feed's model. What a type alone does not say (the zone of a time without offset, the
currency of an amount) a field type says: `Instant`, `Money`, `CurrencyCode`.
"""

import decimal
import re
from dataclasses import dataclass
from typing import Literal, Protocol

import polars as pl

from songify_assets.foundation.letters import are_plain, letters_of
from songify_assets.foundation.money import currency_code, minor_units

_TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.,][0-9]+)?)?"
_OFFSET = r"(?:[Zz]|[+-](?:[01][0-9]|2[0-3])(?::?[0-5][0-9])?)"
_DATE = rf"^([0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}})(?:[Tt ]{_TIME}{_OFFSET}?)?$"
_INSTANT = (
    rf"^([0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}})[Tt ]([0-9]{{2}}:[0-9]{{2}})(?::([0-9]{{2}}))?(?:[.,]([0-9]+))?({_OFFSET})?$"
)
_OFFSETS = re.compile(r"([Zz]|[+-])(?:([01]\d|2[0-3])(?::?([0-5]\d))?)?", re.ASCII)
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_LARGEST = 2**63 - 1
_LONGEST_YEAR_9999 = 253_402_300_799
_UNITS = {"s": 1_000_000, "ms": 1_000, "us": 1}
_TRUE, _FALSE = ("true", "t", "yes", "y", "1"), ("false", "f", "no", "n", "0")
_PLAIN_DECIMAL = r"^[+-]?[0-9]+(?:\.[0-9]*)?$"


class FieldType(Protocol):
    """How the texts of a field are read, where its column's type does not say it."""

    @property
    def kind(self) -> str:
        """What a value is, in words, with its article: a text that is none is refused as "not <kind>"."""
        ...

    def values(self, name: str) -> pl.Expr:
        """The values of a column of texts; null for what is none."""
        ...


@dataclass(frozen=True)
class Instant:
    """An instant, written as a number of `unit` since 1970 (UTC), or as a time without offset in the time zone `zone`.

    A time that a clock shows twice is the first of the two; one that no clock shows is none.

    >>> times = pl.DataFrame({"at": ["1638392340796", "1638392340796.0", "soon"]})
    >>> times.select(Instant(unit="ms").values("at"))["at"].dt.to_string("iso").to_list()
    ['2021-12-01 20:59:00.796000+00:00', '2021-12-01 20:59:00.796000+00:00', None]
    >>> times = pl.DataFrame({"at": ["2021-12-01 22:00", "2021-12-01T22:00:00+00:00", "2021-03-28 02:30"]})
    >>> times.select(Instant(zone="Europe/Stockholm").values("at"))["at"].dt.to_string("iso").to_list()
    ['2021-12-01 21:00:00.000000+00:00', '2021-12-01 22:00:00.000000+00:00', None]
    """

    zone: str | None = None
    unit: Literal["s", "ms", "us"] | None = None
    kind: str = "a time"

    def __post_init__(self) -> None:
        if (self.zone is None) == (self.unit is None):
            raise ValueError("an Instant has a unit (a number since 1970) or a zone (a time without offset)")

    def values(self, name: str) -> pl.Expr:
        """The instants of a column, in UTC."""
        return pl.col(name).map_batches(self._read, return_dtype=pl.Datetime("us", "UTC"), is_elementwise=True)

    def _read(self, texts: pl.Series) -> pl.Series:
        if self.unit:
            numbers, factor = _whole_numbers(texts), _UNITS[self.unit]
            most = _LONGEST_YEAR_9999 * 1_000_000 // factor
            numbers = numbers.set(numbers.abs() > most, None)
            return (numbers * factor).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
        return _instants(texts.str.strip_chars(), self.zone)


@dataclass(frozen=True)
class Money:
    """An amount in major units as whole minor units (BIGINT) of the currency in the column `currency`; nothing is rounded, unless
    the type says so."""

    currency: str
    rounds: bool = False
    kind: str = "an amount of its currency"

    def values(self, name: str) -> pl.Expr:
        """The minor units of a column of amounts."""
        return minor_units(pl.col(name), pl.col(self.currency), rounds=self.rounds)


@dataclass(frozen=True)
class CurrencyCode:
    """A currency's code of ISO 4217, upper-cased."""

    kind: str = "a currency of ISO 4217"

    def values(self, name: str) -> pl.Expr:
        """The codes of a column."""
        return currency_code(pl.col(name))


def typed(text: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """A column of texts (or of lists of texts, which stay so) as values of a type.

    >>> texts = pl.Series(["118.0", "1.18e2", "118.5", "n/a", " 7 "])
    >>> pl.select(typed(pl.lit(texts), pl.Int64())).to_series().to_list()
    [118, 118, None, None, 7]
    """
    if isinstance(dtype, pl.List):
        return text
    if dtype == pl.String:
        return text.map_batches(_written, return_dtype=pl.String(), is_elementwise=True)
    if dtype.is_integer():
        return text.map_batches(_whole_numbers, return_dtype=pl.Int64(), is_elementwise=True).cast(dtype, strict=False)
    text = text.str.strip_chars()
    if dtype == pl.Date:
        return text.str.extract(_DATE).str.to_date("%Y-%m-%d", strict=False)
    if isinstance(dtype, pl.Datetime):
        return text.map_batches(_instants, return_dtype=pl.Datetime("us", "UTC"), is_elementwise=True)
    if dtype == pl.Boolean:
        word = text.str.to_lowercase()
        return pl.when(word.is_in(_TRUE)).then(True).when(word.is_in(_FALSE)).then(False)
    if isinstance(dtype, pl.Decimal):
        return _decimals(text, dtype)
    number = text.cast(dtype, strict=False)
    return pl.when(number.is_finite()).then(number) if dtype.is_float() else number


def kind_of(dtype: pl.DataType) -> str:
    """What a value of a type is, in words, with its article."""
    if dtype == pl.Date:
        return "a date"
    if dtype.is_temporal():
        return "a time with its UTC offset"
    if dtype == pl.Boolean:
        return "yes or no"
    if isinstance(dtype, pl.Decimal):
        return f"a number of at most {dtype.scale} decimals"
    return "a whole number" if dtype.is_integer() else "a number"


def _written(texts: pl.Series) -> pl.Series:
    """Texts without those that are blank; where no letter is, that is told in a third of the time of trimming them."""
    if are_plain(letters_of(texts)) and not (texts == "").any():
        return texts
    return texts.set(texts.str.strip_chars() == "", None)


def _decimals(text: pl.Expr, dtype: pl.Decimal) -> pl.Expr:
    """Decimal numbers; a text with more decimals than the type has is none, since Polars would round it.

    >>> pl.select(_decimals(pl.lit(pl.Series(["1.50", "1.500", "1.505", "1e2"])), pl.Decimal(9, 2))).to_series().to_list()
    [Decimal('1.50'), Decimal('1.50'), None, None]
    """
    fraction = text.str.extract(r"\.([0-9]*)$").fill_null("").str.strip_chars_end("0")
    fits = text.str.contains(_PLAIN_DECIMAL) & (fraction.str.len_bytes() <= dtype.scale)
    return pl.when(fits).then(text).cast(dtype, strict=False)


def _whole_numbers(texts: pl.Series) -> pl.Series:
    """Whole numbers, also as data frames write them once a cell of their column is empty: `118.0`, `6.1e4`."""
    numbers = texts.cast(pl.Int64, strict=False)
    others = (numbers.is_null() & texts.is_not_null()).arg_true()
    if not len(others):
        return numbers
    written = texts.gather(others).str.strip_chars()
    found = written.cast(pl.Int64, strict=False)
    odd = (found.is_null() & (written != "")).arg_true()
    return numbers.scatter(others, found.scatter(odd, _written_otherwise(written.gather(odd))))


def _written_otherwise(texts: pl.Series) -> pl.Series:
    numbers = texts.str.extract(r"^([+-]?[0-9]{1,18})\.0*$").cast(pl.Int64, strict=False)
    odd = numbers.is_null().arg_true()
    exact = {text: _whole(text) for text in texts.gather(odd).unique()}
    return numbers.scatter(odd, pl.Series([exact[text] for text in texts.gather(odd)], dtype=pl.Int64))


def _whole(text: str) -> int | None:
    if not _NUMBER.fullmatch(text):
        return None
    number = decimal.Decimal(text)
    if (number and number.adjusted() > 18) or number != number.to_integral_value():
        return None
    return int(number) if -_LARGEST - 1 <= number <= _LARGEST else None


def _instants(texts: pl.Series, zone: str | None = None) -> pl.Series:
    """Texts as instants, without offset in `zone` if there is one; `2021-12-01T21:45:46.664+0100` is taken apart, as Polars
    reads a time without offset far faster."""
    local = texts.str.head(23).str.to_datetime("%Y-%m-%dT%H:%M:%S.%3f", time_unit="us", strict=False, cache=False)
    instants = _ahead(local, texts.str.slice(23), zone)
    others = (instants.is_null() & texts.is_not_null()).arg_true()
    if not len(others):
        return instants
    parts = texts.gather(others).str.extract_groups(_INSTANT).struct.unnest()
    day, minute, second, fraction, offset = parts.iter_columns()
    fraction = (fraction.fill_null("") + "000000").str.head(6)
    local = (day + "T" + minute + ":" + second.fill_null("00") + "." + fraction).str.to_datetime(
        "%Y-%m-%dT%H:%M:%S.%6f", time_unit="us", strict=False
    )
    return instants.scatter(others, _ahead(local, offset.fill_null("") if zone else offset, zone))


def _ahead(local: pl.Series, offsets: pl.Series, zone: str | None) -> pl.Series:
    """Local times with their offsets from UTC as instants, without offset in `zone`; null for an offset that is none."""
    distinct = offsets.drop_nulls().unique()
    known = {text: _microseconds(*found.groups()) for text in distinct if (found := _OFFSETS.fullmatch(text))}
    ahead = offsets.replace_strict(known, default=None, return_dtype=pl.Int64).cast(pl.Duration("us"))
    instants = (local - ahead).dt.replace_time_zone("UTC")
    if zone is None:
        return instants
    bare = (offsets == "").arg_true()
    zoned = local.gather(bare).dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    return instants.scatter(bare, zoned.dt.convert_time_zone("UTC"))


def _microseconds(sign: str, hours: str | None, minutes: str | None) -> int | None:
    if (sign in "Zz") != (hours is None):
        return None
    return (-1 if sign == "-" else 1) * (int(hours or 0) * 60 + int(minutes or 0)) * 60_000_000
