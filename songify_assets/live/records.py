"""Records as typed events: what each stream's record holds, and why a record is refused.

Values come as a column of one type, which Polars reads at once, or as a list of anything, which is read value by value.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any, NamedTuple

import polars as pl

from songify_assets.live.bodies import Records

Column = list[Any] | pl.Series
AHEAD_US = 5 * 60 * 1_000_000
IN_THE_FUTURE = "in_the_future"
BEFORE_THE_START = "before_the_start"  # of SONGIFY_START_DATE: no table has a place for it
FIRST_MS, LAST_MS = -62_135_596_800_000, 253_402_300_799_999  # the years 1 to 9999
RFC3339 = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$"
AT = "occurred_at"
OCCURRED = pl.Datetime("us", "UTC")
TOLD = pl.col("told")


class Refused(NamedTuple):
    """A record that does not count: its number in the batch from 1, its text, and why."""

    record: int
    raw: str
    reason: str


@dataclass(frozen=True)
class Field:
    """A field of a record: how its values are read (NULL: they cannot be), and what they are in words."""

    read: Callable[[Column], pl.Series]
    is_a: str
    column: str = ""
    is_needed: bool = True


def read_events(
    records: Records, fields: Mapping[str, Field], first_us: int, now_us: int
) -> tuple[pl.DataFrame, list[Refused]]:
    """The good records as events, and the others with their reasons: what lies before `first_us` or ahead of `now_us` too."""
    reasons, read = dict(records.broken), {}
    for name, field in fields.items():
        told = records.columns(name)
        values = field.read(told)
        read[field.column or name] = values
        for at in _unread(told, values, field.is_needed):
            reasons.setdefault(at, _reason(name, told[at], field))
    frame = pl.DataFrame(read)
    for is_outside, reason in (
        (frame[AT] > now_us + AHEAD_US, IN_THE_FUTURE),
        (frame[AT] < first_us, BEFORE_THE_START),
    ):
        if is_outside.any():
            reasons |= {at: reason for at in is_outside.arg_true() if at not in reasons}
    frame = frame.with_columns(frame[AT].cast(OCCURRED))
    if not reasons:
        return frame, []
    refused = [Refused(at + 1, records.raw(at), reasons[at]) for at in sorted(reasons)]
    is_good = pl.Series([at not in reasons for at in range(len(frame))], dtype=pl.Boolean)
    return frame.filter(is_good), refused


def _unread(told: Column, values: pl.Series, is_needed: bool) -> list[int]:
    if not values.null_count():
        return []
    nulls: list[int] = values.is_null().arg_true().to_list()
    return nulls if is_needed else [at for at in nulls if told[at] is not None]


def _reason(name: str, value: Any, field: Field) -> str:
    if value is None or (field.is_needed and isinstance(value, str) and not value.strip()):
        return f"`{name}` is missing"
    if name == "timestamp" and type(value) is int and value > LAST_MS:
        return IN_THE_FUTURE
    return f"`{name}` is {str(value)[:80]!r}, not {field.is_a}"


def typed(column: Column) -> Column:
    """A list whose values have one type that Polars knows, as a column."""
    if isinstance(column, pl.Series):
        return column.cast(pl.String) if column.dtype in (pl.Categorical, pl.Enum) else column
    kinds = {type(value) for value in column} - {type(None)}
    dtype: type[pl.DataType] | None = next(
        (dtype for kind, dtype in ((str, pl.String), (int, pl.Int64)) if kinds <= {kind}), None
    )
    if dtype is None and kinds <= {int, float}:
        dtype = pl.Float64
    try:
        return column if dtype is None else pl.Series(column, dtype=dtype)
    except (TypeError, OverflowError, UnicodeEncodeError):
        return column


def user_ids(column: Column) -> pl.Series:
    """Texts; of integers their digits."""
    if isinstance(column, pl.Series):
        return texts(column.cast(pl.String) if column.dtype.is_integer() else column)
    if int in set(map(type, column)):
        column = [str(value) if type(value) is int else value for value in column]
    return texts(column)


def texts(column: Column) -> pl.Series:
    """Texts that are not blank and hold no control character."""
    if isinstance(column, list) and _are_plain(column):
        return pl.Series(column, dtype=pl.String)
    column = typed(column)
    if isinstance(column, list):
        column = pl.Series([value if _is_text(value) else None for value in column], dtype=pl.String)
    return _told(column, TOLD, (TOLD.str.strip_chars() != "") & ~TOLD.str.contains(r"\p{Cc}"))


def _told(column: pl.Series, told: pl.Expr, is_right: pl.Expr) -> pl.Series:
    """What the texts of a column tell, where it is right; in one question, as each costs as much as a thousand texts."""
    if column.dtype != pl.String:
        return pl.Series([None] * len(column), dtype=pl.String)
    return column.alias("told").to_frame().select(pl.when(is_right).then(told)).to_series()


def _are_plain(values: list[Any]) -> bool:
    """Whether all are texts of letters that can be seen: that is told at once, and for most senders it is so."""
    try:
        letters = "".join(values)
    except TypeError:
        return False
    return letters.isascii() and letters.isprintable() and " " not in letters and "" not in values


def _is_text(value: Any) -> bool:
    """Whether it is a text that can be written down; JSON also knows halves of letters."""
    return type(value) is str and not any("\ud800" <= letter <= "\udfff" for letter in value)


def countries(column: Column) -> pl.Series:
    """Two letters, as capitals; in a list each country is read once, as Python reads a few sooner than Polars a thousand."""
    column = column if isinstance(column, list) else typed(column)
    if isinstance(column, pl.Series):
        capitals = TOLD.str.to_uppercase()
        return _told(column, capitals, capitals.str.contains("^[A-Z]{2}$"))
    told = [value if type(value) is str else None for value in column]
    read = {value: _country(value) for value in set(told)}
    return pl.Series([read[value] for value in told], dtype=pl.String)


def _country(text: str | None) -> str | None:
    capitals = (text or "").upper()
    return capitals if len(capitals) == 2 and capitals.isascii() and capitals.isalpha() else None


def durations(column: Column) -> pl.Series:
    """Finite numbers that are not negative."""
    column = typed(column)
    if isinstance(column, list):
        numbers = [value if type(value) in (int, float) else None for value in column]
        column = pl.Series([_float(value) for value in numbers], dtype=pl.Float64)
    if not column.dtype.is_numeric():
        return pl.Series([None] * len(column), dtype=pl.Float64)
    read = column.cast(pl.Float64)
    return read.set(~(read.is_finite() & (read >= 0)), None) + 0.0  # -0.0 is 0


def _float(value: Any) -> float | None:
    try:
        return float(value) if value is not None and isfinite(value) else None
    except OverflowError:
        return None


def instants(column: Column) -> pl.Series:
    """Microseconds since 1970, of epoch milliseconds and of texts as RFC 3339 writes them."""
    column = typed(column)
    if isinstance(column, list):
        numbers = [value if type(value) is int and FIRST_MS <= value <= LAST_MS else None for value in column]
        written = pl.Series([value if _is_text(value) else None for value in column], dtype=pl.String)
        return _of_ms(pl.Series(numbers, dtype=pl.Int64)).fill_null(_of_texts(written))
    if isinstance(column.dtype, pl.Datetime):
        nowhere = pl.Series([None] * len(column), dtype=pl.Int64)
        return column.dt.cast_time_unit("us").to_physical() if column.dtype.time_zone else nowhere
    if column.dtype.is_integer():
        return _of_ms(column.cast(pl.Int64, strict=False))
    if column.dtype == pl.String:
        return _of_texts(column)
    return pl.Series([None] * len(column), dtype=pl.Int64)


def _of_ms(numbers: pl.Series) -> pl.Series:
    return numbers.set(~numbers.is_between(FIRST_MS, LAST_MS), None) * 1000


def _of_texts(written: pl.Series) -> pl.Series:
    plain = written.str.to_uppercase().str.replace(" ", "T", literal=True)
    plain = plain.set(~plain.str.contains(RFC3339), None)
    read = plain.str.to_datetime("%+", time_unit="us", strict=False)
    # What lies before the year 1 in UTC, nobody can write down.
    micros = read.to_physical().cast(pl.Int64)
    return micros.set(~micros.is_between(FIRST_MS * 1000, LAST_MS * 1000), None)


USER = Field(user_ids, "a text or an integer, without control characters")
TIMESTAMP = Field(instants, "an instant with an offset (RFC 3339) or epoch milliseconds", AT)
STREAMS: Mapping[str, Mapping[str, Field]] = {
    "logins": {
        "user_id": USER,
        "timestamp": TIMESTAMP,
        "country": Field(countries, "a country of two letters", is_needed=False),
    },
    "steps": {
        "user_id": USER,
        "timestamp": TIMESTAMP,
        "feature": Field(texts, "a text without control characters"),
        "step": Field(texts, "a text without control characters"),
        "duration_ms": Field(durations, "a finite number that is not negative"),
    },
}
