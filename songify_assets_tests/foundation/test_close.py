"""The close of a month: what is in its files, and when they are written."""

import csv
from datetime import date
from pathlib import Path

import openpyxl
import polars as pl

from songify_assets.foundation.sheets import close
from songify_assets.foundation.sheets.close import Part, write_close

DECEMBER, JANUARY = date(2021, 12, 1), date(2022, 1, 1)


def rows(*told: tuple[date, str, int, str | None]) -> pl.DataFrame:
    schema = {"month": pl.Date, "currency": pl.String, "amount_minor": pl.Int64, "name": pl.String}
    return pl.DataFrame(told, schema=schema, orient="row")


ROWS = rows(
    (DECEMBER, "SEK", 1, "a"), (DECEMBER, "SEK", 2, "=1+1"), (DECEMBER, "JPY", 5, None), (JANUARY, "SEK", 7, "b")
)


def test_totals_are_formulas_of_one_currency_each(tmp_path: Path):
    write_close(tmp_path, "money", [Part("list", ROWS, totals=["amount_minor"])])
    sheet = openpyxl.load_workbook(tmp_path / "2021-12" / "money.xlsx")["list"]
    told = [(row[0], row[1], row[2]) for row in sheet.iter_rows(values_only=True) if row[0] == "total"]
    assert told == [("total", "SEK", "=SUM(C2:C3)"), ("total", "JPY", "=SUM(C5:C5)")]


def test_no_name_is_run_as_a_formula(tmp_path: Path):
    write_close(tmp_path, "money", [Part("list", ROWS)])
    sheet = openpyxl.load_workbook(tmp_path / "2021-12" / "money.xlsx")["list"]
    assert [cell.data_type for cell in sheet["D"]][2] == "s"
    with (tmp_path / "2021-12" / "money-list.csv").open(newline="") as file:
        assert [row["name"] for row in csv.DictReader(file)] == ["a", "'=1+1", ""]


def test_only_a_month_that_says_something_else_is_written_again(tmp_path: Path):
    first = write_close(tmp_path, "money", [Part("list", ROWS)])
    assert len(first) == 4
    assert write_close(tmp_path, "money", [Part("list", ROWS)]) == []
    late = pl.concat([ROWS, rows((JANUARY, "SEK", 1, "late"))])
    assert {path.parent.name for path in write_close(tmp_path, "money", [Part("list", late)])} == {"2022-01"}
    (tmp_path / "2021-12" / "money.xlsx").unlink()
    assert [path.name for path in write_close(tmp_path, "money", [Part("list", late)])] == ["money.xlsx"]


def test_what_does_not_add_up_is_told(tmp_path: Path):
    signed = ROWS.with_columns(result=pl.col("amount_minor") + (pl.col("amount_minor") == 2).cast(pl.Int64))
    write_close(tmp_path, "money", [Part("list", signed, signs={"amount_minor": 1}, result="result")])
    sheet = openpyxl.load_workbook(tmp_path / "2021-12" / "money.xlsx", data_only=True)["list"]
    assert [row[-1] for row in sheet.iter_rows(values_only=True)] == ["adds up", "yes", "no", "yes"]


def test_more_rows_than_a_sheet_takes_go_on_in_the_next(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(close, "ROWS", 2)
    write_close(tmp_path, "money", [Part("list", ROWS)])
    assert openpyxl.load_workbook(tmp_path / "2021-12" / "money.xlsx").sheetnames == ["list", "list (2)"]
