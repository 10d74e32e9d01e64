"""The month's sheets: whatever countries and licensors are called, each has its rows, and no cell is run."""

import csv
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from songify_assets.datasets.royalties import sheets
from songify_assets.foundation.sheets.names import sheet_names

ODD = [
    "History",
    "history",
    "'",
    "''x'",
    "[]",
    "??",
    "=1",
    "a" * 40,
    "A" * 40,
    "\U0001f600" * 31,
    "\x00\ufffe",
    "ﬁ",
    "FI",
    "",
]
names = st.text(max_size=40) | st.sampled_from([*ODD, "SE", "se", "unknown", "UNKNOWN", "Straße", "STRASSE"])


def month(*rows: tuple[str | None, str | None, int]) -> pd.DataFrame:
    """The shares of December 2021: country, licensor, plays."""
    frame = pd.DataFrame(rows, columns=["country", "licensor", "plays"], dtype=object)
    frame = frame.astype({"plays": "int64"})
    frame.insert(0, "month", pd.Timestamp("2021-12-01"))
    return frame.assign(country_plays=frame["plays"], share=1.0)


def written(folder: Path, shares: pd.DataFrame) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of each sheet, below its header."""
    sheets.write_sheets(shares, folder, ["2021-12-01"])
    book = openpyxl.load_workbook(folder / "2021-12.xlsx")
    return {sheet.title: [tuple(cell.value for cell in row) for row in sheet.rows][1:] for sheet in book}


@given(st.lists(names, max_size=12))
@settings(max_examples=300, deadline=None)
def test_excel_takes_every_sheet_name_and_none_is_given_twice(wanted: list[str]):
    found = sheet_names(wanted)
    assert len({name.lower() for name in found}) == len(wanted)
    for name in found:
        assert 1 <= len(name.encode("utf-16-le")) // 2 <= 31
        assert not set(name) & set("[]:*?/\\")
        assert name.strip("'") == name
        assert name.lower() != "history"
        assert name.isprintable()
        xlsxwriter.Workbook().add_worksheet(name)


@given(st.lists(st.tuples(names, names.filter(bool)), max_size=8, unique=True))
@settings(max_examples=25, deadline=None)
def test_every_row_is_in_the_workbook_whatever_its_country_is_called(
    tmp_path_factory: Any, rows: list[tuple[str, str]]
):
    shares = month(*((country, licensor, number) for number, (country, licensor) in enumerate(rows, 1)))
    found = written(tmp_path_factory.mktemp("sheets"), shares)
    assert sorted(row[3] for sheet in found.values() for row in sheet) == list(range(1, len(rows) + 1))


def test_a_country_that_is_called_unknown_and_plays_at_unknown_locations_have_a_sheet_each(tmp_path: Path):
    found = written(tmp_path, month(("UNKNOWN", "Norr", 2), (None, "Syd", 1), ("unknown", "Ost", 3)))
    assert {name: [row[2] for row in rows] for name, rows in found.items()} == {
        "UNKNOWN": ["Norr"],
        "unknown (2)": ["Ost"],
        "unknown (3)": ["Syd"],
    }


@pytest.mark.parametrize(
    "text", ["=LOVE", "=1+1", "{=SUM(1)}", "https://label.example/", "+44 Records", "@x", "007", "-1", "1e5"]
)
def test_a_text_stays_the_text_that_was_delivered(tmp_path: Path, text: str):
    assert written(tmp_path, month(("SE", text, 1)))["SE"][0][2] == text
    assert b"<f>" not in xml(tmp_path)
    assert b"hyperlink" not in xml(tmp_path)
    assert xml(tmp_path).count(b't="inlineStr"') == 6 + 3, "the header's cells, month, country and licensor"


def xml(folder: Path) -> bytes:
    """All of the workbook's sheets as XML."""
    with zipfile.ZipFile(folder / "2021-12.xlsx") as book:
        return b"".join(book.read(name) for name in book.namelist() if name.startswith("xl/worksheets"))


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "\uff1d1", "a\r=1"])
def test_no_cell_of_a_csv_file_is_run_by_a_spreadsheet(tmp_path: Path, text: str):
    written(tmp_path, month((text, text, 1), ("SE", "Norr = Syd", 2)))
    with (tmp_path / "2021-12.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows[1][1:4] == [*[text if text.startswith("a") else "'" + text] * 2, "1"]
    assert rows[2][1:4] == ["SE", "Norr = Syd", "2"], "a number and a harmless text stay as they are"


def test_a_country_of_more_rows_than_a_sheet_takes_goes_on_in_the_next_sheet(tmp_path: Path, monkeypatch: Any):
    monkeypatch.setattr(sheets, "ROWS_A_SHEET", 3)
    found = written(tmp_path, month(*(("SE", f"Label {number}", number + 1) for number in range(7)), ("FI", "Norr", 9)))
    assert {name: len(rows) for name, rows in found.items()} == {"FI": 1, "SE": 3, "SE (2)": 3, "SE (3)": 1}


def test_the_countries_that_have_no_room_for_a_sheet_share_the_last_one(tmp_path: Path, monkeypatch: Any):
    monkeypatch.setattr(sheets, "SHEETS", 3)
    found = written(tmp_path, month(*((f"C{number}", "Norr", number + 1) for number in range(5)), (None, "Syd", 9)))
    assert {name: [row[1] for row in rows] for name, rows in found.items()} == {
        "C0": ["C0"],
        "C1": ["C1"],
        "4 more countries": ["C2", "C3", "C4", "unknown"],
    }


def test_a_text_longer_than_a_cell_is_cut_in_the_workbook_and_whole_in_the_csv_file(tmp_path: Path):
    found = written(tmp_path, month(("SE", "x" * 40_000, 1)))
    assert found["SE"][0][2].endswith("…")
    assert "x" * 40_000 in (tmp_path / "2021-12.csv").read_text()


def test_a_month_without_plays_says_so(tmp_path: Path):
    assert written(tmp_path, month()) == {"no plays": []}
