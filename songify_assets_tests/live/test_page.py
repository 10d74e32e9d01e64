"""The page follows what is counted, in a real browser."""

import time
from pathlib import Path

from playwright.sync_api import Page, expect

from songify_assets_tests.browser import browsing, keep
from songify_assets_tests.live.served import Live


def login(user: int, country: str = "SE") -> dict[str, object]:
    return {"user_id": user, "timestamp": int(time.time() * 1000), "country": country}


def test_the_page_follows_and_says_when_there_is_no_news(live: Live, tmp_path: Path):
    live.send("logins", [login(1), login(2, "NO"), {**login(3), "timestamp": int(time.time() * 1000) - 200_000}])
    live.send("steps", [{**login(1), "feature": "<i>quiz</i>", "step": "start", "duration_ms": 1234.5}])
    with browsing() as page:
        errors: list[object] = []
        page.on("pageerror", lambda error: errors.append(error))
        page.on("requestfailed", lambda request: errors.append(request.url) if "feed" not in request.url else None)
        page.goto(f"http://127.0.0.1:{live.port}/live")
        expect(page.locator("#events")).to_have_attribute("data-value", "3")
        live.send("logins", [login(4)])
        answered = time.monotonic()
        expect(page.locator("#events")).to_have_attribute("data-value", "4", timeout=5000)
        assert time.monotonic() - answered < 2
        expect(page.locator("#late")).to_contain_text("1 (25%)")
        expect(page.locator("#by-country tbody tr")).to_have_count(2)
        expect(page.locator("#by-country tbody")).to_contain_text("NO")
        expect(page.locator("#steps tbody")).to_contain_text("<i>quiz</i>")
        expect(page.locator("#steps tbody")).to_contain_text("1,234.5")
        expect(page.locator("#by-minute canvas")).to_be_visible()
        expect(page.locator("#as-of")).to_contain_text("UTC")
        assert page.title()
        keep(page, "live")
        assert errors == []
        assert live.end().status == 0
        expect(page.locator("#news")).to_contain_text("No news for")
        live.start()
        expect(page.locator("#news")).to_be_hidden()
        expect(page.locator("#events")).to_have_attribute("data-value", "4")


def test_the_page_asks_for_nothing_while_nobody_sees_it(live: Live):
    live.send("logins", [login(1)])
    with browsing() as page:
        page.goto(f"http://127.0.0.1:{live.port}/live")
        events = page.locator("#events")
        expect(events).to_have_attribute("data-value", "1")
        with page.expect_event("requestfailed", lambda request: request.url.endswith("/feed")):
            show(page, is_hidden=True)  # a stream that is closed counts as a request that failed
        page.wait_for_function("!asking")
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        live.send("logins", [login(2)])
        page.wait_for_timeout(2500)  # news would have come twice
        assert live.total()["events"] == 2
        assert (asked, events.get_attribute("data-value")) == ([], "1")
        show(page, is_hidden=False)
        expect(events).to_have_attribute("data-value", "2")
        expect(page.locator("#news")).to_be_hidden()


def show(page: Page, *, is_hidden: bool) -> None:
    """Chromium without a screen never hides a page by itself."""
    page.evaluate(
        "hidden => { Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });"
        " document.dispatchEvent(new Event('visibilitychange')); }",
        is_hidden,
    )
