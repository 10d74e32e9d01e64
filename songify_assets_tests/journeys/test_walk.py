"""The walk of docs/architecture.md is true: each station can be opened, and a load comes by in that order."""

import ast
import re
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from songify_assets_tests.in_process import InProcess

ROOT = Path(__file__).parents[2]
PAGE = (
    (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8").partition("## A play's way from drop to share")[2]
)
STATIONS = re.findall(r"^\d+\. \[`(\w+)`\]\(\.\./([\w/.]+)\)", PAGE.partition("\n## ")[0], re.MULTILINE)


def test_there_are_at_most_fifteen_stations():
    assert 10 <= len(STATIONS) <= 15


@pytest.mark.parametrize(("function", "file"), STATIONS)
def test_a_station_can_be_opened(function: str, file: str):
    functions = [node for node in ast.walk(ast.parse((ROOT / file).read_text())) if isinstance(node, ast.FunctionDef)]
    [station] = [node for node in functions if node.name == function]
    assert ast.get_docstring(station)


def test_a_load_of_a_play_comes_by_all_stations_in_their_order(product: InProcess):
    called: dict[tuple[str, str], None] = {}

    def watch(frame: FrameType, event: str, arg: Any) -> None:
        if event == "call":
            called.setdefault((frame.f_code.co_name, frame.f_code.co_filename))

    product.deliver("royalties", "2021-12-01", "plays.csv", "location_id,track_id,played_ms\nse,a1,60000\n")
    threading.setprofile(watch)
    sys.setprofile(watch)
    try:
        assert product.load().exit_status == 0
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
    stations = [(function, str(ROOT / file)) for function, file in STATIONS]
    assert [station for station in called if station in stations] == stations
