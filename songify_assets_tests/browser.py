"""Debian's Chromium, driven as a user drives it; every page that a test looks at is kept as a picture."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from songify_assets_tests.servers import needs_program

ARTIFACTS = Path(os.environ.get("SONGIFY_TESTS_ARTIFACTS", Path(__file__).parents[1] / "test-artifacts"))
# Without these Chromium asks hosts of its maker, which a closed network refuses one by one.
QUIET = "--disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync"
PAGE_MS = 300_000


@contextlib.contextmanager
def browsing() -> Iterator[Page]:
    """A page of a new browser."""
    with sync_playwright() as driver:
        chromium = driver.chromium.launch(
            executable_path=needs_program("chromium"), args=["--no-sandbox", "--disable-gpu", *QUIET.split()]
        )
        page = chromium.new_page(viewport={"width": 1400, "height": 1000})
        page.set_default_timeout(PAGE_MS)
        expect.set_options(timeout=PAGE_MS)
        try:
            yield page
        finally:
            chromium.close()


def keep(page: Page, name: str) -> None:
    """Keeps what the page shows now as `test-artifacts/<name>.png`."""
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    page.wait_for_timeout(500)  # dialogs fade in
    page.screenshot(path=ARTIFACTS / f"{name}.png")
