"""CSV records, by Polars where all records of a block are in order, and one by one where they are not."""

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

import polars as pl

from songify_assets.foundation.reading.batch import REFUSED, Batch
from songify_assets.foundation.reading.blocks import Block, blocks, decoded
from songify_assets.foundation.reading.dialect import Dialect
from songify_assets.foundation.reading.encoding import begin_of_text
from songify_assets.foundation.reading.header import folded, read_header


def read_csv(path: Path, fields: Mapping[str, str], dialect: Dialect, where: str) -> Iterator[Batch]:
    """Reads the records of a CSV file; see `Reader.read`."""
    first = 1
    with path.open("rb") as file:
        file.seek(begin_of_text(file, where))
        columns = read_header(file, fields, where, dialect.delimiter)
        for block in blocks(file, where, dialect.delimiter):
            batch = _batch(block, columns, fields, first)
            first += batch.received
            yield batch


def _batch(block: Block, columns: list[list[str]], fields: Mapping[str, str], first: int) -> Batch:
    parsed = _parsed_in_order(block, len(columns))
    if parsed is None:
        numbers, parsed, refused = _parsed_apart(block.rows(first), len(columns), block.delimiter)
        raw_of = partial(block.raw_of, first=first)
    else:
        numbers = pl.int_range(first, first + len(parsed), dtype=pl.UInt64, eager=True).alias("record")
        refused = pl.DataFrame(schema=REFUSED)
        raw_of = partial(block.raw_at, first=first)
    by_column = [pl.col(str(at)).alias(column) for at, names in enumerate(columns) for column in names]
    records = parsed.select(by_column).select(numbers, *fields)
    repeated = _headers(records, fields)
    if len(repeated):
        reasons = pl.lit(["is the header once more"], pl.List(pl.String)).alias("reasons")
        told = repeated.to_frame().select("record", reasons).with_columns(raw_of(repeated).alias("raw"))
        refused = pl.concat([refused, told]).sort("record")
        records = records.filter(~pl.col("record").is_in(repeated.implode()))
    return Batch(records, refused, len(records) + len(refused), raw_of)


def _headers(records: pl.DataFrame, fields: Mapping[str, str]) -> pl.Series:
    """The numbers of the records that are a header, as in files that were joined."""
    column, name = next(iter(fields.items()))
    name = folded(name)
    if name.isascii():  # told at once: to fold millions of texts takes ten times as long
        records = records.filter(pl.col(column).str.len_bytes() == len(name))
    alike = records.filter(pl.col(column).str.to_lowercase() == name)
    every = pl.all_horizontal(
        pl.col(column).str.strip_chars().str.to_lowercase() == folded(name) for column, name in fields.items()
    )
    return alike.filter(every)["record"]


def _parsed(data: bytes, width: int, delimiter: str) -> pl.DataFrame:
    """The fields of well-formed records; without a header Polars would take the width from the first one."""
    names = [str(at) for at in range(width)]
    whole = b"".join((delimiter.join(names).encode(), b"\n", data))
    frame = pl.read_csv(whole, schema=dict.fromkeys(names, pl.String), separator=delimiter)
    return frame.with_columns(pl.when(pl.all() != "").then(pl.all())) if b'"' in data else frame


def _parsed_in_order(block: Block, width: int) -> pl.DataFrame | None:
    """The fields of a block, if each of its records is as wide as it must be, and none is blank."""
    if block.stray or width == 1:
        return None
    try:
        frame = _parsed(block.data, width, block.delimiter)
    except pl.exceptions.PolarsError:
        return None
    # Polars passes over an empty field too many, which could make up for one too few elsewhere: such a record ends in null.
    mark = block.delimiter.encode()
    if frame[:, -1].null_count() and (
        block.data.endswith(mark) or mark + b"\n" in block.data or mark + b"\r" in block.data
    ):
        return None
    delimiters = block.count(block.delimiter)
    if block.quotes:
        delimiters -= sum(frame.select(pl.all().str.count_matches(block.delimiter, literal=True).sum()).row(0))
    # Polars refuses records that are too wide, and fills up those that are too narrow: then delimiters are lacking
    return frame if delimiters == len(frame) * (width - 1) else None


def _parsed_apart(rows: pl.DataFrame, width: int, delimiter: str) -> tuple[pl.Series, pl.DataFrame, pl.DataFrame]:
    """The numbers and fields of the good records, and the refused ones."""
    count = pl.col("text").str.replace_all('"[^"]*"', "").str.count_matches(delimiter, literal=True) + 1
    fields = pl.when(count == 1).then(pl.lit("1 field")).otherwise(pl.format("{} fields", count))
    reason = (
        pl.when("stray").then(pl.lit("has a stray quote"))
        .when(pl.col("text").is_null()).then(pl.lit("is not UTF-8 text"))
        .when(count != width).then(pl.format(f"has {{}}, not {width}", fields))
    )  # fmt: skip
    rows = rows.with_columns(reason=reason)
    good, bad = rows.filter(pl.col("reason").is_null()), rows.filter(pl.col("reason").is_not_null())
    refused = bad.select("record", pl.concat_list("reason").alias("reasons")).with_columns(decoded(bad["raw"]))
    return good["record"], _parsed("\n".join(good["text"]).encode(), width, delimiter), refused
