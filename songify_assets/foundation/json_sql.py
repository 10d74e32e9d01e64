"""SQL from JSON records to their fields as text."""

import json
from collections.abc import Iterable, Mapping
from typing import Any


def fields_query(fields: Mapping[str, str], source: str) -> str:
    """The SQL query of `raw`, the fields as `c0`, `c1`, … and the `reasons` to refuse a record.

    `source` is a query of `raw`, `text` (null if not UTF-8) and `json` (null if not JSON). A record is parsed once for all
    of its fields, and again only where one of them is empty or not what it should be.
    """
    structure = json.dumps(_structure(fields.values())).replace("'", "''")
    values, reasons = [], ["CASE WHEN text IS NULL THEN 'is not UTF-8 text' WHEN json IS NULL THEN 'is not JSON'"
                           " WHEN NOT starts_with(json, '{') THEN 'is not an object' END"]  # fmt: skip
    for at, path in enumerate(fields.values()):
        base, many, rest = path.removeprefix("$.").partition("[*]")
        values.append(f"{f'coalesce({_each(base, rest)}, [])' if many else _value(base)} AS c{at}")
        kind, shown = f"json_type(json, '$.{_escaped(base)}')", _escaped(base)
        if many:
            reason = f"CASE WHEN {kind} NOT IN ('ARRAY', 'NULL') THEN '`{shown}` is not a list' END"
            reasons.append(f"CASE WHEN len(c{at}) = 0 THEN {reason} END")
        else:
            reason = f"CASE WHEN {kind} IN ('OBJECT', 'ARRAY') THEN '`{shown}` is not a single value' END"
            reasons.append(f"CASE WHEN left(c{at}, 1) IN ('{{', '[') THEN {reason} END")
    columns = ", ".join(f"c{at}" for at in range(len(values)))
    return f"""SELECT raw, {columns}, list_filter([{", ".join(reasons)}], lambda r: r IS NOT NULL) AS reasons
        FROM (SELECT raw, text, json, {", ".join(values)}
              FROM (SELECT raw, text, json, json_transform(json, '{structure}') AS record FROM ({source})))"""


def _structure(paths: Iterable[str]) -> dict[str, Any]:
    """What the fields are part of, as DuckDB takes it: `$.books[*].title` is `{"books": [{"title": "VARCHAR"}]}`."""
    whole: dict[str, Any] = {}
    for path in paths:
        names, at = path.removeprefix("$.").split("."), whole
        for name in names[:-1]:
            inner = at.setdefault(_plain(name), [{}] if name.endswith("[*]") else {})
            at = inner[0] if isinstance(inner, list) else inner
        at[_plain(names[-1])] = ["VARCHAR"] if names[-1].endswith("[*]") else "VARCHAR"
    return whole


def _value(path: str, of: str = "record") -> str:
    return ".".join([of, *(f'"{_plain(name)}"' for name in path.split("."))])


def _plain(name: str) -> str:
    """A name of a path without quotes: `"release date"` is a name, too."""
    return name.removesuffix("[*]").strip('"')


def _each(base: str, rest: str) -> str:
    return f"list_transform({_value(base)}, lambda e: {_value(rest[1:], 'e')})" if rest else _value(base)


def _escaped(path: str) -> str:
    return path.replace("'", "''")
