"""Names that an object of a JSON record tells twice: counted so cheaply that nearly no record has to be looked at closer.

A record without gaps tells each name on the way to its fields at least once a place. Records with as many places and the same
names in total tell none of them more often, if one of them does not: so one of them is looked at.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping

import numpy as np
import polars as pl

from songify_assets.foundation.reading.json_sql import plain_name, steps
from songify_assets.foundation.reading.shapes import FACTOR, TOKEN, Hashes, tells_twice, told_twice
from songify_assets.foundation.reading.structure import (
    BACKSLASH,
    COLON,
    PIECE,
    QUOTE,
    Letters,
    Numbers,
    not_blank,
    without_escapes,
)

_FEW = 1000
_TAIL = 8
_NONE = np.array([], dtype=np.int64)
_QUOTES, _SEVENS, _TOPS = (np.uint64(int(byte * _TAIL, 16)) for byte in ("22", "7f", "80"))


def repeated_names(
    texts: pl.Series, text: Letters, begins: Numbers, values: pl.DataFrame, fields: Mapping[str, str]
) -> dict[int, str]:
    """Which of the JSON records tell a name twice, and the name; one that leads to no field may go unseen.

    `text` is all `texts` one after the other, `begins` where each begins, `values` are their `fields`.
    """
    lists = {f"c{at}": path for at, path in enumerate(fields.values()) if "[*]" in path}
    gap = pl.any_horizontal(
        pl.col(name).list.eval(pl.element().is_null()).list.any() if name in lists else pl.col(name).is_null()
        for name in values.columns
    )
    told, doubtful = _told(text, begins)
    counted = values.select(
        pl.Series("told", told), *(pl.col(name).list.len() for name in lists), closer=gap | pl.Series(doubtful)
    )
    counted = counted.with_row_index("row")
    groups = counted.filter(~pl.col("closer")).group_by("told", *lists).agg("row")
    rows = [counted.filter("closer")["row"]]
    for group in groups.iter_rows(named=True):
        lengths = {path: group[name] for name, path in lists.items()}
        if len(groups) > _FEW or not _is_plain(texts[group["row"][0]], fields.values(), lengths):
            rows.append(pl.Series("row", group["row"], pl.UInt32))
    closer = pl.concat(rows)
    if closer.is_empty():
        return {}
    return {closer[at]: name for at, name in tells_twice(texts.gather(closer)).items()}


def _told(text: Letters, begins: Numbers) -> tuple[Hashes, list[bool]]:
    """For each record a number, the same for the same names, and whether some of them are not counted in it."""
    if len(text) < _TAIL:
        return np.zeros(len(begins), dtype=np.uint64), [True] * len(begins)
    plain = text if BACKSLASH not in text else np.frombuffer(without_escapes(text.tobytes()), dtype=np.uint8)
    words = np.ndarray((len(text) - _TAIL + 1,), dtype="<u8", buffer=text, strides=(1,))
    closing, blank, hashes = (np.concatenate(parts) for parts in zip(*_names(plain, words), strict=True))
    doubtful = np.full(len(begins), False)
    spaced = blank[plain[np.minimum(not_blank(plain, blank + 1), len(text) - 1)] == COLON]
    doubtful[np.searchsorted(begins, spaced, side="right") - 1] = True
    sums = np.append(np.uint64(0), np.cumsum(hashes, dtype=np.uint64))
    edges = np.searchsorted(closing, np.append(begins, len(text)))
    return sums[edges[1:]] - sums[edges[:-1]], doubtful.tolist()


def _names(text: Letters, words: Hashes) -> Iterator[tuple[Numbers, Numbers, Hashes]]:
    """The quotes before a colon, those before a blank, and the hash of the name that each of the first ones ends; by pieces."""
    for at in range(0, len(text), PIECE):
        piece = text[at : at + PIECE + 1]
        quotes, after = piece[:-1] == QUOTE, piece[1:]
        closing = np.flatnonzero(quotes & (after == COLON)) + at
        blank = quotes & (after <= ord(" "))
        hashes = _tails(words[closing - _TAIL]) * FACTOR
        hashes ^= hashes >> np.uint64(32)
        yield closing, np.flatnonzero(blank) + at if blank.any() else _NONE, hashes * FACTOR


def _tails(words: Hashes) -> Hashes:
    """What of the last letters of a name, with those before it, comes after its opening quote."""
    others = words ^ _QUOTES
    opening = ~(((others & _SEVENS) + _SEVENS) | others) & _TOPS
    for shift in (8, 16, 32):
        opening |= opening >> np.uint64(shift)
    return words & ~((opening >> np.uint64(7)) * np.uint64(255))


def _is_plain(record: str, paths: Collection[str], lengths: Mapping[str, int]) -> bool:
    """Whether a record without gaps tells each name on the way to a field once a place, and nowhere else."""
    if told_twice(record) is not None:
        return False
    told = Counter(token[1].encode()[1:-1][-_TAIL:] for token in TOKEN.finditer(record) if token[2])
    places = {place: lengths[path] if "[*]" in place else 1 for path in paths for place in steps(path)}
    due = Counter[bytes]()
    for place, count in places.items():
        due[plain_name(place).encode()[-_TAIL:]] += count
    return all(told[name] == count for name, count in due.items())
