"""The body of a request: unpacked, within its limit, and split into records."""

import io
import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any

import orjson
import polars as pl
import pyarrow as pa
import zstandard

from songify_assets.live.problems import unreadable
from songify_assets.serving.problems import Problem

MOST_BYTES = 32 << 20
ARROW = ("application/vnd.apache.arrow.stream", "application/x-apache-arrow-stream")
JSON = "application/json"
NO_JSON = "this is no JSON"


@dataclass(frozen=True)
class Records:
    """The records of a body: a column each as `columns` tells, how many, those that are none, and each as text."""

    columns: Callable[[str], list[Any] | pl.Series]
    count: int
    raw: Callable[[int], str]
    broken: dict[int, str] = field(default_factory=dict)


def unpacked(body: bytes, encoding: str) -> bytes:
    """The plain bytes; Problem where they cannot be unpacked (400), are too many (413), or the encoding is unknown (415)."""
    try:
        match encoding.strip().lower():
            case "" | "identity":
                plain = body
            case "gzip" | "x-gzip":
                plain = _gunzipped(body)
            case "zstd":
                with zstandard.ZstdDecompressor().stream_reader(io.BytesIO(body), read_across_frames=True) as reader:
                    plain = reader.read(MOST_BYTES + 1)
            case other:
                what, remedy = f"the encoding {other[:40]!r} is not known", "Send it plain, or as gzip or zstd."
                raise Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, what, where="Content-Encoding", remedy=remedy)
    except (zlib.error, zstandard.ZstdError, EOFError) as error:
        raise unreadable(
            f"it cannot be unpacked ({error})", "Send all of it, packed as Content-Encoding says."
        ) from None
    if len(plain) > MOST_BYTES:
        raise too_large()
    return plain


def too_large() -> Problem:
    """The body is larger than a batch may be (413)."""
    what = f"it is larger than {MOST_BYTES >> 20} MiB unpacked"
    return Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, what, where="the body", remedy="Send it as several batches.")


def _gunzipped(body: bytes) -> bytes:
    plain, rest = b"", body
    while rest and len(plain) <= MOST_BYTES:
        member = zlib.decompressobj(wbits=31)
        plain += member.decompress(rest, MOST_BYTES + 1 - len(plain))
        if not member.eof and len(plain) <= MOST_BYTES:
            raise EOFError("it ends too early")
        rest = member.unused_data
    return plain


def records_of(body: bytes, content_type: str) -> Records:
    """The records of a plain body. JSON is told apart by its first letter; only Arrow needs its Content-Type."""
    if content_type.partition(";")[0].strip().lower() in ARROW:
        return _of_arrow(body)
    text = body.strip()
    if text.startswith(b"["):
        return _of_array(text)
    return _of_lines(text)


def _of_arrow(body: bytes) -> Records:
    try:
        with pa.ipc.open_stream(body) as stream:
            names = stream.schema.names
            if len(set(names)) < len(names):
                raise unreadable("two columns have one name", "Give each column its own name.")
            frame = pl.DataFrame(pl.from_arrow(stream.read_all()))
    except (pa.ArrowException, OSError, pl.exceptions.PolarsError) as error:
        raise unreadable(f"it is no Arrow IPC stream ({str(error)[:200]})", "Send an Arrow IPC stream.") from None

    def column(name: str) -> pl.Series:
        return frame[name] if name in frame.columns else pl.Series(name, [None] * len(frame))

    def raw(number: int) -> str:
        return _text(frame.row(number, named=True))

    return Records(column, len(frame), raw)


def _of_array(text: bytes) -> Records:
    try:
        return of_values(_value(text), {})
    except ValueError as error:
        raise unreadable(f"{NO_JSON} ({error})", "Send a JSON array of records, or a record a line.") from None


def _of_lines(text: bytes) -> Records:
    values = _at_once(text)
    records = _line_by_line(text) if values is None else of_values(values, {})
    return replace(records, raw=lambda at: _lines(text)[at].decode(errors="replace"))


def _lines(text: bytes) -> list[bytes]:
    return [line for line in text.split(b"\n") if line.strip()]


def _line_by_line(text: bytes) -> Records:
    lines, values, broken = _lines(text), list[Any](), dict[int, str]()
    for number, line in enumerate(lines):
        try:
            values.append(_value(line))
        except ValueError:
            values.append(None)
            broken[number] = NO_JSON
    if lines and len(broken) == len(lines):
        raise unreadable(f"none of its lines is JSON, such as {lines[0][:60]!r}", "Send a JSON record a line.")
    return of_values(values, broken)


def _at_once(text: bytes) -> list[Any] | None:
    """All lines read as one array, which takes a quarter of the time; None if they might not be an object each."""
    ends = text.count(b"\n")
    if not text.startswith(b"{") or not text.endswith(b"}") or text.count(b"}\n{") != ends:
        return None
    try:
        values: list[Any] = orjson.loads(b"[" + text.replace(b"\n", b",") + b"]")
    except orjson.JSONDecodeError:
        return None
    return values if len(values) == ends + 1 else None


def _value(text: bytes) -> Any:
    """What JSON says; also where it holds numbers that are none (NaN), which only their record must suffer for."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        try:
            return json.loads(text)
        except RecursionError:
            raise ValueError("it is nested too deep") from None


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str).encode(errors="replace").decode()


def of_values(values: list[Any], broken: dict[int, str]) -> Records:
    """The records of JSON values; `broken` says which are none, and why."""
    if not {type(value) for value in values} <= {dict}:
        odd = {at: "this is no JSON object" for at, value in enumerate(values) if type(value) is not dict}
        broken = {**odd, **broken}
        objects = [{} if at in broken else value for at, value in enumerate(values)]
    else:
        objects = values
    return Records(lambda name: [one.get(name) for one in objects], len(values), lambda at: _text(values[at]), broken)
