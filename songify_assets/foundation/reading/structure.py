"""The structure of JSON text, told for a whole block at once: its quotes, brackets and commas, and what lies between quotes."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64]
Letters = npt.NDArray[np.uint8]
Flags = npt.NDArray[np.bool_]

QUOTE, COMMA, COLON, BACKSLASH = (ord(letter) for letter in '",:\\')
OPENING, CLOSING = (np.frombuffer(letters, dtype=np.uint8) for letters in (b"{[", b"}]"))
PIECE = 2**19  # so that what is made of a piece stays in the processor's cache
_STEPS = np.zeros(256, dtype=np.int8)
_STEPS[OPENING], _STEPS[CLOSING] = 1, -1
_BLANK = np.zeros(256, dtype=bool)
_BLANK[list(b" \t\r\n")] = True


@dataclass(frozen=True)
class Structure:
    """The letters that structure a text: where each lies, which it is, and whether it lies outside of quotes."""

    text: Letters
    places: Numbers
    letters: Letters
    outside: Flags

    @property
    def ends_in_quotes(self) -> bool:
        """Whether a quote is not closed."""
        return bool(np.count_nonzero(self.letters == QUOTE) % 2)

    def steps(self) -> tuple[Numbers, Letters, npt.NDArray[np.int32]]:
        """The brackets and commas outside of quotes: where, which, and how many brackets are open after each."""
        letters = self.letters[self.outside]
        return self.places[self.outside], letters, np.cumsum(_STEPS[letters], dtype=np.int32)


def structure(data: bytes) -> Structure:
    """The structure of a text that begins outside of quotes."""
    text = np.frombuffer(without_escapes(data), dtype=np.uint8)
    places = np.concatenate([_places(text[at : at + PIECE]) + at for at in range(0, max(len(text), 1), PIECE)])
    letters = text[places]
    quotes = letters == QUOTE
    outside = (np.cumsum(quotes, dtype=np.uint8) & 1 == 0) & ~quotes
    return Structure(text, places, letters, outside)


def without_escapes(data: bytes) -> bytes:
    """The text with other letters for its escaped quotes and backslashes.

    >>> without_escapes(rb'["a\\"b", "\\\\"]')
    b'["a__b", "__"]'
    """
    return data.replace(b"\\\\", b"__").replace(b'\\"', b"__") if b"\\" in data else data


def _places(piece: Letters) -> Numbers:
    lower = piece | 0x20  # which makes `[` a `{`, and `]` a `}`
    found = lower == ord("{")
    found |= lower == ord("}")
    found |= piece == QUOTE
    found |= piece == COMMA
    return np.flatnonzero(found)


def occurrences(data: bytes | Letters, letters: bytes) -> Numbers:
    """Where letters occur in a text, each time.

    >>> occurrences(b"[{},{},{}]", b"},{").tolist()
    [2, 5]
    """
    text, sought = np.frombuffer(data, dtype=np.uint8), np.frombuffer(letters, dtype=np.uint8)
    first = min(len(letters), 4)
    found = []
    for at in range(0, len(text), PIECE):
        piece = text[at : at + PIECE + first - 1]
        same = piece[: len(piece) - first + 1] == sought[0]
        for place in range(1, first):
            same &= piece[place : len(piece) - first + 1 + place] == sought[place]
        found.append(np.flatnonzero(same) + at)
    places = np.concatenate([*found, np.array([], dtype=np.int64)])
    places = places[places + len(letters) <= len(text)]
    whole: Flags = (text[places[:, None] + np.arange(len(letters))] == sought).all(axis=1)
    return places[whole]


def not_blank(text: Letters, places: Numbers) -> Numbers:
    """For each place the first one from there on that is not blank, or the end of the text."""
    places = np.minimum(places, len(text))
    moving = np.arange(len(places))
    while len(moving := moving[places[moving] < len(text)]) and len(moving := moving[_BLANK[text[places[moving]]]]):
        places[moving] += 1
    return places
