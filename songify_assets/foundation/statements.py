"""The rows of closed months, as they were when each was closed: files of the lake that nothing replaces.

`<lake>/closed/<schema>/<table>/<year>-<month>/v<version>/` holds `rows.parquet`, and in `days/` links to the days that the month
was made of, which tell later what has moved since.
"""

import hashlib
import os
import shutil
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

import polars as pl

from songify_assets.errors import HomeError
from songify_assets.foundation.lake import Lake
from songify_assets.foundation.ledger.statements import Statement

CLOSED, ROWS, DAYS = "closed", "rows.parquet", "days"
REMEDY = "Put the file back from a backup: it is what was paid, and cannot be computed again."


def folder_of(lake: Lake, table: str, month: date, version: int) -> Path:
    """Where a version of a month lies."""
    return lake.root / CLOSED / table / f"{month:%Y-%m}" / f"v{version}"


def rows_of_month(lake: Lake, table: str, month: date) -> pl.LazyFrame:
    """The rows of a month as they are now."""
    keys = [str(month)] if lake.tables[table].partition_column == "month" else None
    return lake.scan(table, keys).filter(pl.col("month") == month)


def in_order(rows: pl.LazyFrame) -> pl.DataFrame:
    """Rows in the order in which they are digested: by all columns, NULLs first."""
    return rows.sort(pl.all(), nulls_last=False).collect(engine="streaming")


def digest(rows: pl.DataFrame) -> str:
    """The SHA-256 of rows as CSV: a header, the rows sorted by all columns (NULLs first), lines that end with a line feed.

    Fractions are written as Python and DuckDB do, with as few digits as tell them apart; truths as true and false; NULL as
    nothing, an empty text as two quotes.

    >>> digest(pl.DataFrame({"share": [8.5e-05]})) == hashlib.sha256(b"share\\n8.5e-05\\n").hexdigest()
    True
    """
    fractions = [name for name, dtype in rows.schema.items() if dtype.is_float()]
    texts = pl.col(fractions).map_elements(repr, return_dtype=pl.String)
    ordered = in_order(rows.lazy())
    written = (ordered.with_columns(texts) if fractions else ordered).write_csv()
    return hashlib.sha256(written.encode()).hexdigest()


def freeze(
    lake: Lake, table: str, month: date, version: int, rows: pl.DataFrame, days: Mapping[str, Iterable[str]]
) -> None:
    """Writes a version of a month, whole or not at all; `days` are the tables and days that it was made of.

    It counts from when the ledger knows it: what a killed process left in its place is written anew.
    """
    target = folder_of(lake, table, month, version)
    with lake.staging() as staged:
        rows.write_parquet(staged / ROWS, compression="zstd")
        for name, keys in days.items():
            (staged / DAYS / name).mkdir(parents=True)
            for key in keys:
                os.link(lake.path(name, key), staged / DAYS / name / f"{key}.parquet")
        with (staged / ROWS).open("rb") as written:
            os.fsync(written.fileno())
        shutil.rmtree(target, ignore_errors=True)
        target.parent.mkdir(parents=True, exist_ok=True)
        staged.rename(target)


def frozen(lake: Lake, statement: Statement) -> pl.DataFrame:
    """The rows of a statement. HomeError where they are not what was closed any more."""
    file = folder_of(lake, statement.table, statement.month, statement.version) / ROWS
    try:
        rows = pl.read_parquet(file)
    except (OSError, pl.exceptions.PolarsError):
        why = "its file cannot be read" if file.exists() else "its file is missing"
        raise HomeError(why, where=str(file), remedy=REMEDY) from None
    if digest(rows) != statement.digest:
        raise HomeError(
            "its rows are not those that were closed: the digest is another", where=str(file), remedy=REMEDY
        )
    return rows


def trouble(lake: Lake, statement: Statement) -> str:
    """Why a statement is not what was closed any more; empty if it is."""
    try:
        frozen(lake, statement)
    except HomeError as error:
        return error.what
    return ""


def frozen_days(lake: Lake, statement: Statement, table: str) -> dict[str, Path]:
    """The files of the days of a table that a statement was made of, by day."""
    folder = folder_of(lake, statement.table, statement.month, statement.version) / DAYS / table
    return {file.stem: file for file in sorted(folder.glob("*.parquet"))}


def keep_links(lake: Lake, table: str, key: str, before: os.stat_result) -> None:
    """Lets statements that hold a day in the file `before` share the one that has the same rows in less space."""
    for link in (lake.root / CLOSED).glob(f"*/*/*/v*/{DAYS}/{table}/{key}.parquet"):
        if os.path.samestat(link.stat(), before):
            sharing = link.with_suffix(".sharing")
            sharing.unlink(missing_ok=True)
            os.link(lake.path(table, key), sharing)
            sharing.replace(link)
