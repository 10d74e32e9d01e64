"""Parquet records: their values as the texts that other formats would hold, so that one contract serves all."""

import json
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from songify_assets.foundation.reading.batch import REFUSED, Batch
from songify_assets.foundation.reading.encoding import unreadable

ROWS = 200_000


def read_parquet(
    path: Path, fields: Mapping[str, str], where: str, refusals: tuple[str, str] | None = None
) -> Iterator[Batch]:
    """Reads the records of a Parquet file; see `Reader.read`. Columns that no field names are passed over."""
    wanted = list(dict.fromkeys([*fields.values(), *(refusals or ())]))
    try:
        with pq.ParquetFile(path) as file:
            known = file.schema_arrow.names
            if lacking := [name for name in wanted if name not in known]:
                told = ", ".join(lacking)[:500]
                unreadable(f"lacks the column{'s' * (len(lacking) > 1)} {told}", where, "with all agreed columns")
            first = 1
            for part in file.iter_batches(ROWS, columns=wanted):
                batch = _batch(pl.DataFrame(pl.from_arrow(pa.Table.from_batches([part]))), fields, first, refusals)
                first += batch.received
                yield batch
    except (pa.ArrowException, OSError) as error:
        unreadable(f"is no Parquet file, or not a whole one ({str(error)[:200]})", where, "whole and as Parquet")


def _batch(rows: pl.DataFrame, fields: Mapping[str, str], first: int, refusals: tuple[str, str] | None) -> Batch:
    numbers = pl.int_range(first, first + len(rows), dtype=pl.UInt64, eager=True).alias("record")
    texts = rows.select(_text(rows.schema[name], pl.col(name)).alias(column) for column, name in fields.items())
    records, refused, raw = texts.insert_column(0, numbers), pl.DataFrame(schema=REFUSED), partial(_raw, rows, first)
    if refusals is not None:
        reason, told = (pl.col(name).cast(pl.String) for name in refusals)
        is_refused = rows.select(reason.is_not_null()).to_series()
        refused = rows.select(numbers, pl.concat_list(reason).alias("reasons"), told.alias("raw")).filter(is_refused)
        records, raw = records.filter(~is_refused), partial(_raw, rows.drop(refusals), first)
    return Batch(records, refused.cast(REFUSED), len(rows), raw)


def _text(dtype: pl.DataType, value: pl.Expr) -> pl.Expr:
    """A value as text: times as ISO 8601, with an offset if the column has a zone; lists as lists of texts."""
    if isinstance(dtype, pl.Datetime):
        text = value.dt.convert_time_zone("UTC") if dtype.time_zone else value
        return text.dt.strftime("%Y-%m-%dT%H:%M:%S%.6f" + ("+00:00" if dtype.time_zone else ""))
    if isinstance(dtype, pl.List):
        return value.list.eval(_text(dtype.inner, pl.element()))  # type: ignore[arg-type]  # an instance, as in any schema
    if isinstance(dtype, pl.Struct):
        return pl.struct(_text(part.dtype, value.struct.field(part.name)).alias(part.name) for part in dtype.fields)  # type: ignore[arg-type]
    return value.cast(pl.String)


def _raw(rows: pl.DataFrame, first: int, numbers: pl.Series) -> pl.Series:
    """Records as JSON, as people can read and mend them."""
    told = [json.dumps(row, default=str, ensure_ascii=False) for row in rows[(numbers - first).to_list()].to_dicts()]
    return pl.Series("raw", told, dtype=pl.String)
