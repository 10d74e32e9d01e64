"""Records whose fields may not be the kind of value that they must be; only these are looked at closer."""

from collections.abc import Mapping

import polars as pl

from songify_assets.foundation.reading.json_sql import parents


def suspects(values: pl.DataFrame, fields: Mapping[str, str]) -> pl.Series:
    """Whether a record has a text that begins with a bracket, an object without any field, or a gap in a list."""
    conditions, below = [], dict[str, list[pl.Expr]]()
    for at, path in enumerate(fields.values()):
        value = pl.col(f"c{at}")
        if "[*]" in path:
            odd = value.list.eval(pl.element().is_null() | _bracket(pl.element())).list.any()
            conditions += [odd, value.list.len() == 0]
        else:
            conditions.append(_bracket(value).fill_null(False))
        for parent in parents(path):
            below.setdefault(parent, []).append(value.list.len() == 0 if "[*]" in path else value.is_null())
    conditions += [pl.all_horizontal(empty) for empty in below.values()]
    return values.select(pl.any_horizontal(conditions).alias("suspect"))["suspect"]


def _bracket(text: pl.Expr) -> pl.Expr:
    return text.str.starts_with("{") | text.str.starts_with("[")
