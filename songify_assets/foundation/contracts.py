"""A Pandera model as the contract of a feed: text records in, typed good rows and refused ones with their reasons out.

Pandera finds what breaks the contract; the mask is ours, because its `drop_invalid_rows` loses rows silently on Polars.
"""

import re

import numpy as np
import pandera.polars as pa
import polars as pl
from pandera.errors import SchemaErrors

REFUSED = pl.Schema({"record": pl.UInt64(), "reasons": pl.List(pl.String)})
INSTANT = "%Y-%m-%dT%H:%M:%S%.f%#z"
_OFFSET = re.compile(r"([+-])([01]\d|2[0-3])([0-5]\d)", re.ASCII)


def check_records(records: pl.DataFrame, model: type[pa.DataFrameModel]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Splits text records into accepted rows (`record` and the model's typed columns) and refused ones (`record`, `reasons`).

    Refused is what cannot be read as its type, lacks what the model needs, or breaks one of its checks.
    """
    dtypes = {name: column.dtype.type for name, column in model.to_schema().columns.items()}
    typed = records.select("record", *(_parsed(name, dtype) for name, dtype in dtypes.items()))
    unreadable = _unreadable(records, typed, dtypes)
    try:
        model.validate(typed.drop("record"), lazy=True)
        broken = pl.DataFrame(schema={"index": pl.Int64, "reason": pl.String, "column": pl.String})
    except SchemaErrors as errors:
        broken = _broken(errors.failure_cases)
    if unreadable.is_empty() and broken.is_empty():
        return typed, pl.DataFrame(schema=REFUSED)
    broken = broken.join(unreadable, on=["index", "column"], how="anti")
    reasons = (
        pl.concat([unreadable, broken])
        .group_by("index", maintain_order=True)
        .agg(pl.col("reason").unique(maintain_order=True))
    )
    refused = (
        typed.select("record").with_row_index("index").with_columns(pl.col("index").cast(pl.Int64))
        .join(reasons, on="index").sort("index").select("record", reasons="reason")
    )  # fmt: skip
    kept = np.full(len(typed), True)
    kept[reasons["index"]] = False
    return typed.filter(kept), refused


def _parsed(name: str, dtype: pl.DataType) -> pl.Expr:
    text = pl.col(name)
    if isinstance(dtype, pl.List):
        return text
    if dtype == pl.String:
        return pl.when(text.str.strip_chars() != "").then(text).alias(name)
    text = text.str.strip_chars()
    if dtype == pl.Date:
        written = text.str.extract(r"^(\d{4}-\d{2}-\d{2})(?:[T ].*)?$")
        return written.str.to_date("%Y-%m-%d", strict=False).alias(name)
    if isinstance(dtype, pl.Datetime):
        return text.map_batches(_instants, return_dtype=pl.Datetime("us", "UTC"), is_elementwise=True).alias(name)
    number = text.cast(dtype, strict=False)
    return (pl.when(number.is_finite()).then(number) if dtype.is_float() else number).alias(name)


def _instants(texts: pl.Series) -> pl.Series:
    """Texts as instants; `2021-12-01T21:45:46.664+0100` is taken apart, as Polars reads a time without offset far faster."""
    offsets = texts.str.slice(23)
    known = {
        text: _microseconds(*found.groups()) for text in offsets.unique() if (found := _OFFSET.fullmatch(text or ""))
    }
    local = texts.str.head(23).str.to_datetime("%Y-%m-%dT%H:%M:%S.%3f", time_unit="us", strict=False)
    ahead = offsets.replace_strict(known, default=None, return_dtype=pl.Int64).cast(pl.Duration("us"))
    instants = (local - ahead).dt.replace_time_zone("UTC")
    others = (instants.is_null() & texts.is_not_null()).arg_true()
    if len(others):
        read = texts.gather(others).str.to_datetime(
            INSTANT, time_unit="us", time_zone="UTC", strict=False, ambiguous="null"
        )
        instants = instants.scatter(others, read)
    return instants


def _microseconds(sign: str, hours: str, minutes: str) -> int:
    return int(f"{sign}1") * (int(hours) * 60 + int(minutes)) * 60_000_000


def _unreadable(records: pl.DataFrame, typed: pl.DataFrame, dtypes: dict[str, pl.DataType]) -> pl.DataFrame:
    found = [pl.DataFrame(schema={"index": pl.Int64, "reason": pl.String, "column": pl.String})]
    for name, dtype in dtypes.items():
        if dtype == pl.String or isinstance(dtype, pl.List):
            continue
        lost = typed[name].is_null() & records[name].is_not_null()
        at = lost.arg_true()
        texts = records[name].gather(at)
        written = texts.str.strip_chars() != ""
        if written.any():
            kind = "date" if dtype == pl.Date else "time with its UTC offset" if dtype.is_temporal() else "number"
            kind = "whole number" if dtype.is_integer() else kind
            found.append(
                # Rechunked, because Polars 2.1 panics on columns of which one begins with an empty chunk.
                pl.DataFrame({"index": at.cast(pl.Int64), "text": texts.str.head(80)})
                .filter(written)
                .rechunk()
                .select(
                    "index",
                    pl.format(f"`{name}` is '{{}}', not a {kind}", "text").alias("reason"),
                    pl.lit(name).alias("column"),
                )
            )
    return pl.concat(found)


def _broken(cases: pl.DataFrame) -> pl.DataFrame:
    if cases["index"].null_count():
        raise TypeError(f"the model does not fit its own frame: {cases.filter(pl.col('index').is_null()).to_dicts()}")
    checks = {name: _in_words(name) for name in cases["check"].unique()}
    says = pl.col("check").replace_strict(checks, return_dtype=pl.String)
    reason = (
        pl.when(pl.col("schema_context") == "DataFrameSchema").then(says)
        .when(says == "is missing").then(pl.format("`{}` is missing", "column"))
        .otherwise(pl.format("`{}` is {}: {}", "column", pl.col("failure_case").str.head(80), says))
    )  # fmt: skip
    return cases.select(pl.col("index").cast(pl.Int64), reason.alias("reason"), "column")


def _in_words(check: str) -> str:
    if check == "not_nullable":
        return "is missing"
    if parts := re.fullmatch(r"(\w+)\((.*)\)", check):
        return f"must be {parts[1].replace('_', ' ')} {parts[2]}"
    return check
