"""The schema check reads only the columns that could break it, and misses nothing that breaks it."""

from datetime import date
from pathlib import Path

import pandera.polars as pa
import polars as pl
import pytest

from songify_assets.foundation.lake import Lake, Table
from songify_assets.orchestration.checks import table_checks
from songify_assets.orchestration.checks.verdicts import Verdict

ROWS, DAYS = 300_000, ("2021-12-01", "2021-12-02")
COLUMNS = pl.Schema({"day": pl.Date, "who": pl.String, "plays": pl.Int64, "note": pl.String})


class Rows(pa.DataFrameModel):
    """A row of a table that is made up."""

    day: date
    who: str
    plays: int = pa.Field(ge=0)
    note: str = pa.Field(nullable=True)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path, [Table("made/up", COLUMNS, "day")])


def fill(lake: Lake, day: str, **odd: pl.Expr) -> None:
    """A day's partition of several row groups; `odd` is what its last row has."""
    row = pl.int_range(ROWS)
    note = pl.when(row % 2 == 0).then(pl.lit("a note"))
    rows = pl.LazyFrame({"day": [date.fromisoformat(day)]}).join(pl.LazyFrame().select(n=row), how="cross")
    rows = rows.with_columns(who=pl.format("u{}", row), plays=row, note=note)
    last = {name: pl.when(row == ROWS - 1).then(value).otherwise(pl.col(name)) for name, value in odd.items()}
    lake.write("made/up", rows.with_columns(**last), [day])


def verdicts(lake: Lake) -> dict[str, Verdict]:
    return table_checks._schema_verdicts(lake, "made/up", DAYS, Rows)


def test_rows_that_fit_are_passed_and_only_what_could_break_them_is_read(lake: Lake):
    for day in DAYS:
        fill(lake, day)
    assert all(verdict.passed for verdict in verdicts(lake).values())
    assert table_checks._sound_columns(lake.scan("made/up"), Rows.to_schema()) == ["day", "who", "note"]


@pytest.mark.parametrize(
    ("odd", "columns"),
    [
        ({"who": pl.lit(None, pl.String)}, ["who"]),
        ({"plays": pl.lit(-1)}, ["plays"]),
        ({"plays": pl.lit(None, pl.Int64)}, ["plays"]),
        ({"who": pl.lit(None, pl.String), "plays": pl.lit(-1)}, ["who", "plays"]),
    ],
    ids=["null", "below", "null where values are checked", "both"],
)
def test_the_last_row_of_a_partition_is_told_and_the_others_pass(
    lake: Lake, odd: dict[str, pl.Expr], columns: list[str]
):
    fill(lake, DAYS[0])
    fill(lake, DAYS[1], **odd)
    found = verdicts(lake)
    assert found[DAYS[0]].passed
    assert not found[DAYS[1]].passed
    told = str(found[DAYS[1]].metadata["some"].value).splitlines()[2:]
    assert [line.split(" | ")[0] for line in told] == [f"| {column}" for column in columns]
