"""The product as its users see it: files appear on an FTP server, nobody types a command, and the web UI tells the rest."""

import json
import re
from datetime import date, datetime
from pathlib import Path
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from songify_assets.orchestration.checks.evaluations import failed_evaluations
from songify_assets_tests.browser import browsing, keep
from songify_assets_tests.daemon import Running, running, wait_until
from songify_assets_tests.home import Home, books, new_home, plays
from songify_assets_tests.servers import pyftpd

pytestmark = pytest.mark.long

TITLES = [f"Book {n}" for n in range(10)]
AUTHORS = [
    {"metadata": {"name": name, "birth_date": "1970-01-01", "died_at": None}, "nationalities": []}
    for name in ("Ann", "Bo", "Cy", "Di", "Ed", "Flo")
]


def test_files_dropped_by_ftp_are_computed_shown_checked_held_and_released(tmp_path: Path):
    home = new_home(tmp_path / "home")
    with pyftpd(home.path / "drops", user="songify", password="p@ss") as ftp:
        home.env["SONGIFY_DROPS_URL"] = ftp.url()
        deliver(home, "2021-12-01", TITLES, AUTHORS)
        deliver(home, "2021-12-02", TITLES, AUTHORS[1:])
        with running(home) as product, browsing() as page:
            published(product, "SELECT count(*) FROM royalties.plays", 4)
            the_page_of_a_history_shows_partitions_checks_and_picture(product, page)
            a_backfill_of_a_month_completes(product, page)

            deliver(home, "2021-12-03", TITLES[:4], AUTHORS)
            published(product, "SELECT count(*) FROM royalties.plays", 6)
            a_dump_without_most_of_its_keys_is_held(product, page)
            the_approve_job_releases_it(product, page)

            today = datetime.now(ZoneInfo("Europe/Stockholm")).date()
            deliver(home, str(today), TITLES[:4], AUTHORS)
            published(product, "SELECT count(*) FROM royalties.plays", 8)
            the_current_month_is_there(product, page, today)
            the_pages_beside_it_show_it(product, page, today)
            log = product.log.read_text()
            assert "Traceback" not in log, log[max(0, log.index("Traceback") - 1000) :][:4000]


def the_pages_beside_it_show_it(product: Running, page: Page, today: date) -> None:
    address = re.search(r"songify serve: (http://\S+)", product.log.read_text())
    assert address
    page.goto(f"{address[1]}/?month={today:%Y-%m}")
    expect(page.locator("#market-share")).to_contain_text("Acme")


def deliver(home: Home, day: str, titles: list[str], authors: list[dict[str, object]]) -> None:
    home.deliver("vendor", day, "books.json", books(*titles))
    home.deliver("vendor", day, "authors.json", json.dumps(authors))
    home.deliver("royalties", day, "locations.csv", "id,country\nL1,SE\n")
    home.deliver("royalties", day, "tracks.csv", "id,licensor\nT1,Acme\n")
    home.deliver("royalties", day, "plays.csv", plays("L1,T1,60000", "L1,T2,99000"))


def published(product: Running, sql: str, value: int) -> None:
    def holds() -> bool:
        exists = (product.home.path / "warehouse.duckdb").exists()
        return exists and product.home.rows(sql) == [(value,)]

    wait_until(holds, lambda: f"{sql} is not {value}:\n{product.log.read_text()[-4000:]}")


def the_page_of_a_history_shows_partitions_checks_and_picture(product: Running, page: Page) -> None:
    page.goto(f"{product.url}/assets/vendor/authors_history")
    page.get_by_role("row", name="picture").get_by_text("Show Markdown").click()
    picture = page.get_by_role("dialog").locator("img[src^='data:image/png']")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.naturalWidth") > 300, "the browser can draw it"
    keep(page, "1-authors-history-picture")
    page.goto(f"{product.url}/assets/vendor/authors_history?view=partitions")
    expect(page.get_by_text("Materialized (2)")).to_be_visible()
    keep(page, "2-authors-history-partitions")
    page.goto(f"{product.url}/assets/vendor/authors_history?view=checks")
    expect(page.get_by_text("Succeeded").first).to_be_visible()
    keep(page, "3-authors-history-checks")


def a_backfill_of_a_month_completes(product: Running, page: Page) -> None:
    page.goto(f"{product.url}/assets/royalties/plays")
    page.get_by_role("button", name="Materialize").first.click()
    page.get_by_role("button", name="Show all partitions").click()
    page.get_by_role("dialog").locator("input[type=text]").first.fill("[2021-12-01...2021-12-31]")
    page.keyboard.press("Enter")
    keep(page, "4-launch-backfill")
    page.get_by_role("button", name="Launch backfill").click()
    with product.instance() as instance:

        def completed() -> bool:
            found = instance.get_backfills()
            return bool(found) and found[0].status.value.startswith("COMPLETED")

        wait_until(completed, lambda: f"{[one.status for one in instance.get_backfills()]}")
        assert instance.get_backfills()[0].status.value == "COMPLETED_SUCCESS"
    page.goto(f"{product.url}/runs?view=backfills")
    expect(page.get_by_text("Success").first).to_be_visible()
    keep(page, "5-backfill-completed")


def a_dump_without_most_of_its_keys_is_held(product: Running, page: Page) -> None:
    # The vendor's sensor is another one than that of the plays, and may come later.
    with product.instance() as instance:

        def judged() -> bool:
            return any(one.evaluation.check_name == "mass_delete" for one in failed_evaluations(instance))

        wait_until(judged, lambda: f"no dump is held:\n{product.log.read_text()[-4000:]}")
    assert product.home.rows("SELECT count(*) FROM vendor.books_history WHERE is_current") == [(10,)]
    page.goto(f"{product.url}/assets/raw/books?view=checks&checkDetail=mass_delete")
    expect(page.get_by_text("it lacks 6 of the 10 keys").first).to_be_visible()
    expect(page.get_by_text("Failed").first).to_be_visible()
    keep(page, "6-held-dump")


def the_approve_job_releases_it(product: Running, page: Page) -> None:
    config = {"asset": "raw/books", "partition": "2021-12-03", "reason": "sold", "approved_by": "Ann"}
    setup = quote(json.dumps({"ops": {"release_dump": {"config": config}}}))
    page.goto(f"{product.url}/locations/songify_assets/jobs/approve/playground/setup?config={setup}")
    launch = page.get_by_role("button", name="Launch run")
    expect(launch).to_be_enabled()
    keep(page, "7-approve-launchpad")
    launch.click()
    published(product, "SELECT count(*) FROM vendor.books_history WHERE is_current", 4)
    page.goto(f"{product.url}/assets/raw/books?view=checks&checkDetail=mass_delete")
    expect(page.get_by_text("Succeeded").first).to_be_visible()
    keep(page, "8-released")


def the_current_month_is_there(product: Running, page: Page, today: date) -> None:
    page.goto(f"{product.url}/assets/royalties/market_share?view=partitions")
    expect(page.get_by_text("Materialized (2)")).to_be_visible()
    expect(page.get_by_text(f"{today:%Y-%m}-01").first).to_be_visible()
    keep(page, "9-current-month")
