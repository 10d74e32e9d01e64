"""What DuckDB takes for JSON and RFC 8259 does not: a name told twice, NaN and Infinity, a comma before a closing bracket."""

from collections.abc import Mapping

import numpy as np
import polars as pl
import pyarrow as pa

from songify_assets.foundation.reading.names import repeated_names
from songify_assets.foundation.reading.structure import (
    CLOSING,
    COMMA,
    PIECE,
    QUOTE,
    Flags,
    Letters,
    Numbers,
    Structure,
    not_blank,
    structure,
)  # fmt: skip

_BEFORE, _AFTER = (np.frombuffer(letters, dtype=np.uint8) for letters in (b":,[- \t\r\n", b",]} \t\r\niI"))


def broken_rules(texts: pl.Series, values: pl.DataFrame, fields: Mapping[str, str]) -> dict[int, str]:
    """Which of the JSON records `texts`, whose `fields` are `values`, break RFC 8259 though DuckDB reads them, and how."""
    arrow: pa.LargeStringArray = texts.to_arrow()
    if not len(arrow):
        return {}
    ends = np.frombuffer(arrow.buffers()[1], dtype=np.int64)[arrow.offset :][: len(arrow) + 1]
    text, begins = np.frombuffer(arrow.buffers()[2], dtype=np.uint8)[ends[0] : ends[-1]], ends[:-1] - ends[0]
    broken = {
        row: f"tells `{name[:80]}` twice" for row, name in repeated_names(texts, text, begins, values, fields).items()
    }
    numbers, may_have_needless_commas = _suspects(text)
    if not len(numbers) and not (may_have_needless_commas and texts.str.contains(r",\s*[}\]]").any()):
        return broken
    found = structure(text.tobytes())
    quotes = found.places[found.letters == QUOTE]
    outside = numbers[np.searchsorted(quotes, numbers) % 2 == 0]
    broken |= dict.fromkeys(_rows(begins, outside), "holds NaN or Infinity")
    return broken | dict.fromkeys(_rows(begins, _needless_commas(found)), "has a comma before a closing bracket")


def _rows(begins: Numbers, places: Numbers) -> list[int]:
    """The records in which places lie."""
    rows: list[int] = np.unique(np.searchsorted(begins, places, side="right") - 1).tolist()
    return rows


def _needless_commas(found: Structure) -> Numbers:
    """The commas that only blanks divide from a closing bracket."""
    closing = np.isin(found.letters, CLOSING) & found.outside
    before = np.flatnonzero((found.letters[:-1] == COMMA) & found.outside[:-1] & closing[1:])
    commas = found.places[before]
    needless: Flags = not_blank(found.text, commas + 1) == found.places[before + 1]
    return commas[needless]


def _suspects(text: Letters) -> tuple[Numbers, bool]:
    """Where NaN or Infinity may stand, in any spelling that DuckDB takes, and whether a comma or blank is before a closing bracket;
    maybe in a text."""
    spelled, commas = list[Numbers](), False
    for at in range(0, len(text), PIECE):
        piece = text[at : at + PIECE + 2]
        lower: Letters = piece | np.uint8(0x20)  # which makes capitals small, and `]` a `}`
        spelled.append(_spelled(lower) + at)
        commas = commas or _closes_after_comma_or_blank(piece, lower)
    places = np.concatenate(spelled)
    places = places[(places > 0) & (places + 3 < len(text))]
    return places[np.isin(text[places - 1], _BEFORE) & np.isin(text[places + 3], _AFTER)], commas


def _closes_after_comma_or_blank(piece: Letters, lower: Letters) -> bool:
    before = piece[:-1] <= ord(" ")
    before |= piece[:-1] == COMMA
    before &= lower[1:] == CLOSING[0]
    return bool(before.any())


def _spelled(lower: Letters) -> Numbers:
    """Where `nan` or `inf` begins."""
    n = lower == ord("n")
    nan = n[:-2] & n[2:]
    nan &= lower[1:-1] == ord("a")
    inf = n[1:-1] & (lower[:-2] == ord("i"))
    inf &= lower[2:] == ord("f")
    nan |= inf
    return np.flatnonzero(nan)
