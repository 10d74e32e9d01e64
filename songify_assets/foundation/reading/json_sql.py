"""SQL from JSON records to their fields as text, and to what is wrong with them."""

import json
from collections.abc import Iterable, Mapping
from typing import Any


def fields_query(fields: Mapping[str, str]) -> str:
    """The SQL query of the fields as `c0`, `c1`, … of the texts `json` of the table `records`; each is parsed once.

    What lies where another kind of value is due is null, or a text that begins with a bracket.
    """
    structure = json.dumps(_structure(fields.values())).replace("'", "''")
    values = []
    for at, path in enumerate(fields.values()):
        base, many, rest = path.removeprefix("$.").partition("[*]")
        values.append(f"{f'coalesce({_each(base, rest)}, [])' if many else _value(base)} AS c{at}")
    return f"SELECT {', '.join(values)} FROM (SELECT json_transform(json, '{structure}') AS record FROM records)"


def reasons_query(fields: Mapping[str, str]) -> str:
    """The SQL query of what is wrong with the kinds of values in each of the texts `json` of the table `records`."""
    told = {path: kind for path in fields.values() for path, kind in kinds(path)}
    reasons = ["CASE WHEN json_type(json) <> 'OBJECT' THEN 'is not an object' END"]
    for path, kind in told.items():
        types = f"json_type(json, '$.{_escaped(path)}')"
        types = types if "[*]" in path else f"[{types}]"
        allowed = {"object": "t <> 'OBJECT'", "list": "t <> 'ARRAY'", "single value": "t IN ('OBJECT', 'ARRAY')"}[kind]
        odd = f"len(list_filter({types}, lambda t: t <> 'NULL' AND {allowed})) > 0"
        article = "an" if kind == "object" else "a"
        reasons.append(f"CASE WHEN {odd} THEN '`{_escaped(path)}` is not {article} {kind}' END")
    return f"SELECT list_filter([{', '.join(reasons)}], lambda r: r IS NOT NULL) AS reasons FROM records"


def expanded(fields: Mapping[str, str]) -> dict[str, str]:
    """The fields with a list of texts for each name of a list of objects, called `<field>.<name>`.

    >>> expanded({"day": "$.day", "actions": "$.actions[*]{type,value}"})
    {'day': '$.day', 'actions.type': '$.actions[*].type', 'actions.value': '$.actions[*].value'}
    """
    found = dict[str, str]()
    for column, path in fields.items():
        base, brace, names = path.removesuffix("}").partition("{")
        found |= {f"{column}.{name}": f"{base}.{name}" for name in names.split(",")} if brace else {column: path}
    return found


def top_name(path: str) -> str:
    """The name in the record itself under which the value of a path lies.

    >>> top_name("$.books[*].title"), top_name('$."release date"')
    ('books', 'release date')
    """
    return plain_name(path.removeprefix("$.").split(".")[0])


def parents(path: str) -> list[str]:
    """The objects of a record in which the value of a path lies, or the list that holds it.

    >>> parents("$.metadata.name"), parents("$.books[*].metadata.title")
    (['', 'metadata'], [''])
    """
    names = path.removeprefix("$.").partition("[*]")[0].split(".")
    return [".".join(names[:depth]) for depth in range(len(names))]


def steps(path: str) -> list[str]:
    """The names on the way to a field, each with those before it.

    >>> steps("$.books[*].metadata.title")
    ['books', 'books[*].metadata', 'books[*].metadata.title']
    """
    names = path.removeprefix("$.").split(".")
    return [".".join(names[: depth + 1]).removesuffix("[*]") for depth in range(len(names))]


def kinds(path: str) -> list[tuple[str, str]]:
    """What must lie at a path and on the way to it.

    >>> kinds("$.books[*].metadata.title")
    [('books', 'list'), ('books[*]', 'object'), ('books[*].metadata', 'object'), ('books[*].metadata.title', 'single value')]
    """
    whole, found = path.removeprefix("$."), list[tuple[str, str]]()
    for step in steps(path):
        many = whole.startswith(f"{step}[*]")
        found += [(step, "list" if many else "object"), *([(f"{step}[*]", "object")] if many else [])]
    return [*found[:-1], (found[-1][0], "single value")]


def _structure(paths: Iterable[str]) -> dict[str, Any]:
    """What the fields are part of, as DuckDB takes it: `$.books[*].title` is `{"books": [{"title": "VARCHAR"}]}`."""
    whole: dict[str, Any] = {}
    for path in paths:
        names, at = path.removeprefix("$.").split("."), whole
        for name in names[:-1]:
            inner = at.setdefault(plain_name(name), [{}] if name.endswith("[*]") else {})
            at = inner[0] if isinstance(inner, list) else inner
        at[plain_name(names[-1])] = ["VARCHAR"] if names[-1].endswith("[*]") else "VARCHAR"
    return whole


def _value(path: str, of: str = "record") -> str:
    return ".".join([of, *(f'"{plain_name(name)}"' for name in path.split("."))])


def plain_name(path: str) -> str:
    """The last name of a path, without quotes: `"release date"` is a name, too."""
    return path.removesuffix("[*]").split(".")[-1].strip('"')


def _each(base: str, rest: str) -> str:
    return f"list_transform({_value(base)}, lambda e: {_value(rest[1:], 'e')})" if rest else _value(base)


def _escaped(path: str) -> str:
    return path.replace("'", "''")
