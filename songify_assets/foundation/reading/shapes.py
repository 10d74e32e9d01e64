"""Names that an object of a JSON record tells twice, looked for in many records at once.

Records of one shape (the same names and brackets in the same order) tell a name twice all or none of them, so one of each
shape is looked at by itself.
"""

import json
import re

import numpy as np
import numpy.typing as npt
import polars as pl

from songify_assets.foundation.reading.structure import COLON, COMMA, QUOTE, Numbers, Structure, not_blank, structure

Hashes = npt.NDArray[np.uint64]
FACTOR = np.uint64(0x9E3779B97F4A7C15)
_WORD = 8
_MASKS = np.array([2 ** (8 * length) - 1 for length in range(_WORD + 1)], dtype=np.uint64)
TOKEN = re.compile(r'("[^"\\]*(?:\\.[^"\\]*)*")\s*(:?)|[{}\[\]]', re.DOTALL)


def tells_twice(records: pl.Series) -> dict[int, str]:
    """Which of the JSON records tell a name twice in one object, however deep, and the name.

    >>> tells_twice(pl.Series(['{"a": 1, "b": {"a": 2}}', '{"a": 1, "a": 2}', '{"a": 2, "a": 1}']))
    {1: 'a', 2: 'a'}
    """
    data = "".join(records).encode()
    begins = np.append(0, records.str.len_bytes().cum_sum()[:-1])
    found = structure(data)
    _, examples, shapes = np.unique(_shapes(data, found, begins), return_index=True, return_inverse=True)
    twice = {shape: name for shape, row in enumerate(examples) if (name := told_twice(records[int(row)])) is not None}
    return {int(row): twice[int(shapes[row])] for row in np.flatnonzero(np.isin(shapes, list(twice)))}


def told_twice(record: str) -> str | None:
    """A name that an object in one JSON text tells twice.

    >>> told_twice('{"a": {"b": 1, "c": 2, "\\\\u0062": 3}}')
    'b'
    """
    inside: list[set[str]] = []
    for token in TOKEN.finditer(record):
        text, colon = token.groups()
        if text is None and token[0] in "{[":
            inside.append(set())
        elif text is None:
            inside.pop()
        elif colon:
            if (name := json.loads(text)) in inside[-1]:
                return str(name)
            inside[-1].add(name)
    return None


def _shapes(data: bytes, found: Structure, begins: Numbers) -> Hashes:
    """A number for each record, the same for those of one shape."""
    quotes = np.flatnonzero(found.letters == QUOTE)
    opening, closing = quotes[0::2], quotes[1::2]
    after = not_blank(found.text, found.places[closing] + 1)
    names = found.text[np.minimum(after, len(found.text) - 1)] == COLON
    first, last = found.places[opening[names]] + 1, found.places[closing[names]]
    told = np.where(found.outside & (found.letters != COMMA), found.letters, 0).astype(np.uint64)
    told[opening[names]] = _hashes(data, first, last - first)
    kept = np.flatnonzero(told)
    starts = np.searchsorted(found.places[kept], begins)
    lengths = np.diff(starts, append=len(kept))
    nth = np.arange(len(kept)) - np.repeat(starts, lengths)
    powers = np.multiply.accumulate(np.full(max(int(lengths.max()), 1), FACTOR))
    sums = np.add.reduceat(np.append(told[kept] * powers[nth], np.uint64(0)), starts)
    return np.where(lengths > 0, sums, np.uint64(0))


def _hashes(data: bytes, first: Numbers, lengths: Numbers) -> Hashes:
    """Hashes of names, by where they begin and how long they are."""
    padded = data + bytes(_WORD)
    words = np.ndarray((len(data) + 1,), dtype="<u8", buffer=padded, strides=(1,))
    hashes = lengths.astype(np.uint64) + np.uint64(256)
    which = np.arange(len(lengths))
    for done in range(0, int(lengths.max(initial=0)), _WORD):
        which = which[lengths[which] > done]
        left = np.minimum(lengths[which] - done, _WORD)
        hashes[which] = (hashes[which] ^ (words[first[which] + done] & _MASKS[left])) * FACTOR
        hashes[which] ^= hashes[which] >> np.uint64(29)
    return hashes
