"""What DuckDB takes for JSON and RFC 8259 does not: a name told twice, NaN and Infinity, a comma before a closing bracket."""

from collections.abc import Mapping

import numpy as np
import polars as pl
import pyarrow as pa

from songify_assets.foundation.reading.names import repeated_names
from songify_assets.foundation.reading.structure import (
    CLOSING,
    COMMA,
    QUOTE,
    Flags,
    Letters,
    Numbers,
    Structure,
    not_blank,
    structure,
)  # fmt: skip

# What may break a rule, as a search for a few letters that is next to nothing, and as a closer look at what it finds.
_NUMBER = "(?i)nan|inf", r"(?i)[:,\[\- \t\r\n](nan|inf)[,\]} \t\r\ni]"
_COMMA = r",\}|,\]|, |,\t|,\r|,\n", r",[ \t\r\n]*[}\]]"
_BEFORE, _AFTER = (np.frombuffer(letters, dtype=np.uint8) for letters in (b":,[- \t\r\n", b",]} \t\r\niI"))


def broken_rules(texts: pl.Series, values: pl.DataFrame, fields: Mapping[str, str]) -> dict[int, str]:
    """Which of the JSON records `texts`, whose `fields` are `values`, break RFC 8259 though DuckDB reads them, and how."""
    if not len(texts):
        return {}
    repeated = repeated_names(texts, *_letters(texts), values, fields)
    broken = {row: f"tells `{name[:80]}` twice" for row, name in repeated.items()}
    odd = np.union1d(_with(texts, *_NUMBER), _with(texts, *_COMMA))
    if not len(odd):
        return broken
    text, begins = _letters(texts.gather(odd))
    found, numbers = structure(text.tobytes()), _numbers(text)
    quotes = found.places[found.letters == QUOTE]
    outside = numbers[np.searchsorted(quotes, numbers) % 2 == 0]
    broken |= {int(odd[row]): "holds NaN or Infinity" for row in _rows(begins, outside)}
    commas = _rows(begins, _needless_commas(found))
    return broken | {int(odd[row]): "has a comma before a closing bracket" for row in commas}


def _letters(texts: pl.Series) -> tuple[Letters, Numbers]:
    """All texts one after the other, and where each begins."""
    arrow: pa.LargeStringArray = texts.to_arrow()
    ends = np.frombuffer(arrow.buffers()[1], dtype=np.int64)[arrow.offset :][: len(arrow) + 1]
    return np.frombuffer(arrow.buffers()[2], dtype=np.uint8)[ends[0] : ends[-1]], ends[:-1] - ends[0]


def _with(texts: pl.Series, letters: str, pattern: str) -> Numbers:
    """The records that match a pattern, of which those with these letters are looked at."""
    rows = texts.str.contains(letters).arg_true()
    return rows.filter(texts.gather(rows).str.contains(pattern)).to_numpy()


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


def _numbers(text: Letters) -> Numbers:
    """Where NaN or Infinity may stand, in any spelling that DuckDB takes; maybe in a text."""
    lower: Letters = text | np.uint8(0x20)  # which makes capitals small
    n = lower == ord("n")
    nan = n[:-2] & n[2:] & (lower[1:-1] == ord("a"))
    inf = n[1:-1] & (lower[:-2] == ord("i")) & (lower[2:] == ord("f"))
    places = np.flatnonzero(nan | inf)
    places = places[(places > 0) & (places + 3 < len(text))]
    return places[np.isin(text[places - 1], _BEFORE) & np.isin(text[places + 3], _AFTER)]
