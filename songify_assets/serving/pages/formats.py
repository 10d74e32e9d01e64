"""How numbers, days and names are written on a page."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import quote, urlencode

from songify_assets.foundation.money import decimals, major_units
from songify_assets.serving.pages.content import Cell

NONE = "–"  # noqa: RUF001 (the dash of an empty cell)
MOST_CHARACTERS = 160


def text(value: object, *, unknown: str = NONE) -> Cell:
    """A text, cut where it is very long."""
    if value is None:
        return Cell(unknown, tone="faint")
    whole = str(value)
    return Cell(whole if len(whole) <= MOST_CHARACTERS else whole[: MOST_CHARACTERS - 1] + "…")


def code(value: str) -> Cell:
    """Something to type, or a name of the machine's."""
    return Cell(value, is_code=True)


def link(words: str, href: str) -> Cell:
    """Words that lead somewhere."""
    return Cell(words, href=href)


def count(value: float | None) -> Cell:
    """A whole number: `12,345`."""
    return Cell(NONE if value is None else f"{value:,.0f}", is_number=True)


def signed(value: float | None) -> Cell:
    """A difference: `+12`, `-3`, `0`."""
    return Cell(NONE if value is None else f"{value:+,.0f}" if value else "0", is_number=True)


def decimal(value: float | None, places: int = 2) -> Cell:
    """A number with decimals."""
    return Cell(NONE if value is None else f"{value:,.{places}f}", is_number=True)


def percent(value: float | None) -> Cell:
    """A fraction as percent with one decimal: `57.6%`."""
    return Cell(NONE if value is None else f"{value:.1%}", is_number=True)


def points(value: float | None) -> Cell:
    """A difference of fractions in percentage points: `+0.4 pp`."""
    return Cell(NONE if value is None else f"{value * 100:+.2f} pp" if value else "0 pp", is_number=True)


def money(minor: int | None, currency: str | None) -> Cell:
    """Minor units as an amount in major units with its currency: `31,403.77 SEK`."""
    if minor is None or currency is None:
        return Cell(NONE, is_number=True)
    return Cell(f"{major_units(int(minor), currency)} {currency}", is_number=True)


def amount(minor: int | None, currency: str) -> Cell:
    """The same without the currency, where that is said beside it."""
    return Cell(NONE if minor is None else major_units(int(minor), currency), is_number=True)


def seconds(value: float | None) -> Cell:
    """A duration: `45 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`."""
    if value is None:
        return Cell(NONE, is_number=True)
    return Cell(duration(value), is_number=True)


def duration(value: float) -> str:
    """The two largest units of a duration.

    >>> duration(45.2), duration(200), duration(7500), duration(273600)
    ('45 s', '3 min 20 s', '2 h 5 min', '3 d 4 h')
    """
    left, parts = round(value), list[str]()
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        if amount := left // length:
            parts.append(f"{amount:,} {unit}")
        left %= length
    return " ".join(parts[:2]) or "0 s"


def day(value: date | None) -> Cell:
    """A day: `2021-12-25`."""
    return Cell(NONE if value is None else f"{value:%Y-%m-%d}", tone="whole")


def month(value: date) -> str:
    """A month: `2021-12`."""
    return f"{value:%Y-%m}"


def month_cell(value: date) -> Cell:
    """A month in a table."""
    return Cell(month(value), tone="whole")


def at(value: datetime | None) -> Cell:
    """An instant, in UTC."""
    return Cell(instant(value), tone="whole")


def in_words(value: date) -> str:
    """A month: `December 2021`."""
    return f"{value:%B %Y}"


def instant(value: datetime | None) -> str:
    """An instant, in UTC: `2021-12-25 07:00 UTC`."""
    return NONE if value is None else f"{value.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def heated(cell: Cell, fraction: float | None) -> Cell:
    """A cell of a heat map: the fraction from 0 to 1 is its heat."""
    return cell if fraction is None else replace(cell, heat=round(10 * min(max(fraction, 0), 1)))


def barred(cell: Cell, fraction: float | None, start: float = 0) -> Cell:
    """A cell with a bar beside the number, as fractions of its width."""
    if fraction is None:
        return cell
    first, last = sorted((min(max(start, 0), 1), min(max(start + fraction, 0), 1)))
    return replace(cell, bar=(round(100 * first, 2), round(100 * (last - first), 2)))


def address(path: Sequence[str], **values: object) -> str:
    """An address of ours: each piece of the path and each value stays what it is, whatever is in it.

    >>> address(["royalties"], month="2021-12", licensor="Sound & Co", country=None)
    '/royalties?month=2021-12&licensor=Sound+%26+Co'
    """
    kept = {name: value for name, value in values.items() if value is not None}
    return "/" + "/".join(quote(piece, safe="") for piece in path) + (f"?{urlencode(kept)}" if kept else "")


def table_address(table: str) -> str:
    """The page of a table."""
    return address(["tables", *table.split(".", 1)])


def download_address(table: str, form: str, filters: Mapping[str, str]) -> str:
    """Where the rows of a table can be had as `csv`, `arrow` or `parquet`."""
    return f"{address(['v1', 'tables', *table.split('.', 1)])}?{urlencode({**filters, 'format': form})}"


def value(cell: Any) -> Cell:
    """A value of any type, as a preview shows it."""
    match cell:
        case None:
            return Cell("NULL", tone="faint")
        case bool():
            return Cell(str(cell).lower())
        case int():
            return Cell(str(cell), is_number=True)
        case float():
            return Cell(f"{cell:.10g}", is_number=True)
        case bytes() | bytearray():
            return Cell(f"{len(cell):,} bytes", tone="faint")
        case datetime():
            return Cell(f"{cell.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}", tone="whole")
        case date():
            return Cell(str(cell), tone="whole")
        case list() | dict():
            return text(", ".join(map(str, cell)) if isinstance(cell, list) else cell)
        case _:
            return text(cell)


def places(currency: str) -> int:
    """How many decimals a currency has."""
    return decimals().get(currency, 0)
