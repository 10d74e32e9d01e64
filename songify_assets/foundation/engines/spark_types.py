"""The types of the lake's columns, as Spark has them."""

from typing import Any

import polars as pl

# Spark has no unsigned numbers: each becomes the next larger type, as when it reads Parquet.
SIMPLE: dict[Any, str] = {
    pl.String: "string",
    pl.Categorical: "string",
    pl.Enum: "string",
    pl.Boolean: "boolean",
    pl.Date: "date",
    pl.Int8: "tinyint",
    pl.Int16: "smallint",
    pl.Int32: "int",
    pl.Int64: "bigint",
    pl.UInt8: "smallint",
    pl.UInt16: "int",
    pl.UInt32: "bigint",
    pl.UInt64: "decimal(20,0)",
    pl.Float32: "float",
    pl.Float64: "double",
}


def spark_type(dtype: pl.DataType) -> str:
    """The type of a column, as Spark's SQL writes it.

    >>> spark_type(pl.Struct({"on": pl.Date(), "names": pl.List(pl.String())}))
    'struct<`on`:date,`names`:array<string>>'
    """
    match dtype:
        case pl.List():
            return f"array<{_of(dtype.inner)}>"
        case pl.Struct():
            return f"struct<{','.join(f'`{field.name}`:{_of(field.dtype)}' for field in dtype.fields)}>"
        case pl.Datetime():
            return "timestamp" if dtype.time_zone else "timestamp_ntz"
        case pl.Decimal():
            return f"decimal({dtype.precision},{dtype.scale})"
        case _:
            return SIMPLE[dtype.base_type()]


def _of(dtype: Any) -> str:
    return spark_type(dtype() if isinstance(dtype, type) else dtype)


def spark_schema(columns: pl.Schema) -> str:
    """All columns of a table, as Spark's SQL writes them.

    >>> spark_schema(pl.Schema({"day": pl.Date(), "at": pl.Datetime("us", "UTC")}))
    '`day` date, `at` timestamp'
    """
    return ", ".join(f"`{name}` {spark_type(dtype)}" for name, dtype in columns.items())
