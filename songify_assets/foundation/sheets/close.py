"""The close of a month: tables as CSV files and as the sheets of a workbook, whose totals are formulas. xlsxwriter is imported when one is written."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from filecmp import cmp
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from songify_assets.foundation.sheets.cells import fitting, harmless
from songify_assets.foundation.sheets.names import sheet_names

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

TOTAL, ADDS_UP = "total", "adds up"
ROWS = 1_000_000  # of a sheet, which leaves room for totals


@dataclass(frozen=True)
class Part:
    """A table of the close: its name and rows, which have a `month`.

    `totals` are the columns that are summed up over the rows that are equal in `per`, such as a currency: never over several of them.
    `signs` tell for a row with what sign each column counts, and `result` what they come to: a last column says whether they do.
    """

    name: str
    rows: pl.DataFrame
    totals: Sequence[str] = ()
    per: Sequence[str] = ("currency",)
    signs: Mapping[str, int] | None = None
    result: str = ""


def write_close(folder: Path, name: str, parts: Sequence[Part]) -> list[Path]:
    """Writes `<folder>/<year>-<month>/<name>.xlsx` and a CSV file a part for each month, each file replaced at once.

    A month that says what it said is left alone: workbooks of years would take minutes each night. Returns what was written.
    """
    written: list[Path] = []
    months: list[date] = sorted({month for part in parts for month in part.rows["month"].unique().to_list()})
    for month in months:
        place = folder / f"{month:%Y-%m}"
        place.mkdir(parents=True, exist_ok=True)
        own = [(part, part.rows.filter(pl.col("month") == month)) for part in parts]
        changed = [path for part, rows in own if (path := _write_csv(place / f"{name}-{part.name}.csv", rows))]
        workbook, building = place / f"{name}.xlsx", place / f".building-{name}.xlsx"
        if changed or not workbook.exists():
            _write_workbook(building, own)
            written += [*changed, building.replace(workbook)]
    return written


def _write_csv(path: Path, rows: pl.DataFrame) -> Path | None:
    """Writes a CSV file; nothing if it says that already."""
    texts = [column for column, dtype in rows.schema.items() if dtype == pl.String]
    safe = rows.with_columns(pl.col(texts).map_elements(harmless, return_dtype=pl.String)) if texts else rows
    building = path.with_name(f".building-{path.name}")
    safe.write_csv(building)
    if path.exists() and cmp(path, building, shallow=False):
        building.unlink()
        return None
    return building.replace(path)


def _write_workbook(path: Path, parts: Sequence[tuple[Part, pl.DataFrame]]) -> None:
    """Row by row, so that a month of a million rows takes no memory."""
    import xlsxwriter

    sheets = [(part, some) for part, rows in parts for some in _cut(rows)]
    names = sheet_names([part.name for part, _ in sheets])
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as workbook:
        bold = workbook.add_format({"bold": True})
        for name, (part, rows) in zip(names, sheets, strict=True):
            sheet = workbook.add_worksheet(name)
            for column, title in enumerate([*rows.columns, *([ADDS_UP] if part.signs else [])]):
                sheet.write_string(0, column, title, bold)
            line = 1
            for some in rows.partition_by(part.per, maintain_order=True) if part.totals else [rows]:
                line = _write_rows(sheet, part, some, line)
                line = _write_totals(sheet, part, some, line, bold)


def _write_rows(sheet: "Worksheet", part: Part, rows: pl.DataFrame, line: int) -> int:
    """Writes rows from a line on; the line after them."""
    for number, row in enumerate(rows.iter_rows(named=True), line):
        for column, cell in enumerate(row.values()):
            _write(sheet, number, column, cell)
        if part.signs:
            right = sum(sign * row[name] for name, sign in part.signs.items()) == row[part.result]
            sheet.write_formula(number, len(row), _adds_up(part, rows.columns, number), None, "yes" if right else "no")
    return line + len(rows)


def _cut(rows: pl.DataFrame) -> Iterator[pl.DataFrame]:
    for first in range(0, max(len(rows), 1), ROWS):
        yield rows[first : first + ROWS]


def _write(sheet: "Worksheet", row: int, column: int, cell: object) -> None:
    if cell is None:
        return
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        sheet.write_number(row, column, cell)
    else:
        sheet.write_string(row, column, fitting(str(cell)))


def _adds_up(part: Part, columns: Sequence[str], row: int) -> str:
    """A formula that compares a row's result with what it comes from."""
    from xlsxwriter.utility import xl_col_to_name

    place = {name: f"{xl_col_to_name(at)}{row + 1}" for at, name in enumerate(columns)}
    sides = "".join(f"{'+' if sign > 0 else '-'}{place[name]}" for name, sign in (part.signs or {}).items())
    return f'=IF({sides}={place[part.result]},"yes","no")'


def _write_totals(sheet: "Worksheet", part: Part, rows: pl.DataFrame, line: int, bold: "Format") -> int:
    """Writes the sums of the rows before a line, as formulas; the line after them."""
    from xlsxwriter.utility import xl_col_to_name

    if not part.totals:
        return line
    sheet.write_string(line, 0, TOTAL, bold)
    for column, name in enumerate(rows.columns):
        if name in part.per:
            sheet.write_string(line, column, fitting(str(rows[name][0])), bold)
        if name in part.totals:
            letter = xl_col_to_name(column)
            formula = f"=SUM({letter}{line - len(rows) + 1}:{letter}{line})"
            sheet.write_formula(line, column, formula, bold, rows[name].sum())
    return line + 1
