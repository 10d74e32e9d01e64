"""The elements of a JSON array, or JSON values one after the other, cut from a file in blocks: memory does not grow with it.

Only quotes, brackets and commas are looked at, so that an element in which something else is broken costs only itself. One
that lacks a quote or a bracket ends where the next one begins: with the name that the first element of the file begins with.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import BufferedReader
from typing import NamedTuple, NoReturn

import numpy as np
import polars as pl
import pyarrow as pa

from songify_assets.foundation.reading import blocks
from songify_assets.foundation.reading.encoding import unreadable
from songify_assets.foundation.reading.structure import CLOSING, COMMA, Letters, Numbers, occurrences, structure

_NAME = re.compile(rb'\s*\{\s*("(?:[^"\\]|\\.)*")\s*:')
_CLOSED = re.compile(rb"[\]\s]*\Z")


class _Cuts(NamedTuple):
    """Where elements end, where a bracket closes that none of them opened (-1: nowhere), whether a quote or bracket stays open."""

    ends: Numbers
    closes: int
    in_quotes: bool
    is_open: bool


@dataclass
class Elements:
    """The elements of the array that begins at the file's place, or the values from there to its end.

    Iterating gives them as raw bytes, a Series a block. Raises UnreadableFile, possibly after some elements, for an array
    that is not closed or goes on after its end.
    """

    file: BufferedReader
    where: str
    array: bool
    count: int = 0
    _between: re.Pattern[bytes] | None = None
    _usual: tuple[bytes, int] | None = None

    def __iter__(self) -> Iterator[pl.Series]:
        rest = self._opened() if self.array else b""
        while True:
            text = self._text(rest)
            last = not self.file.peek(1)
            cuts = self._usual_cuts(text)
            if cuts is None or (last and not len(cuts.ends)):
                cuts = self._cuts(text.tobytes())
            if not self.count:
                self._learn(text.tobytes(), cuts.ends)
            if self.array and cuts.closes >= 0 and text[cuts.closes] == ord("]"):
                yield from self._closed(text.tobytes(), cuts)
                return
            if len(cuts.ends):
                end = int(cuts.ends[-1])
                rest = text[end + self.array :].tobytes()
                yield self._cut(text, cuts.ends[:-1], end)
                continue
            data = text.tobytes()
            if last and not data.strip() and not self.array:
                return
            if (found := self._next(data)) or last or len(data) > blocks.LONGEST_RECORD:
                end = found.start() if found else self._end_of_last(data, cuts)
                yield self._cut(text, cuts.ends, end)
                if not found:
                    return
                rest = data[found.end() :]
            else:
                rest = data

    def pieces(self, element: bytes) -> list[bytes]:
        """What is cut as one element but is no JSON: several, where blanks are others, or a quote or a bracket is lacking."""
        cuts, parts, at = self._cuts(element), list[bytes](), 0
        if cuts.closes < 0 and not cuts.in_quotes and not cuts.is_open:
            for end in cuts.ends if self.array else cuts.ends[:-1]:
                parts.append(element[at:end])
                at = end + self.array
        split = self._between.split if self._between else lambda part: [part]
        return [piece for part in [*parts, element[at:]] for piece in ([part] if _is_json(part) else split(part))]

    def _text(self, rest: bytes) -> Letters:
        """What is left of the block before, and the next one: read where it stays, since to copy it takes as long as to cut it."""
        text = np.empty(len(rest) + blocks.SIZE, dtype=np.uint8)
        text[: len(rest)] = np.frombuffer(rest, dtype=np.uint8)
        return text[: len(rest) + self.file.readinto(text[len(rest) :].data)]

    def _opened(self) -> bytes:
        """What is read of the file with its opening bracket."""
        line = b""
        while not line:
            line = self.file.readline(2**16).lstrip()
        return line[1:]

    def _cuts(self, data: bytes) -> _Cuts:
        found = structure(data)
        places, letters, depth = found.steps()
        below = places[depth < 0][:1]
        closes = int(below[0]) if len(below) else -1
        ends = places[(depth == 0) & (letters == COMMA if self.array else np.isin(letters, CLOSING))]
        ends = ends[ends < closes] if closes >= 0 else ends
        return _Cuts(ends if self.array else ends + 1, closes, found.ends_in_quotes, len(depth) > 0 and depth[-1] > 0)

    def _usual_cuts(self, text: Letters) -> _Cuts | None:
        """The same for an array of which all elements so far were divided by the same letters; a quarter of the time.

        What it takes for one element is JSON only if it is one.
        """
        if self._usual is None:
            return None
        letters, comma = self._usual
        return _Cuts(occurrences(text, letters) + comma, -1, False, False)

    def _learn(self, data: bytes, ends: Numbers) -> None:
        """How elements begin and are divided, told by the first ones."""
        first = data[: ends[0]] if len(ends) else data
        if not (name := _NAME.match(first)):
            return
        comma = rb"\s*," if self.array else rb""
        between = re.compile(rb"(?<=\})" + comma + rb"\s*(?=\{\s*" + re.escape(name[1]) + rb"\s*:)")
        if between.search(first) and _is_json(first):  # elements hold others that begin so, too
            return
        self._between = between
        if self.array and len(ends) and (second := _NAME.match(data, ends[0] + 1)):
            begin = len(first.rstrip()) - 1
            usual = data[begin : second.end()], int(ends[0]) - begin
            if np.array_equal(occurrences(data, usual[0]) + usual[1], ends):
                self._usual = usual

    def _next(self, data: bytes) -> re.Match[bytes] | None:
        return self._between.search(data) if self._between else None

    def _cut(self, text: Letters, ends: Numbers, end: int) -> pl.Series:
        """The elements up to the end of the last one; the commas between them become blanks."""
        if self.array:
            text[ends] = ord(" ")
        offsets = np.concatenate([[0], ends, [end]])
        self.count += len(ends) + 1
        buffers = [None, pa.py_buffer(offsets), pa.py_buffer(text[:end])]
        cut = pa.LargeBinaryArray.from_buffers(pa.large_binary(), len(ends) + 1, buffers)
        return pl.Series("raw", cut, dtype=pl.Binary)

    def _closed(self, data: bytes, cuts: _Cuts) -> Iterator[pl.Series]:
        """The last elements of an array."""
        body, after = data[: cuts.closes], data[cuts.closes + 1 :]
        begin = int(cuts.ends[-1]) + 1 if len(cuts.ends) else 0
        if body[begin:].strip():
            yield self._cut(np.frombuffer(bytearray(data), dtype=np.uint8), cuts.ends, cuts.closes)
        elif self.count or begin:
            what = f"it has a comma before its closing bracket `]`, after record {self.count + len(cuts.ends)}"
            self._not_whole(what, "without the comma after the last record")
        if after.strip() or self.file.read().strip():
            self._not_whole(f"it goes on after its closing bracket `]`, after record {self.count}", "as one array")

    def _end_of_last(self, data: bytes, cuts: _Cuts) -> int:
        """Where the last element ends, if the file ends as it must and only that element is broken."""
        tail = _CLOSED.search(data)
        end = tail.start() if tail and self.array and b"]" in tail[0] else len(data)
        if self.file.peek(1):
            self._not_whole(f"record {self.count + 1} does not end within {blocks.LONGEST_RECORD:,} bytes", "whole")
        broken = self._between is not None and (cuts.in_quotes or cuts.closes >= 0)
        if broken and data[end - 1 : end] == b"}" and (end < len(data) or not self.array):
            return end
        self._not_whole(f"it breaks off at record {self.count + 1}", "whole")

    def _not_whole(self, why: str, how: str) -> NoReturn:
        unreadable(f"is no whole JSON {'array' if self.array else 'object'}: {why}", self.where, how)


def _is_json(text: bytes) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
