"""From a plain file to batches of text records, in constant memory; records that are structurally broken stand apart."""

import codecs
import csv
import re
import secrets
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from io import BufferedReader
from pathlib import Path
from typing import Literal, NoReturn

import duckdb
import polars as pl

from songify_assets.errors import UnreadableFile
from songify_assets.foundation.blocks import LONGEST_QUOTED, Block, blocks, copied_as_utf8, decoded
from songify_assets.foundation.json_sql import fields_query
from songify_assets.foundation.prefetch import prefetched

JSON_ROWS = 50_000
_BOM = codecs.BOM_UTF8
_REFUSED = pl.Schema({"record": pl.UInt64(), "reasons": pl.List(pl.String), "raw": pl.String()})


@dataclass(frozen=True)
class Batch:
    """Some records of a file, in file order.

    `records` has the column `record` (1-based position in the file, a header not counted) and a column for each field:
    texts, or lists of texts for a JSON path with `[*]`. `refused` has `record`, `reasons` and `raw`. `raw_of` gives the
    raw text of records by their numbers, for those refused later.
    """

    records: pl.DataFrame
    refused: pl.DataFrame
    received: int
    raw_of: Callable[[pl.Series], pl.Series]


def read(path: Path, format: Literal["csv", "json"], fields: Mapping[str, str], where: str) -> Iterator[Batch]:
    """Read the records of a file; `fields` maps columns to CSV headers or JSON paths, `where` names the file in errors.

    Raises UnreadableFile when it cannot be read at all, possibly after some batches (a truncated JSON array).
    """
    return _csv(path, fields, where) if format == "csv" else _json(path, fields, where)


def _unreadable(what: str, where: str) -> NoReturn:
    raise UnreadableFile(what, where=where, remedy="Have it delivered again, whole and in the agreed format.") from None


def _csv(path: Path, fields: Mapping[str, str], where: str) -> Iterator[Batch]:
    first = 1
    with path.open("rb") as file:
        columns = _columns(_first_line(file, where), fields, where)
        for block in blocks(file, where, quotes=True):
            batch = _csv_batch(block, columns, list(fields), first)
            first += batch.received
            yield batch


def _first_line(file: BufferedReader, where: str) -> str:
    line = file.readline(LONGEST_QUOTED).removeprefix(_BOM)
    while line and not line.strip():
        line = file.readline(LONGEST_QUOTED)
    if not line:
        _unreadable("is empty", where)
    try:
        return line.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        _unreadable("is not UTF-8 text", where)


def _columns(line: str, fields: Mapping[str, str], where: str) -> list[list[str]]:
    """The columns that each field of the file fills, by the header line; raises UnreadableFile when it is another."""
    expected = {_folded(name): name for name in fields.values()}
    found = _split(line, ",")
    if sorted(found) == sorted(expected):
        return [[column for column, name in fields.items() if _folded(name) == key] for key in found]
    for delimiter, word in {";": "semicolons", "\t": "tabs", "|": "bars"}.items():
        if len(expected) > 1 and set(expected) <= set(_split(line, delimiter)):
            _unreadable(f"is separated by {word}, not commas", where)
    if len(found) == len(expected) and not set(found) & set(expected):
        _unreadable(f"has no header: its first line should be {','.join(expected.values())}", where)
    missing = [name for key, name in expected.items() if key not in found]
    unexpected = [name for at, name in enumerate(found) if name not in expected or name in found[:at]]
    parts = {"lacks the column": missing, "has the unexpected column": unexpected}
    told = (f"{what}{'s' * (len(which) > 1)} {', '.join(which)[:500]}" for what, which in parts.items() if which)
    _unreadable(" and ".join(told), where)


def _folded(name: str) -> str:
    return name.strip().casefold()


def _split(line: str, delimiter: str) -> list[str]:
    try:
        return [_folded(name) for name in next(csv.reader([line], delimiter=delimiter), [])]
    except csv.Error:  # a field beyond the module's limit, or a lone carriage return
        return [_folded(name) for name in line.split(delimiter)]


def _csv_batch(block: Block, columns: list[list[str]], order: list[str], first: int) -> Batch:
    parsed = _parsed_in_order(block, len(columns))
    if parsed is None:
        numbers, parsed, refused = _parsed_apart(block.rows(first), len(columns))
        raw_of = partial(block.raw_of, first=first)
    else:
        numbers = pl.int_range(first, first + len(parsed), dtype=pl.UInt64, eager=True).alias("record")
        refused = pl.DataFrame(schema=_REFUSED)
        raw_of = partial(block.raw_at, first=first)
    by_column = [pl.col(str(at)).alias(column) for at, names in enumerate(columns) for column in names]
    records = parsed.select(by_column).select(numbers, *order)
    return Batch(records, refused, len(records) + len(refused), raw_of)


def _parsed(data: bytes, width: int) -> pl.DataFrame:
    """The fields of well-formed records; without a header Polars would take the width from the first one."""
    names = [str(at) for at in range(width)]
    frame = pl.read_csv(b"".join((",".join(names).encode(), b"\n", data)), schema=dict.fromkeys(names, pl.String))
    return frame.with_columns(pl.when(pl.all() != "").then(pl.all())) if b'"' in data else frame


def _parsed_in_order(block: Block, width: int) -> pl.DataFrame | None:
    """The fields of a block, if each of its records is as wide as it must be, and none is blank."""
    if block.stray or width == 1:
        return None
    try:
        frame = _parsed(block.data, width)
    except pl.exceptions.PolarsError:
        return None
    # Polars passes over an empty field too many, which could make up for one too few elsewhere: such a record ends in null.
    if frame[:, -1].null_count() and (block.data.endswith(b",") or any(end in block.data for end in (b",\n", b",\r"))):
        return None
    commas = block.count(",")
    if block.quotes:
        commas -= sum(frame.select(pl.all().str.count_matches(",", literal=True).sum()).row(0))
    # Polars refuses records that are too wide, and fills up those that are too narrow: then commas are lacking
    return frame if commas == len(frame) * (width - 1) else None


def _parsed_apart(rows: pl.DataFrame, width: int) -> tuple[pl.Series, pl.DataFrame, pl.DataFrame]:
    """The numbers and fields of the good records, and the refused ones."""
    count = pl.col("text").str.replace_all('"[^"]*"', "").str.count_matches(",", literal=True) + 1
    fields = pl.when(count == 1).then(pl.lit("1 field")).otherwise(pl.format("{} fields", count))
    reason = (
        pl.when("stray").then(pl.lit("has a stray quote"))
        .when(pl.col("text").is_null()).then(pl.lit("is not UTF-8 text"))
        .when(count != width).then(pl.format(f"has {{}}, not {width}", fields))
    )  # fmt: skip
    rows = rows.with_columns(reason=reason)
    good, bad = rows.filter(pl.col("reason").is_null()), rows.filter(pl.col("reason").is_not_null())
    refused = bad.select("record", pl.concat_list("reason").alias("reasons")).with_columns(decoded(bad["raw"]))
    return good["record"], _parsed("\n".join(good["text"]).encode(), width), refused


def _json(path: Path, fields: Mapping[str, str], where: str) -> Iterator[Batch]:
    with path.open("rb") as file, duckdb.connect(config={"threads": 2, "memory_limit": "1GB"}) as database:
        begin = len(_BOM) if file.peek(len(_BOM)).startswith(_BOM) else 0
        file.seek(begin)
        start = b""
        while not start and (more := file.read(2**16)):
            start = more.lstrip()[:1]
        file.seek(begin)
        if start == b"[":
            yield from _array(path, database, fields, where)
        elif start == b"{":
            yield from _lines(file, database, fields, where)
        else:
            _unreadable("holds neither a JSON array nor a JSON object a line" if start else "is empty", where)


def _array(path: Path, database: duckdb.DuckDBPyConnection, fields: Mapping[str, str], where: str) -> Iterator[Batch]:
    """The elements of a JSON array, as DuckDB streams them."""
    first, mark = 1, "\ufffd" + secrets.token_hex(8)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".reading-") as folder, database.cursor() as extracting:
        # a name of ours: DuckDB would take some characters for patterns, and some suffixes for compression
        plain = Path(folder, "array.json")
        marked = not copied_as_utf8(path, plain, mark)
        text = f"CASE WHEN NOT contains(json, '{mark}') THEN json END" if marked else "json"
        raw = f"replace(json, '{mark}', '\ufffd')" if marked else "json"
        query = fields_query(fields, f"SELECT {raw} AS raw, {text} AS text, text AS json FROM elements")
        elements = f"SELECT json::VARCHAR AS json FROM read_json_objects('{plain}', format = 'array')"
        try:
            for chunk in prefetched(database.sql(elements).to_arrow_reader(JSON_ROWS)):
                extracting.register("elements", pl.DataFrame(chunk))
                batch = _json_batch(extracting.sql(query).pl(), fields, first)
                first += batch.received
                yield batch
        except (duckdb.InvalidInputException, OSError) as error:
            # Arrow's reader turns DuckDB's errors into OSErrors; any other than this one is not the file's fault
            if not str(error).startswith("Invalid Input Error"):
                raise
            _unreadable(f"is no whole JSON array: {_reason(str(error))}", where)


def _reason(message: str) -> str:
    if "maximum_object_size" in message:
        return "a record is longer than 16 MiB"
    found = re.search(r"record/value (\d+): (.*?)\.?\s*(?:Try|$)", message.split("\n")[0])
    # DuckDB counts the opening bracket too
    return f"{found[2]} at record {int(found[1]) - 1}" if found else "it is malformed"


def _lines(
    file: BufferedReader, database: duckdb.DuckDBPyConnection, fields: Mapping[str, str], where: str
) -> Iterator[Batch]:
    """The records of newline-delimited JSON."""
    query = fields_query(fields, "SELECT raw, text, CASE WHEN json_valid(text) THEN text END AS json FROM lines")
    first = 1
    for block in blocks(file, where, quotes=False):
        rows = block.rows(first)
        text = rows["text"].str.strip_chars(" \t\r\n")
        broken = text.is_null()
        raw = text if not broken.any() else decoded(rows["raw"])
        database.register("lines", pl.DataFrame({"raw": raw, "text": text}))
        if first == 1 and len(text):
            _refuse_one_object(text, database, fields, where, whole=not file.peek(1))
        batch = _json_batch(database.sql(query).pl(), fields, first)
        first += batch.received
        yield batch


def _refuse_one_object(
    lines: pl.Series, database: duckdb.DuckDBPyConnection, fields: Mapping[str, str], where: str, *, whole: bool
) -> None:
    """Raises UnreadableFile if the lines, or the only line of the file, are one object that is no record."""
    one, names = database.execute(
        "SELECT json_valid($all), CASE WHEN json_valid($first) THEN json_keys($first) END",
        {"all": "\n".join(lines.fill_null("?")) if whole else "", "first": lines[0] or ""},
    ).fetchall()[0]
    tops = {re.split(r"[.\[]", path.removeprefix("$."))[0].strip('"') for path in fields.values()}
    foreign = names is not None and not tops & set(names)
    if (len(lines) > 1 and (one or lines[0] == "{")) or (len(lines) == 1 and whole and foreign):
        _unreadable("holds one JSON object where an array is due", where)


def _json_batch(frame: pl.DataFrame, fields: Mapping[str, str], first: int) -> Batch:
    frame = frame.with_columns(record=pl.int_range(first, first + len(frame), dtype=pl.UInt64, eager=True))
    whole = frame["reasons"].list.len() == 0
    types = [pl.List(pl.String) if "[*]" in path else pl.String() for path in fields.values()]
    columns = [pl.col(f"c{at}").cast(types[at]).alias(column) for at, column in enumerate(fields)]
    refused = frame.filter(~whole).select("record", "reasons", "raw")
    raw = frame["raw"]
    return Batch(
        frame.filter(whole).select("record", *columns), refused, len(frame), lambda numbers: raw.gather(numbers - first)
    )
