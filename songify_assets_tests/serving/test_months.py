"""The months that the pages offer, and the month that a page or `songify answers` shows where none is asked for."""

import json
import re
from datetime import date
from pathlib import Path

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


def test_page_and_answers_show_the_newest_month_that_has_begun(home: Home) -> None:
    assert offered(home, "/payments")[0][0] == "2022-01", "payouts are told before they arrive"
    for topic in ("payments", "marketing", "subscriptions"):
        told = json.loads(home.songify("answers", "--topic", topic, "--json").out)
        assert [told["month"]] == offered(home, f"/{topic}")[1] == ["2021-12"], topic
    later = json.loads(home.songify("answers", "--topic", "payments", "--month", "2022-01", "--json").out)
    assert later["month"] == "2022-01", "one may ask for it"


def test_an_invoice_of_a_year_to_come_is_not_what_is_shown_first(tmp_path: Path) -> None:
    home = new_home(tmp_path / "home")
    header = "invoice_id,customer_id,kind,status,amount,currency,issued_on,due_on\n"
    rows = "I1,Ann,invoice,open,99.00,SEK,2021-12-30,\nI2,Ann,invoice,open,99.00,SEK,9999-12-30,\n"
    home.deliver("payments", "2021-12-31", "invoices.csv", header + rows)
    home.load()
    assert json.loads(home.songify("answers", "--topic", "payments", "--json").out)["month"] == "2021-12"
    assert offered(home, "/payments") == (["9999-12", "2021-12"], ["2021-12"])
