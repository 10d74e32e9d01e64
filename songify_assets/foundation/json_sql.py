"""SQL from JSON records to their fields as text."""

from collections.abc import Mapping


def fields_query(fields: Mapping[str, str], source: str) -> str:
    """The SQL query of `raw`, the fields as `c0`, `c1`, … and the `reasons` to refuse a record.

    `source` is a query of `raw`, `text` (null if not UTF-8) and `json` (null if not JSON).
    """
    paths = [path.replace("'", "''") for path in fields.values()]
    scalars = [path for path in paths if "[*]" not in path]
    joined = ", ".join(f"'{path}'" for path in scalars)
    inner = [f"json_extract_string(json, [{joined}]) AS scalars"] if scalars else []
    outer, reasons = [], ["CASE WHEN text IS NULL THEN 'is not UTF-8 text' WHEN json IS NULL THEN 'is not JSON'"
                          " WHEN NOT starts_with(json, '{') THEN 'is not an object' END"]  # fmt: skip
    for at, path in enumerate(paths):
        base, _, rest = path.partition("[*]")
        shown = base.removeprefix("$.")
        kind = f"json_type(json, '{base}')"
        if path in scalars:
            value = f"scalars[{scalars.index(path) + 1}]"
            reason = f"CASE WHEN {kind} IN ('OBJECT', 'ARRAY') THEN '`{shown}` is not a single value' END"
            reasons.append(f"CASE WHEN left({value}, 1) IN ('{{', '[') THEN {reason} END")
            outer.append(f"{value} AS c{at}")
        else:
            inner.append(f"json_extract_string(json, '{path}') AS l{at}, json_array_length(json, '{base}') AS n{at}")
            reason = f"CASE WHEN {kind} NOT IN ('ARRAY', 'NULL') THEN '`{shown}` is not a list' END"
            reasons.append(f"CASE WHEN coalesce(n{at}, 0) = 0 THEN {reason} END")
            outer.append(f"{_aligned(at, base, rest)} AS c{at}")
    return f"""SELECT raw, {", ".join(outer)}, list_filter([{", ".join(reasons)}], lambda r: r IS NOT NULL) AS reasons
        FROM (SELECT raw, text, json, {", ".join(inner)} FROM ({source}))"""


def _aligned(at: int, base: str, rest: str) -> str:
    """SQL of a list: DuckDB leaves out elements that lack the path, here they are null."""
    if not rest or "[*]" in rest:
        return f"l{at}"
    each = f"list_transform(json_extract(json, '{base}[*]'), lambda e: json_extract_string(e, '${rest}'))"
    return f"CASE WHEN len(l{at}) = coalesce(n{at}, 0) THEN l{at} ELSE {each} END"
