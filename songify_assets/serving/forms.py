"""The four forms of an answer, which of them a request accepts, and how columns are read for them."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from http import HTTPStatus

from songify_assets.serving.catalogue import REAL, WHOLE, Column, of_row, quoted
from songify_assets.serving.problems import Problem

JSON, CSV = "application/json", "text/csv"
ARROW, PARQUET = "application/vnd.apache.arrow.stream", "application/vnd.apache.parquet"
FORMS = {"json": JSON, "csv": CSV, "arrow": ARROW, "parquet": PARQUET}
HTML = "text/html"
# Many rows of JSON are written by DuckDB, each row by itself.
JSON_ROWS = "rows of JSON"
_WRITTEN = ("VARCHAR", "VARCHAR[]", "BOOLEAN", "DATE", "TIMESTAMP WITH TIME ZONE", "BLOB")
INSTANT = "%Y-%m-%dT%H:%M:%S.%fZ"


@lru_cache(1000)
def accepted(accept: str, form: str | None) -> str:
    """The media type of an answer: of `format` where that is said, else what `Accept` likes best; Problem (406) else."""
    if form is not None:
        if form in FORMS:
            return FORMS[form]
        raise _none_of(f"format={form[:80]}")
    liked = _liked(accept)
    best = max(FORMS.values(), key=lambda media: _weight(liked, media))  # the first of equals
    if not _weight(liked, best):
        raise _none_of(accept[:200])
    return best


def _liked(accept: str) -> dict[str, float]:
    """The media ranges of an Accept header with their weights; any where there is none."""
    found = {}
    for part in filter(None, (part.strip() for part in accept.lower().split(","))):
        media, *parameters = (piece.strip() for piece in part.split(";"))
        weight = next((one[2:] for one in parameters if one.startswith("q=")), "1")
        try:
            found[media] = min(max(float(weight), 0.0), 1.0)
        except ValueError:
            found[media] = 0.0
    return found or {"*/*": 1.0}


def _weight(liked: Mapping[str, float], media: str) -> float:
    ranges = (media, media.split("/")[0] + "/*", "*/*")
    return next((liked[one] for one in ranges if one in liked), 0.0)


def _none_of(asked: str) -> Problem:
    remedy = "There are " + ", ".join(f"{form} ({media})" for form, media in FORMS.items()) + "."
    return Problem(HTTPStatus.NOT_ACCEPTABLE, "there is no such form of an answer", where=asked, remedy=remedy)


@lru_cache(10_000)
def selected(column: Column, media: str) -> str:
    """A column in SQL as a form needs it: what JSON and CSV have no type for is a text there."""
    name, value = quoted(column.name), of_row(column.name)
    if media not in (JSON, CSV):
        return value
    if media == CSV and (column.type.endswith("]") or column.type.startswith(("STRUCT", "MAP"))):
        return f"to_json({value})::VARCHAR AS {name}"
    text = _as_text(column)
    return f"{text} AS {name}" if text else value


def json_row(columns: Iterable[Column]) -> str:
    """A row in SQL as the bytes of its JSON; NULL stands for what is no number."""
    fields = ", ".join(f"{quoted(column.name)} := {_as_text(column) or _in_json(column)}" for column in columns)
    return f"encode(to_json(struct_pack({fields}))::VARCHAR)"


def is_written_by_duckdb(column: Column) -> bool:
    """Whether DuckDB's JSON of a column is what this product means by it."""
    return column.type in _WRITTEN or column.type in WHOLE or column.type in REAL


def _as_text(column: Column) -> str | None:
    if column.type == "BLOB":
        return f"to_base64({of_row(column.name)})"
    if column.type == "TIMESTAMP WITH TIME ZONE":
        return f"strftime({of_row(column.name)} AT TIME ZONE 'UTC', '{INSTANT}')"
    return None


def _in_json(column: Column) -> str:
    value = of_row(column.name)
    return f"CASE WHEN isfinite({value}) THEN {value} END" if column.type in REAL else value
