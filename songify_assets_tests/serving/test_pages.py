"""The pages as HTML: what they say of closed months, what they refuse to become, and what an empty home says."""

import re
from collections.abc import Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import duckdb
import pytest

from songify_assets.foundation.alerting.outbox import Outbox, Problem
from songify_assets.foundation.ledger import Ledger
from songify_assets.foundation.ledger.schema import Delivery
from songify_assets.foundation.ledger.sources import reached
from songify_assets.serving.pages import PAGES, render
from songify_assets_tests.serving.closed_months import HOSTILE, LATE, LICENSOR, closed_home

MONTH = {"month": "2021-12"}


class Words(HTMLParser):
    """The text of a page, its tags and its addresses."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text, self.tags, self.links = "", list[str](), list[str]()
        self.feed(html)
        self.text = re.sub(r"\s+", " ", self.text)

    def handle_data(self, data: str) -> None:
        self.text += data + " "

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src", "action")]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return closed_home(tmp_path_factory.mktemp("closed") / "home")


def page(home: Path, path: str, query: Mapping[str, str] | None = None) -> Words:
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as warehouse:
        html = render(path, query or {}, warehouse, home)
    assert html is not None, path
    return Words(html)


@pytest.mark.parametrize("path", [*PAGES, "/data-health", "/tables/royalties/market_share", "/tables/meta/tables"])
def test_every_page_can_be_made_of_a_warehouse_that_lacks_most_tables(home: Path, path: str) -> None:
    assert page(home, path).tags.count("h1") == 1


@pytest.mark.parametrize(
    "path", ["/nothing", "/tables/royalties/nothing", "/tables/royalties", '/tables/royalties/a" OR 1', "/tables/x/y/z"]
)
def test_there_is_no_page_where_there_is_nothing(home: Path, path: str) -> None:
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as warehouse:
        assert render(path, {}, warehouse, home) is None


def test_a_closed_month_tells_of_its_versions_their_difference_and_its_causes(home: Path) -> None:
    shown = page(home, "/royalties", MONTH)
    assert "restated once: version 2 counts" in shown.text
    assert "despite: tracks of the 30th are held" in shown.text
    assert "version 1 → version 2: 50 plays differ" in shown.text
    assert "+50 plays that came late plays of 2022-01-05" in shown.text
    assert "version 2 → now: 2 plays differ" in shown.text
    assert (
        "moved by 2 plays since. To settle that in a new version, type songify restate 2021-12 --reason TEXT"
        in shown.text
    )
    assert "628 678 +50 57.2% 59.1% +1.86 pp plays of 2022-01-05 plays that came late" in shown.text
    assert "380 380 0 34.6% 33.1% -1.51 pp plays of others" in shown.text
    assert {"/exports/statements/2021-12/v1.xlsx", "/exports/statements/2021-12/v2.xlsx"} <= {*shown.links}
    assert f"/data-health?feed=plays&delivered={LATE}#delivery" in shown.links


def test_a_month_that_was_not_closed_says_how_to_close_it(home: Path) -> None:
    assert "songify close 2022-01" in page(home, "/royalties", {"month": "2022-01"}).text


def test_a_warehouse_without_statements_says_that_no_month_was_closed(tmp_path: Path) -> None:
    home = closed_home(tmp_path / "home")
    with duckdb.connect(str(home / "warehouse.duckdb")) as warehouse:
        for table in ("statements", "statement_versions", "restatements", "restatement_causes"):
            warehouse.execute(f"DROP TABLE royalties.{table}")
    shown = page(home, "/royalties", MONTH)
    assert "No month was closed yet" in shown.text
    assert "songify close 2021-12" in shown.text


def test_the_statement_of_a_licensor_has_its_rows_alone(home: Path) -> None:
    shown = page(home, "/royalties", {**MONTH, "licensor": LICENSOR})
    assert "Paid 828 plays" in shown.text
    assert "Now 880 plays" in shown.text
    assert "Difference +52 plays" in shown.text
    assert "SE 628 57.2% 680 59.1% +52 +1.94 pp" in shown.text
    assert "+50 plays that came late plays of 2022-01-05" in shown.text
    assert "Söhne" not in shown.text
    assert "tracks of the 30th" not in shown.text


def test_the_statement_of_a_licensor_nobody_knows_says_so(home: Path) -> None:
    assert "Nothing of nobody was played in 2021-12" in page(home, "/royalties", {**MONTH, "licensor": "nobody"}).text


def test_texts_from_outside_stay_texts(home: Path) -> None:
    for path, query in (
        ("/royalties", MONTH),
        ("/royalties", {**MONTH, "licensor": HOSTILE}),
        ("/tables/royalties/statements", {}),
        ("/tables/royalties/statements", {"licensor": HOSTILE}),
        ("/data-health", {"feed": HOSTILE, "delivered": HOSTILE}),
    ):
        shown = page(home, path, query)
        assert HOSTILE in shown.text, path
        assert shown.tags.count("script") == 2, "the two of every page"
        assert all(link.startswith(("/", "#", "http://127.0.0.1:3000/")) for link in shown.links), shown.links


def test_a_preview_shows_the_chosen_rows_and_offers_them_for_download(home: Path) -> None:
    shown = page(home, "/tables/royalties/statements", {"licensor.is": "null", "version": "2", "nonsense": "x' OR 1=1"})
    assert "1 rows, where licensor.is = null and version = 2" in shown.text
    for form in ("csv", "arrow", "parquet"):
        assert f"/v1/tables/royalties/statements?licensor.is=null&version=2&format={form}" in shown.links


def test_a_preview_names_what_is_no_column(home: Path) -> None:
    shown = page(home, "/tables/royalties/statements", {"licensor": "A", "licenser": "B"})
    assert "No column is called licenser, so rows are not chosen by it." in shown.text


def test_a_table_page_says_what_its_columns_mean_and_how_fresh_it_is(home: Path) -> None:
    shown = page(home, "/tables/royalties/statements")
    assert "country_plays integer" in shown.text
    assert "Through 2021-12-01" in shown.text
    assert "http://127.0.0.1:3000/assets/royalties/statements?view=checks" in shown.links


def test_the_files_of_a_delivery_are_told(home: Path) -> None:
    shown = page(home, "/data-health", {"feed": "plays", "delivered": LATE})
    assert f"royalties/{LATE}/plays.csv 2022-01-06 04:30 UTC 4,711 {'c' * 64}" in shown.text
    assert "'yesterday' is no day" in page(home, "/data-health", {"feed": "plays", "delivered": "yesterday"}).text
    assert (
        "Nothing of plays was delivered for 2021-01-01"
        in page(home, "/data-health", {"feed": "plays", "delivered": "2021-01-01"}).text
    )


def test_data_health_says_what_to_type(tmp_path: Path) -> None:
    home = closed_home(tmp_path / "home")
    ledger = Ledger(home / "ledger.sqlite")
    day: Any = "2021-12-26"
    ledger.write_delivery(Delivery("books", day, "t", "c", 10, 10, 0, 0, "held", "2021-12-25", 40, 50), [])
    reached(ledger, "vendor", "the server refuses the password")
    outbox = Outbox(home / "alerts.sqlite")
    outbox.reconcile(
        [Problem("key", "error", "vendor cannot be reached", "Mend it.", "http://127.0.0.1:3000/automation")], []
    )
    shown = page(home, "/data-health")
    assert "songify approve raw/books 2021-12-26 --reason TEXT" in shown.text
    assert "40 of 50 keys of 2021-12-25" in shown.text
    assert "the server refuses the password songify load --source vendor" in shown.text
    assert "error vendor cannot be reached" in shown.text
    assert "raw/plays 1 2022-01-05 2022-01-05" in shown.text
    outbox.reconcile([], [])
    assert "Nothing is wrong, as seen" in page(home, "/data-health").text


def test_what_is_asked_for_and_is_not_there_is_named(home: Path) -> None:
    assert "There is nothing of month “1999-01”" in page(home, "/royalties", {"month": "1999-01"}).text
    assert "1999-01 was not closed yet" in page(home, "/royalties", {"month": "1999-01", "licensor": LICENSOR}).text
    assert page(home, "/royalties", {"month": "'; DROP", "licensor": LICENSOR}).tags.count("h1") == 1


@pytest.mark.parametrize(("file", "remedy"), [("ledger.sqlite", "songify rebuild"), ("alerts.sqlite", "Remove it")])
def test_a_damaged_database_is_told_and_what_to_do(tmp_path: Path, file: str, remedy: str) -> None:
    home = closed_home(tmp_path / "home")
    for old in home.glob(f"{file}*"):
        old.unlink()
    (home / file).write_bytes(b"no database" * 1000)
    assert f"{file}: it is damaged. " in page(home, "/data-health").text
    assert remedy in page(home, "/data-health").text


def test_data_health_of_an_empty_home_writes_nothing(home: Path, tmp_path: Path) -> None:
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as warehouse:
        assert "Nothing has landed" in (render("/data-health", {}, warehouse, tmp_path) or "")
    assert list(tmp_path.iterdir()) == []
