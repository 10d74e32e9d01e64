"""The pages in a browser: quick, of this host alone, without a problem for anybody, and with the numbers that were loaded."""

import json
import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from songify_assets_tests.browser import ARTIFACTS, browsing
from songify_assets_tests.home import needs_real_data
from songify_assets_tests.serving.closed_months import LATE, LICENSOR, closed_home
from songify_assets_tests.serving.loaded import loaded_home
from songify_assets_tests.serving.site import site

AXE = (Path(__file__).parent / "axe.min.js").read_text("utf-8")
LOADED = (
    "/", "/royalties", "/viewing", "/listening", "/playlists", "/subscriptions", "/payments", "/marketing", "/tables",
    "/tables/royalties/market_share", "/tables/vendor/books_history", "/data-health",
)  # fmt: skip
CLOSED = (
    "/royalties?month=2021-12",
    f"/royalties?month=2021-12&licensor={LICENSOR}",
    f"/data-health?feed=plays&delivered={LATE}",
)
WIDTHS, MOST_MS = (1440, 390), 1000


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with site(loaded_home(tmp_path_factory.mktemp("loaded") / "home")) as address:
        yield address


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home = closed_home(tmp_path_factory.mktemp("closed") / "home")
    with site(home, home / "exports") as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Page]:
    with browsing() as page:
        yield page


def violations(page: Page) -> list[str]:
    """What axe-core finds wrong for people who read with a keyboard, a screen reader or weak eyes."""
    page.evaluate(AXE)
    found: dict[str, Any] = page.evaluate("axe.run({resultTypes: ['violations']})")
    return [
        f"{one['impact']}: {one['id']}: {one['help']}: {json.dumps([node['html'] for node in one['nodes'][:3]])}"
        for one in found["violations"]
    ]


def seen(browser: Page, address: str, path: str) -> None:
    """Opens a page in both themes and widths: each must be quick, whole, of this host, and readable for everybody."""
    assert browser.context.browser
    page, asked, wrong, took = browser.context.browser.new_page(), list[str](), list[str](), list[float]()
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    for theme, width in product(("light", "dark"), WIDTHS):
        page.emulate_media(color_scheme=theme)
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(address + path)
        took.append(page.evaluate("performance.getEntriesByType('navigation')[0].loadEventStart"))
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{path} is wider than {width}"
        assert violations(page) == [], f"{path}, {theme}, {width}"
        ARTIFACTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(
            path=ARTIFACTS / f"pages{re.sub(r'[^a-z0-9]+', '-', path.lower())}-{theme}-{width}.png", full_page=True
        )
    page.close()
    assert min(took) < MOST_MS, f"{path} took {took} ms, though others may keep the machine busy for once"
    assert [url for url in asked if not url.startswith(address)] == []
    assert wrong == []


@pytest.mark.parametrize("path", LOADED)
def test_a_page_of_loaded_data_is_quick_and_everybody_can_read_it(browser: Page, loaded: str, path: str) -> None:
    seen(browser, loaded, path)


@pytest.mark.parametrize("path", CLOSED)
def test_a_page_of_a_closed_month_is_quick_and_everybody_can_read_it(browser: Page, closed: str, path: str) -> None:
    seen(browser, closed, path)


def test_the_month_at_a_glance_has_its_parts_and_a_picture_has_its_table(browser: Page, loaded: str) -> None:
    browser.goto(loaded)
    for part in ("market-share", "answers", "retention", "as-of", "active-users", "money"):
        expect(browser.locator(f"#{part} h2")).to_be_visible()
    assert browser.locator("html").get_attribute("lang") == "en"
    expect(browser).to_have_title("This month at a glance · songify")
    figures = browser.locator("figure").all()
    assert figures
    for figure in figures:
        expect(figure.locator("canvas")).to_be_visible()
        figure.locator("summary").click()
        assert figure.locator("tbody tr").count() > 1


def test_the_filters_live_in_the_address_and_work_by_keyboard(browser: Page, closed: str) -> None:
    browser.goto(f"{closed}/royalties")
    browser.keyboard.press("Tab")
    expect(browser.get_by_role("link", name="To the content")).to_be_focused()
    browser.keyboard.press("Enter")
    browser.keyboard.press("Tab")
    expect(browser.get_by_role("combobox", name="Month")).to_be_focused()
    browser.keyboard.type("2021")
    browser.keyboard.press("Tab")
    browser.keyboard.press("Tab")
    browser.keyboard.press("Enter")
    expect(browser).to_have_url(f"{closed}/royalties?month=2021-12&country=")
    expect(browser.get_by_role("heading", level=1)).to_have_text("Royalties of 2021-12")


def test_finance_follows_a_difference_to_the_file_that_caused_it_and_downloads_the_sheet(
    browser: Page, closed: str
) -> None:
    browser.set_viewport_size({"width": 1440, "height": 900})
    browser.goto(closed)
    browser.get_by_role("combobox", name="Month").select_option("2021-12")
    browser.get_by_role("button", name="Show").click()
    browser.get_by_role("link", name="Royalties of 2021-12").click()
    expect(browser.locator("#statement")).to_contain_text("restated once")
    difference = browser.locator("#restated").get_by_role("row").filter(has_text=LICENSOR).first
    expect(difference).to_contain_text("+50")
    difference.get_by_role("link", name=f"plays of {LATE}").click()
    expect(browser.locator("#delivery")).to_contain_text(f"royalties/{LATE}/plays.csv")
    expect(browser.locator("#delivery")).to_contain_text("c" * 64)
    browser.go_back()
    with browser.expect_download() as download:
        browser.get_by_role("link", name="2021-12-v2.xlsx").click()
    assert download.value.suggested_filename == "v2.xlsx"
    assert Path(download.value.path()).read_bytes().startswith(b"PK")


def test_a_printed_statement_shows_the_statement_alone(browser: Page, closed: str) -> None:
    browser.goto(f"{closed}/royalties?month=2021-12&licensor={LICENSOR}")
    browser.emulate_media(media="print")
    expect(browser.get_by_role("heading", level=1)).to_be_visible()
    expect(browser.locator("#statement table")).to_be_visible()
    expect(browser.locator("nav")).to_be_hidden()
    expect(browser.get_by_text("The whole month")).to_be_hidden()
    browser.emulate_media(media="screen")


@needs_real_data
@pytest.mark.parametrize(
    ("path", "part", "texts"),
    [
        ("/", "market-share", ["US", "25", "40.0%"]),
        ("/", "answers", ["93.4%", "4 users", "3 films", "12 h 2 min", "0.94 GB", "725 users"]),
        ("/", "retention", ["2018-10-29", "41", "85%", "83%", "2021-11-29", "704", "94%"]),
        ("/listening", "funnels", ["Upgrade", "15", "61.5%"]),
        ("/playlists", "matches", ["matched", "314", "30.0%"]),
        ("/", "as-of", ["Films", "2021-12-31", "Music", "2018-11-21"]),
        ("/data-health", "failing", ["known_tracks", "11 rows break this"]),
    ],
)
def test_pages_show_the_numbers_of_the_real_data(
    browser: Page, loaded: str, path: str, part: str, texts: list[str]
) -> None:
    browser.goto(loaded + path)
    for text in texts:
        expect(browser.locator(f"#{part}")).to_contain_text(text)


def test_a_table_page_tells_where_it_comes_from_and_what_must_be_true_of_it(browser: Page, loaded: str) -> None:
    browser.goto(f"{loaded}/tables/royalties/market_share")
    expect(browser.locator("#checks")).to_contain_text("The shares of a country add up to 1.")
    browser.locator("#lineage").get_by_role("link", name="royalties.market_share_daily").click()
    browser.locator("#lineage").get_by_role("link", name="royalties.plays").click()
    expect(browser.locator("#lineage")).to_contain_text("raw.plays")
    expect(browser.locator("#lineage")).to_contain_text("the version of its track_id that was valid on the day")
