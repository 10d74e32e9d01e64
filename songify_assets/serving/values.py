"""Values as an address writes them: read as the type of their column, never as SQL."""

import re
from collections.abc import Callable
from datetime import date, datetime
from math import isinf
from typing import Any

from songify_assets.serving.catalogue import REAL, WHOLE, Column
from songify_assets.serving.problems import wrong_query

_WHOLE = re.compile(r"[+-]?\d{1,20}")
_REAL = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,4})?")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d+)?)?([Zz]|[+-]\d\d:\d\d)")
_TRUTH = {"true": True, "false": False}


def value_of(parameter: str, column: Column, text: str) -> Any:
    """The value that a text names; Problem (400) where it is none of the column's type."""
    read, means = _readers(column)
    try:
        return read(text)
    except (ValueError, KeyError, OverflowError):
        raise wrong_query(
            parameter, f"{text[:80]!r} is not {means}", f"{column.name} is of type {column.type}."
        ) from None


def text_of(value: Any) -> str | None:
    """A value of a plain column as a text from which `value_of` makes it again."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if isinstance(value, date) else repr(value)


def day_of(parameter: str, text: str) -> date:
    """A day, written as ISO 8601 does."""
    try:
        return _day(text)
    except ValueError:
        raise wrong_query(parameter, f"{text[:80]!r} is not a day", "Write it like 2021-12-25.") from None


def _readers(column: Column) -> tuple[Callable[[str], Any], str]:
    """What reads a text for a column, and what it should be in words."""
    if column.type in WHOLE:
        least, most = WHOLE[column.type]
        return lambda text: _whole(text, least, most), f"a whole number from {least} to {most}"
    if column.type in REAL:
        return _real, "a number"
    if column.type == "BOOLEAN":
        return _TRUTH.__getitem__, "true or false"
    if column.type == "DATE":
        return _day, "a day such as 2021-12-25"
    if column.type == "TIMESTAMP WITH TIME ZONE":
        return _instant, "an instant with its offset such as 2021-12-25T07:00:00Z"
    if column.type == "TIMESTAMP":
        return datetime.fromisoformat, "a time such as 2021-12-25T07:00:00"
    return str, "a text"


def _whole(text: str, least: int, most: int) -> int:
    if not (_WHOLE.fullmatch(text) and least <= int(text) <= most):
        raise ValueError
    return int(text)


def _real(text: str) -> float:
    if text in ("nan", "inf", "-inf"):
        return float(text)
    if not _REAL.fullmatch(text) or isinf(float(text)):
        raise ValueError
    return float(text)


def _day(text: str) -> date:
    if not _DAY.fullmatch(text):
        raise ValueError
    return date.fromisoformat(text)


def _instant(text: str) -> datetime:
    # A plus sign that was not encoded arrives as a blank.
    text = re.sub(r" (\d\d:\d\d)$", r"+\1", text) if text[10:11] in "Tt" else text
    if not _INSTANT.fullmatch(text):
        raise ValueError
    return datetime.fromisoformat(text.upper())
