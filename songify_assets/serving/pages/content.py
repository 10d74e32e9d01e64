"""What a page is made of: sections with tables and lines. Texts are plain; the templates make them safe."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class Cell:
    """A cell of a table: its text and, where it is a picture too, a heat from 0 to 10 or a bar (start and width in percent)."""

    text: str
    is_number: bool = False
    href: str = ""
    heat: int | None = None
    bar: tuple[float, float] | None = None
    tone: str = ""
    detail: str = ""
    is_code: bool = False


@dataclass(frozen=True)
class Table:
    """A table; the first `row_headings` cells of a row say what it is about. `empty` is said instead where there are no rows."""

    caption: str
    headings: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    empty: str = "Nothing to show."
    row_headings: int = 1
    kind: str = "table"

    def is_number(self, column: int) -> bool:
        """Whether a column holds numbers, which are read best flush right."""
        return any(len(row) > column and row[column].is_number for row in self.rows)


@dataclass(frozen=True)
class Lines:
    """Lines over days or months, drawn by the browser, with the table of the same numbers behind them."""

    caption: str
    at: Sequence[date]
    series: Sequence[tuple[str, Sequence[float | None]]]
    behind: Table
    unit: str = ""
    kind: str = "lines"

    @property
    def spec(self) -> str:
        """What the browser draws."""
        seconds = [(day - EPOCH).days * 86400 for day in self.at]
        return json.dumps(
            {"at": seconds, "series": [[name, list(values)] for name, values in self.series], "unit": self.unit}
        )


@dataclass(frozen=True)
class Facts:
    """A few numbers that stand for themselves: what each is, the number, and a word about it."""

    facts: Sequence[tuple[str, str, str]]
    is_small: bool = False
    kind: str = "facts"


@dataclass(frozen=True)
class Words:
    """A sentence, and what to type, if anything."""

    text: str
    command: str = ""
    tone: str = ""
    kind: str = "words"


@dataclass(frozen=True)
class Links:
    """Where to go from here: words and addresses."""

    links: Sequence[tuple[str, str]]
    kind: str = "links"


@dataclass(frozen=True)
class Source:
    """A query, to be opened: what it asks, and its SQL."""

    title: str
    sql: str
    kind: str = "source"


Part = Source | Table | Lines | Facts | Words | Links


@dataclass(frozen=True)
class AsOf:
    """How far what is shown reaches, whether it is whole up to there, and of which table it is."""

    through: str
    is_complete: bool
    table: str


@dataclass(frozen=True)
class Section:
    """A part of a page that has a heading and an address of its own."""

    id: str
    title: str
    parts: Sequence[Part]
    as_of: AsOf | None = None
    note: str = ""


@dataclass(frozen=True)
class Filter:
    """A choice that lives in the URL: its name there, what it is called, and what can be chosen (value, words)."""

    name: str
    label: str
    options: Sequence[tuple[str, str]]
    chosen: str = ""


@dataclass(frozen=True)
class Page:
    """A page; `template` is the one that draws it."""

    title: str
    lead: str
    sections: Sequence[Section]
    filters: Sequence[Filter] = ()
    template: str = "page.html"
    more: dict[str, Any] = field(default_factory=dict)
