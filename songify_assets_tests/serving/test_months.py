"""The months that the pages offer, and the month that a page or `songify answers` shows where none is asked for."""

import re
from datetime import date

import duckdb
import pytest

from songify_assets.generator import generate
from songify_assets.serving.pages import render
from songify_assets_tests.home import Home, new_home


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Two days at the end of a year; their payouts arrive in the next."""
    home = new_home(tmp_path_factory.mktemp("months") / "home")
    sources = ("subscriptions", "payments", "marketing")
    generate(
        home.path / "drops", days=2, scale=0.05, seed=0, first_day=date(2021, 12, 30), sources=sources, defects=None
    )
    home.load()
    return home


def offered(home: Home, path: str) -> tuple[list[str], list[str]]:
    """The months that a page offers, and those of them that are chosen."""
    with duckdb.connect(str(home.path / "warehouse.duckdb"), read_only=True) as warehouse:
        html = render(path, {}, warehouse, home.path) or ""
    [choice] = re.findall(r'<select[^>]*name="month".*?</select>', html, re.DOTALL)
    return re.findall(r'value="([^"]+)"', choice), re.findall(r'value="([^"]+)" selected', choice)


@pytest.mark.parametrize("path", ["/payments", "/marketing", "/subscriptions"])
def test_a_page_offers_each_month_once_and_one_of_them_is_chosen(home: Home, path: str) -> None:
    months, chosen = offered(home, path)
    assert months == sorted(set(months), reverse=True)
    assert chosen == ["2021-12"]
