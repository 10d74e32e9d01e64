"""A Pandera model as the contract of a feed: text records in, typed good rows and refused ones with their reasons out.

Pandera finds what breaks the contract; the mask is ours, because its `drop_invalid_rows` loses rows silently on Polars.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import pandera.polars as pa
import polars as pl
from pandera.errors import SchemaErrors

from songify_assets.foundation.reading.dialect import COMMON, Dialect
from songify_assets.foundation.types import FieldType, kind_of, typed

REFUSED = pl.Schema({"record": pl.UInt64(), "reasons": pl.List(pl.String)})


def check_records(
    records: pl.DataFrame,
    model: type[pa.DataFrameModel],
    types: Mapping[str, FieldType] = MappingProxyType({}),
    dialect: Dialect = COMMON,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Splits text records into accepted rows (`record` and the model's typed columns) and refused ones (`record`, `reasons`).

    Refused is what cannot be read as its type, lacks what the model needs, or breaks one of its checks. `types` say how to read
    the columns of which the model's type does not tell enough.
    """
    dtypes = {name: column.dtype.type for name, column in model.to_schema().columns.items()}
    plain = dialect.plain(records, dtypes)
    values = {
        name: types[name].values(name) if name in types else typed(pl.col(name), dtype)
        for name, dtype in dtypes.items()
    }
    read = plain.select("record", **values)
    unreadable = _unreadable(records, read, dtypes, types)
    try:
        model.validate(read.drop("record"), lazy=True)
        broken = pl.DataFrame(schema={"index": pl.Int64, "reason": pl.String, "column": pl.String})
    except SchemaErrors as errors:
        broken = _broken(errors.failure_cases)
    if unreadable.is_empty() and broken.is_empty():
        return read, pl.DataFrame(schema=REFUSED)
    broken = broken.join(unreadable, on=["index", "column"], how="anti")
    reasons = (
        pl.concat([unreadable, broken])
        .group_by("index", maintain_order=True)
        .agg(pl.col("reason").unique(maintain_order=True))
    )
    refused = (
        read.select("record").with_row_index("index").with_columns(pl.col("index").cast(pl.Int64))
        .join(reasons, on="index").sort("index").select("record", reasons="reason")
    )  # fmt: skip
    kept = np.full(len(read), True)
    kept[reasons["index"]] = False
    return read.filter(kept), refused


def _unreadable(
    records: pl.DataFrame, read: pl.DataFrame, dtypes: Mapping[str, pl.DataType], types: Mapping[str, FieldType]
) -> pl.DataFrame:
    found = [pl.DataFrame(schema={"index": pl.Int64, "reason": pl.String, "column": pl.String})]
    for name, dtype in dtypes.items():
        if isinstance(dtype, pl.List) or (dtype == pl.String and name not in types):
            continue
        lost = read[name].is_null() & records[name].is_not_null()
        at = lost.arg_true()
        texts = records[name].gather(at)
        written = texts.str.strip_chars() != ""
        if written.any():
            kind = types[name].kind if name in types else kind_of(dtype)
            found.append(
                # Rechunked, as below.
                pl.DataFrame({"index": at.cast(pl.Int64), "text": texts.str.head(80)})
                .filter(written)
                .rechunk()
                .select(
                    "index",
                    pl.format(f"`{name}` is '{{}}', not {kind}", "text").alias("reason"),
                    pl.lit(name).alias("column"),
                )
            )
    return pl.concat(found)


def _broken(cases: pl.DataFrame) -> pl.DataFrame:
    if cases["index"].null_count():
        raise TypeError(f"the model does not fit its own frame: {cases.filter(pl.col('index').is_null()).to_dicts()}")
    cases = cases.rechunk()  # Polars 2.1 panics on columns of which one begins with an empty chunk
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
        relation = "one of" if parts[1] == "isin" else parts[1].replace("_", " ")
        return f"must be {relation} {parts[2]}"
    return check
