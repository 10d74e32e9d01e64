"""The letters of many texts at once: what none of them holds is told without looking at each."""

import numpy as np
import numpy.typing as npt
import polars as pl

Letters = npt.NDArray[np.uint8]
BLANK, DELETE = ord(" "), 0x7F


def letters_of(texts: pl.Series) -> Letters:
    """The bytes of all texts of a column, one after the other, in UTF-8.

    >>> bytes(letters_of(pl.Series(["ab", None, "é"]))).decode()
    'abé'
    """
    arrow = texts.to_arrow()
    _, offsets, data = arrow.buffers()
    if data is None or offsets is None:
        return np.empty(0, dtype=np.uint8)
    ends = np.frombuffer(offsets, dtype=np.int64)[arrow.offset : arrow.offset + len(arrow) + 1]
    return np.frombuffer(data, dtype=np.uint8)[ends[0] : ends[-1]]


def are_plain(letters: Letters) -> bool:
    """Whether there are letters, and none is a blank, a control character, or beyond ASCII."""
    return bool(len(letters) and letters.min() > BLANK and letters.max() < DELETE)
