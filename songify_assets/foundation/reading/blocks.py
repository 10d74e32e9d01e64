"""A file of lines or of CSV records, cut into blocks of whole records, so that memory does not grow with the file.

A CSV record whose quotes do not fit RFC 4180 (a quote inside an unquoted field, text after a closing quote, a quote that
does not close within `LONGEST_QUOTED` bytes or before the end of the file) is stray up to the end of its line, and the
next line begins a record: a stray quote costs one line, never the rest of the file. The rule does not depend on where
blocks end.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from io import BufferedReader

import numpy as np
import polars as pl
import pyarrow as pa

from songify_assets.errors import UnreadableFile
from songify_assets.foundation.reading.encoding import BOM

SIZE = 16 * 2**20
LONGEST_QUOTED = 2**20
LONGEST_RECORD = 64 * 2**20

_QUOTED = rb'"[^"]{0,%d}(?:""[^"]{0,%d})*+' % (LONGEST_QUOTED, LONGEST_QUOTED)
_MARKS = re.compile(rb"^(?:%s)+" % BOM, re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """Some whole records as they lie in the file; where they end and which are stray is told only if any is stray."""

    data: bytes
    delimiter: str
    quotes: bool
    ends: list[int] | None = None
    stray: list[bool] | None = None

    def rows(self, first: int) -> pl.DataFrame:
        """The lines that are not blank: `record` (counted from `first`), `raw` bytes, `text`, `stray`.

        `text` has no line end, and is null for what is not UTF-8.
        """
        ends = self._ends() if self.ends is None else np.array(self.ends, dtype=np.int64)
        offsets = pa.py_buffer(np.concatenate([[0], ends]).astype(np.int64))
        lines = pa.LargeBinaryArray.from_buffers(pa.large_binary(), len(ends), [None, offsets, pa.py_buffer(self.data)])
        raw = pl.Series("raw", lines, dtype=pl.Binary)
        text = text_of(raw).str.strip_suffix("\n").str.strip_suffix("\r").alias("text")
        stray = pl.Series("stray", self.stray or [False] * len(raw), dtype=pl.Boolean)
        rows = pl.DataFrame([raw, text, stray]).filter((text.str.strip_chars() != "").fill_null(True))
        numbers = pl.int_range(first, first + len(rows), dtype=pl.UInt64, eager=True)
        return rows.insert_column(0, numbers.alias("record"))

    def raw_of(self, numbers: pl.Series, first: int) -> pl.Series:
        """The raw text of records, by their numbers."""
        return decoded(self.rows(first)["raw"].gather(numbers - first))

    def raw_at(self, numbers: pl.Series, first: int) -> pl.Series:
        """The same, for a block of which no line is blank or stray: only the lines that are asked for are cut out."""
        ends = self._ends()
        begins = np.concatenate([[0], ends[:-1]])
        lines = [self.data[begins[place] : ends[place]] for place in numbers - first]
        return decoded(pl.Series(lines, dtype=pl.Binary))

    def count(self, letter: str) -> int:
        """How often an ASCII letter occurs; a quarter of the time of `bytes.count`."""
        return int(np.count_nonzero(np.frombuffer(self.data, dtype=np.uint8) == ord(letter)))

    def _ends(self) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        text = np.frombuffer(self.data, dtype=np.uint8)
        ends = np.flatnonzero(text == ord("\n")) + 1
        if self.quotes:
            ends = ends[np.searchsorted(np.flatnonzero(text == ord('"')), ends) % 2 == 0]
        unfinished = not len(ends) or ends[-1] < len(text)
        return np.append(ends, len(text)) if unfinished else ends


def text_of(raw: pl.Series) -> pl.Series:
    """Raw records as text, null for those that are not UTF-8."""
    try:
        return raw.cast(pl.String)
    except pl.exceptions.ComputeError:  # one is not, and a cast that is not strict does not pass over it
        return pl.Series(map(_text_or_none, raw), dtype=pl.String)


def _text_or_none(raw: bytes) -> str | None:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return None


def decoded(raw: pl.Series) -> pl.Series:
    """Raw records as text without line ends; what is not UTF-8 is replaced."""
    return pl.Series("raw", [row.decode(errors="replace").rstrip("\r\n") for row in raw], dtype=pl.String)


def blocks(file: BufferedReader, where: str, delimiter: str = "") -> Iterator[Block]:
    """The rest of a file; with a `delimiter` it is a CSV file, where a line break inside quotes does not end a record.

    Raises UnreadableFile for a record longer than `LONGEST_RECORD`.
    """
    rest = b""
    while data := rest + file.read(SIZE) + file.readline(LONGEST_RECORD):
        last = not file.peek(1)
        if BOM[:1] in data and BOM in data:  # files were joined; one letter is looked for ten times as fast as three
            data = _without_marks(data)
        quoted = bool(delimiter) and b'"' in data
        cut = _end_in_order(data, delimiter, last) if quoted else len(data) if last else data.rfind(b"\n") + 1
        ends, stray = _search(data, delimiter, last) if cut < 0 else (None, None)
        if ends is not None:
            cut = ends[-1] if ends else 0
        rest = data[cut:]
        if cut:
            yield Block(data[:cut], delimiter, quoted, ends, stray)
        elif len(data) > LONGEST_RECORD:
            what = f"holds a record longer than {LONGEST_RECORD:,} bytes"
            raise UnreadableFile(
                what, where=where, remedy="Ask the sender to deliver it again, with one record a line."
            )


def _without_marks(data: bytes) -> bytes:
    """Without the byte order marks at the beginning of lines that are not inside of quotes."""
    kept, at, quotes = list[bytes](), 0, 0
    for mark in _MARKS.finditer(data):
        quotes += data.count(b'"', at, mark.start())
        kept.append(data[at : mark.end() if quotes % 2 else mark.start()])
        at = mark.end()
    return b"".join([*kept, data[at:]])


def _end_in_order(data: bytes, delimiter: str, last: bool) -> int:
    """Where the last whole record ends; -1 when the quotes are not in order."""
    text = np.frombuffer(data + b"\n\n", dtype=np.uint8)
    at = np.flatnonzero(text == ord('"'))
    opening, closing = at[0::2], at[1::2]
    if len(opening) > len(closing) and (last or len(data) - opening[-1] - 1 > LONGEST_QUOTED):
        return -1
    border, after = np.frombuffer(delimiter.encode() + b'\n"', dtype=np.uint8), text[closing + 1]
    closed_well = np.isin(after, border) | ((after == ord("\r")) & (text[closing + 2] == ord("\n")))
    short = closing - opening[: len(closing)] - 1 <= LONGEST_QUOTED
    if not (np.isin(text[opening - 1], border).all() and closed_well.all() and short.all()):
        return -1
    end = len(data)
    while not last and (newline := data.rfind(b"\n", 0, end)) >= 0:
        quotes_before = int(np.searchsorted(at, newline))
        if quotes_before % 2 == 0:
            return newline + 1
        end = int(at[quotes_before - 1])
    return len(data) if last else 0


@cache
def _shapes(delimiter: str) -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    """A whole record, and the beginning of one."""
    mark = re.escape(delimiter.encode())
    field = rb'(?:%s"|[^"%s\n]*+)' % (_QUOTED, mark)
    fields = rb"%s(?:%s%s)*+" % (field, mark, field)
    return re.compile(fields + rb"\r?(?:\n|\Z)"), re.compile(fields + rb"(?:%s?%s)?\Z" % (mark, _QUOTED))


def _search(data: bytes, delimiter: str, last: bool) -> tuple[list[int], list[bool]]:
    """Where records end and which are stray, as far as it can be told without what follows."""
    whole_record, beginning = _shapes(delimiter)
    ends: list[int] = []
    stray: list[bool] = []
    at = 0
    while at < len(data):
        record = whole_record.match(data, at)
        whole = record is not None and (last or data[record.end() - 1] == ord("\n"))
        if not whole and not last and beginning.match(data, at):
            break
        at = record.end() if record and whole else data.find(b"\n", at) + 1 or len(data)
        ends.append(at)
        stray.append(not whole)
    return ends, stray
