"""The month's market share for people who use spreadsheets: a typed pandas frame, written as CSV and Excel.

A cell is what was delivered, never a formula or a link: names of licensors come from outside.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import dagster_pandas as dgp
import pandas as pd
import polars as pl
import xlsxwriter

from songify_assets.foundation.sheets.cells import ROWS_A_SHEET, fitting, harmless
from songify_assets.foundation.sheets.names import sheet_names

UNKNOWN = "unknown"
TEXTS = ["country", "licensor"]
SHEETS = 255  # Excel opens more, but nobody leafs through them: the last one holds the countries that are left

SheetFrame = dgp.create_dagster_pandas_dataframe_type(
    name="MarketShareSheet",
    description="A licensor's share of the counted plays of a country in a month.",
    columns=[
        dgp.PandasColumn.datetime_column("month", non_nullable=True),
        dgp.PandasColumn("country"),
        dgp.PandasColumn("licensor"),
        dgp.PandasColumn.integer_column("plays", min_value=1, non_nullable=True),
        dgp.PandasColumn.integer_column("country_plays", min_value=1, non_nullable=True),
        dgp.PandasColumn.float_column("share", min_value=0.0, max_value=1.0, non_nullable=True),
    ],
)


def write_sheets(shares: pd.DataFrame, folder: Path, months: Sequence[str]) -> list[Path]:
    """Writes `<year>-<month>.csv` and `.xlsx` for each month, each replaced at once; countries are sheets, in order."""
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    for month in months:
        rows = shares[shares["month"] == pd.Timestamp(month)].assign(month=month[:7])
        csv, workbook = folder / f"{month[:7]}.csv", folder / f"{month[:7]}.xlsx"
        building = folder / f".building-{workbook.name}"
        named = rows.fillna(dict.fromkeys(TEXTS, UNKNOWN))
        # Polars, because pandas lets a carriage return within a text begin a new line, and so a new cell.
        pl.from_pandas(named.assign(**{name: named[name].map(harmless) for name in TEXTS})).write_csv(building)
        building.replace(csv)
        _write_workbook(building, list(_sheets(rows)))
        building.replace(workbook)
        written += [csv, workbook]
    return written


def _sheets(rows: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """The name that each sheet should have, and its rows: those of a country, on as many sheets as they need."""
    if rows.empty:
        yield "no plays", rows
        return
    # A shop in country "Unknown" and a play at an unlisted shop are two countries.
    countries = list(rows.groupby(rows["country"].map(lambda code: (pd.isna(code), code or "")), sort=True))
    alone = countries if len(countries) <= SHEETS else countries[: SHEETS - 1]
    parts = [(UNKNOWN if missing else code, part) for (missing, code), part in alone]
    if left := countries[len(alone) :]:
        parts.append((f"{len(left)} more countries", pd.concat([part for _, part in left])))
    for country, part in parts:
        for first in range(0, len(part), ROWS_A_SHEET):
            yield country, part[first : first + ROWS_A_SHEET].fillna(dict.fromkeys(TEXTS, UNKNOWN))


def _write_workbook(path: Path, sheets: Sequence[tuple[str, pd.DataFrame]]) -> None:
    """Writes row by row, so that a month of a million rows takes no memory; texts are written as texts."""
    names = sheet_names([name for name, _ in sheets])
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as workbook:
        bold = workbook.add_format({"bold": True})
        for name, (_, rows) in zip(names, sheets, strict=True):
            sheet = workbook.add_worksheet(name)
            for column, title in enumerate(rows.columns):
                sheet.write_string(0, column, title, bold)
            _write_rows(sheet, rows.itertuples(index=False, name=None))


def _write_rows(sheet: xlsxwriter.worksheet.Worksheet, rows: Iterable[tuple[str | float, ...]]) -> None:
    for number, row in enumerate(rows, 1):
        for column, cell in enumerate(row):
            if isinstance(cell, str):
                sheet.write_string(number, column, fitting(cell))
            else:
                sheet.write_number(number, column, cell)
