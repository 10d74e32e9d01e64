"""JSON records: an array, one a line, or one object a file, indented or not. One that is broken costs no other."""

import atexit
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from io import BufferedReader
from pathlib import Path
from typing import Any, Literal

import duckdb
import numpy as np
import polars as pl

from songify_assets.errors import UnreadableFile
from songify_assets.foundation.prefetch import prefetched
from songify_assets.foundation.reading.batch import Batch
from songify_assets.foundation.reading.blocks import blocks, decoded, text_of
from songify_assets.foundation.reading.elements import Elements
from songify_assets.foundation.reading.encoding import begin_of_text, is_utf8, unreadable
from songify_assets.foundation.reading.json_sql import expanded, fields_query, reasons_query, top_name
from songify_assets.foundation.reading.objects import with_objects
from songify_assets.foundation.reading.strictness import broken_rules
from songify_assets.foundation.reading.suspects import suspects

LONGEST_RECORD = 2**24
_HEAD = 2**20
Form = Literal["array", "lines", "values"]
Records = Iterator[pl.Series]
Parsed = tuple[
    pl.Series, pl.Series, pl.DataFrame
]  # records as delivered, as text (null where they are no JSON), and their fields


def parser() -> duckdb.DuckDBPyConnection:
    """What parses JSON: one for all files of this process, since starting it takes some milliseconds; another if it has broken."""
    try:
        with _started().cursor() as own:
            own.execute("SELECT 1")
    except duckdb.Error:
        _started.cache_clear()
    return _started()


@cache
def _started() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(config={"threads": 2, "memory_limit": "1GB"})


atexit.register(_started.cache_clear)  # DuckDB tells of what outlives it


def read_json(
    path: Path, fields: Mapping[str, str], where: str, database: duckdb.DuckDBPyConnection
) -> Iterator[Batch]:
    """Reads the records of a JSON file; see `read`."""
    tops = {top_name(path) for path in expanded(fields).values()}
    with path.open("rb") as file:
        begin = begin_of_text(file, where)
        form = _form(file, begin, tops, where)
        file.seek(begin)
        found = Elements(file, where, form == "array")
        reader, first = _Reader(database, expanded(fields)), 1
        cut = prefetched(_lines(file, where) if form == "lines" else found)
        pieces = None if form == "lines" else found.pieces
        for raw, text, values in prefetched(reader.parsed(raw, pieces) for raw in cut):
            batch = reader.batch(raw, text, values, first)
            if first == 1 and form != "array" and batch.received == 1 and not file.peek(1):
                _refuse_another_object(raw, tops, where)
            first += batch.received
            yield replace(batch, records=with_objects(batch.records, fields))


def batch_of(raw: pl.Series, fields: Mapping[str, str], database: duckdb.DuckDBPyConnection) -> Batch:
    """JSON texts, one a record, as a batch."""
    reader = _Reader(database, expanded(fields))
    batch = reader.batch(*reader.parsed(raw, None), 1)
    return replace(batch, records=with_objects(batch.records, fields))


def _form(file: BufferedReader, begin: int, tops: set[str], where: str) -> Form:
    """An array, a record a line, or values over several lines; raises UnreadableFile for what is none of them."""
    file.seek(begin)
    lines = [line for line in file.read(_HEAD).split(b"\n") if line.strip()]
    start = lines[0].lstrip()[:1] if lines else b""
    if start == b"[":
        return "array"
    if start == b"{" and len(lines) > 1 and _loaded(lines[0]) is None:
        file.seek(begin)
        if _begins_with_a_value(file, where) or not any(_is_record(line, tops) for line in lines[:100]):
            return "values"
    if not any(line.lstrip().startswith((b"{", b"\xef\xbb\xbf{")) for line in lines):
        what = "holds neither a JSON array nor a JSON object a line" if start else "is empty"
        unreadable(what, where, "whole and in the agreed format")
    return "lines"


def _begins_with_a_value(file: BufferedReader, where: str) -> bool:
    try:
        return _loaded(next(iter(Elements(file, where, array=False)))[0]) is not None
    except (UnreadableFile, StopIteration):
        return False


def _is_record(line: bytes, tops: set[str]) -> bool:
    value = _loaded(line)
    return isinstance(value, dict) and bool(tops & set(value))


def _loaded(text: bytes) -> Any:
    """The JSON value of a text; None where it is none."""
    try:
        return json.loads(text.strip().removeprefix(b"\xef\xbb\xbf"))
    except (ValueError, RecursionError):
        return None


def _refuse_another_object(only: pl.Series, tops: set[str], where: str) -> None:
    """Raises UnreadableFile if the only value of a file is an object around records, and no record itself."""
    value = _loaded(only[0])
    if isinstance(value, dict) and not tops & set(value):
        unreadable("holds one JSON object where an array is due", where, "as an array of its records")


def _lines(file: BufferedReader, where: str) -> Records:
    for block in blocks(file, where):
        yield block.rows(1)["raw"]


@dataclass
class _Reader:
    database: duckdb.DuckDBPyConnection
    fields: Mapping[str, str]

    def parsed(self, raw: pl.Series, pieces: Callable[[bytes], list[bytes]] | None) -> Parsed:
        """Records with their texts and fields; those that are no JSON are taken apart first, if others may begin in them."""
        text, values = self._values(text_of(raw))
        if pieces and text.null_count():
            apart = [pieces(one) if lost else [one] for one, lost in zip(raw, text.is_null(), strict=True)]
            if max(map(len, apart)) > 1:
                return self.parsed(pl.Series("raw", [one for ones in apart for one in ones], pl.Binary), None)
        return raw, text, values

    def batch(self, raw: pl.Series, text: pl.Series, values: pl.DataFrame, first: int) -> Batch:
        """Parsed records as a batch; which of them are refused is told while the next ones are parsed."""
        reasons = self._reasons(raw, text, values)
        numbers = pl.int_range(first, first + len(raw), dtype=pl.UInt64, eager=True).alias("record")
        types = [pl.List(pl.String) if "[*]" in path else pl.String() for path in self.fields.values()]
        columns = [pl.col(f"c{at}").cast(types[at]).alias(column) for at, column in enumerate(self.fields)]
        records = values.select(columns).insert_column(0, numbers)
        bad = np.array(sorted(reasons), dtype=np.uint32)
        refused = pl.DataFrame(
            [
                numbers.gather(bad),
                pl.Series("reasons", [reasons[row] for row in bad], dtype=pl.List(pl.String)),
                _shown(raw.gather(bad)),
            ]
        )
        if len(bad):
            kept = np.full(len(raw), True)
            kept[bad] = False
            records = records.filter(kept)
        return Batch(records, refused, len(raw), lambda chosen: _shown(raw.gather(chosen - first)))

    def _values(self, text: pl.Series) -> tuple[pl.Series, pl.DataFrame]:
        """The texts, null where they are no JSON, and their fields."""
        query, long = fields_query(self.fields), text.str.len_bytes() > LONGEST_RECORD
        text = text.set(long, None) if long.any() else text
        try:
            return text, self._ask(query, text)
        except duckdb.InvalidInputException:
            text = text.str.strip_chars(" \t\r\n").str.strip_prefix("\ufeff")
            valid = self._ask("SELECT json IS NOT NULL AND json_valid(json) AS valid FROM records", text)["valid"]
            text = text.set(~valid, None)
            return text, self._ask(query, text)

    def _ask(self, query: str, text: pl.Series) -> pl.DataFrame:
        with self.database.cursor() as own:  # of this thread
            own.register("records", text.to_frame("json"))
            answer: pl.DataFrame = own.sql(query).pl()
        return answer

    def _reasons(self, raw: pl.Series, text: pl.Series, values: pl.DataFrame) -> dict[int, list[str]]:
        """Why records are refused, by their place."""
        lost = text.is_null()
        reasons = {row: [_lost(raw[row])] for row in lost.arg_true()}
        read = (~lost).arg_true()
        kept = (text.gather(read), values[read]) if reasons else (text, values)
        reasons |= {read[row]: [reason] for row, reason in broken_rules(*kept, self.fields).items()}
        odd = (suspects(values, self.fields) & ~lost).arg_true()
        if len(odd):
            told = self._ask(reasons_query(self.fields), text.gather(odd))["reasons"]
            for row, wrong in zip(odd, told, strict=True):
                if len(wrong):
                    reasons.setdefault(row, wrong.to_list())
        return reasons


def _lost(record: bytes) -> str:
    """Why a record cannot be read at all."""
    if len(record) > LONGEST_RECORD:
        return f"is longer than {LONGEST_RECORD:,} bytes"
    return "is not JSON" if is_utf8(record) else "is not UTF-8 text"


def _shown(raw: pl.Series) -> pl.Series:
    return decoded(raw).str.strip_chars(" \t\r\n")
