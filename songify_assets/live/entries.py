"""Entries of a broker as records. An entry is a batch, as HTTP takes it (in its field `body`, or its only one), or a record, a field each."""

import json
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any, NamedTuple

from songify_assets.live.bodies import Records, of_values, records_of, unpacked
from songify_assets.live.segments import MOST_RAW
from songify_assets.serving.problems import Problem

BODY, TYPE, ENCODING = "body", "content_type", "content_encoding"
DELETED = "it was deleted from the broker before it was read"


class Entry(NamedTuple):
    """What a broker holds at a position; without fields it was deleted."""

    position: str
    fields: Mapping[str, bytes]


def together(entries: Sequence[Entry]) -> Iterator[list[Entry]]:
    """Entries that make a batch each; records that follow each other are one batch."""
    for is_batch, run in groupby(entries, lambda one: _body(one) is not None):
        found = list(run)
        yield from ([one] for one in found) if is_batch else [found]


def records_in(entries: Sequence[Entry]) -> Records:
    """The records of entries that belong together."""
    body = _body(entries[0])
    return _of_records(entries) if body is None else _of_batch(entries[0], body)


def unreadable(entries: Sequence[Entry], reason: str) -> Records:
    """Entries as records that are none: nobody waits for an answer, and they are not to stop the others."""
    return _told_whole(entries, [{} for _ in entries], dict.fromkeys(range(len(entries)), reason))


def _body(entry: Entry) -> bytes | None:
    """The batch that an entry holds: in `body`, or in its only field, whatever that is called; None if it is a record."""
    others = [value for name, value in entry.fields.items() if name not in (TYPE, ENCODING)]
    return entry.fields.get(BODY, others[0] if len(others) == 1 else None)


def _of_batch(entry: Entry, body: bytes) -> Records:
    kind, encoding = (entry.fields.get(name, b"").decode(errors="replace") for name in (TYPE, ENCODING))
    try:
        return records_of(unpacked(body, encoding), kind)
    except Problem as problem:
        return unreadable([entry], problem.what)


def _of_records(entries: Sequence[Entry]) -> Records:
    values, broken = list[dict[str, Any]](), dict[int, str]()
    for at, entry in enumerate(entries):
        try:
            values.append({name: _value(name, told) for name, told in entry.fields.items()})
        except UnicodeDecodeError:
            values.append({})
            broken[at] = "it is no text in UTF-8"
        if not entry.fields:
            broken[at] = DELETED
    return _told_whole(entries, values, broken)


def _told_whole(entries: Sequence[Entry], values: list[dict[str, Any]], broken: dict[int, str]) -> Records:
    return replace(of_values(values, broken), raw=lambda at: _raw(entries[at]))


def _value(name: str, told: bytes) -> Any:
    """A field as JSON would tell it: a broker's fields are all texts."""
    text = told.decode()
    try:
        match name:
            case "timestamp":
                return int(text) if text.strip().lstrip("-").isdecimal() else text
            case "duration_ms":
                return float(text)
            case "country":
                return text or None
    except ValueError:
        pass
    return text


def _raw(entry: Entry) -> str:
    """The whole entry as JSON; what is no text, as base64."""
    told: dict[str, Any] = {"entry": entry.position}
    for name, value in entry.fields.items():
        try:
            told[name] = value.decode()[:MOST_RAW]
        except UnicodeDecodeError:
            told[name] = {"base64": b64encode(value[:MOST_RAW]).decode()}
    return json.dumps(told, ensure_ascii=False)
