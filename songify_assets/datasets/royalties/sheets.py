"""The month's market share for people who use spreadsheets: a typed pandas frame, written as CSV and Excel."""

from collections.abc import Sequence
from pathlib import Path

import dagster_pandas as dgp
import pandas as pd

UNKNOWN = "unknown"
SHEET_NAME_LENGTH = 31

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
    named = shares.assign(country=shares["country"].fillna(UNKNOWN), licensor=shares["licensor"].fillna(UNKNOWN))
    written: list[Path] = []
    for month in months:
        rows = named[named["month"] == pd.Timestamp(month)].assign(month=month[:7])
        csv, workbook = folder / f"{month[:7]}.csv", folder / f"{month[:7]}.xlsx"
        building = folder / f".building-{workbook.name}"
        rows.to_csv(building, index=False)
        building.replace(csv)
        with pd.ExcelWriter(building, engine="xlsxwriter") as writer:
            for country, sheet in list(rows.groupby("country")) or [("no plays", rows)]:
                sheet.to_excel(writer, sheet_name=_sheet_name(str(country)), index=False)
        building.replace(workbook)
        written += [csv, workbook]
    return written


def _sheet_name(country: str) -> str:
    """Excel forbids some characters in the name of a sheet, and more than 31 of any."""
    return "".join("_" if letter in r"[]:*?/\'" else letter for letter in country)[:SHEET_NAME_LENGTH] or UNKNOWN
