"""The pictures of asset pages: drawn from any data, none included, and small enough to be kept with an event."""

from collections.abc import Callable
from datetime import date, timedelta
from itertools import count

import polars as pl
import pytest

from songify_assets.datasets.engagement.pictures.retention import active_picture, churn_picture, retention_picture
from songify_assets.datasets.engagement.pictures.usage import funnel_picture, use_picture
from songify_assets.datasets.engagement.tables import ActiveUsers, Churn, CohortRetention, FunnelTotals, UseTimeDaily
from songify_assets.datasets.listening.pictures import totals_picture
from songify_assets.datasets.listening.tables import DailyTotals
from songify_assets.datasets.playlists.pictures import matches_picture, movers_picture
from songify_assets.datasets.playlists.tables.logs import MOVES
from songify_assets.datasets.playlists.tables.matching import STATES
from songify_assets.datasets.royalties.pictures import market_share_picture
from songify_assets.datasets.royalties.tables import MarketShare
from songify_assets.orchestration.ui import pictures

MOST_BYTES = 50_000 * 3 // 4  # base64 adds a third
ODD = ["$x^2$", "_", "ö" * 200, "名前\nüber", "", None, '"<b>"', "unknown"]
FIRST = date(2021, 1, 1)
PRODUCTS = ("listening", "viewing")


def shares(countries: list[str | None], licensors: list[str | None]) -> pl.DataFrame:
    rows = [
        {"month": FIRST, "country": country, "licensor": licensor, "plays": n, "country_plays": n * len(licensors),
         "share": 1 / len(licensors)}
        for (country, licensor), n in zip(((c, one) for c in countries for one in licensors), count(1), strict=False)
    ]  # fmt: skip
    return typed(MarketShare, rows)


def triangle(cohorts: int) -> pl.DataFrame:
    weeks = [FIRST + timedelta(weeks=n) for n in range(cohorts)]
    rows = [
        {"product": product, "cohort": week, "period": period, "cohort_size": 1_000_000, "retention": 1 / (period + 1),
         "is_complete": period < cohorts - place - 1}
        for product in PRODUCTS for place, week in enumerate(weeks) for period in range(cohorts - place)
    ]  # fmt: skip
    return typed(CohortRetention, rows)


def typed(model: type, rows: list[dict[str, object]]) -> pl.DataFrame:
    """Rows with the types of a table's model, missing columns null."""
    schema = {name: column.dtype.type for name, column in model.to_schema().columns.items()}
    return pl.DataFrame(rows, schema={name: schema[name] for name in schema})


def days(number: int) -> pl.DataFrame:
    day = [FIRST + timedelta(days=n) for n in range(number)]
    return pl.DataFrame(
        {"day": day, "rows": [10**9] * number, **{event: [7] * number for event in ("added", "changed", "deleted")}},
        schema={"day": pl.Date, **dict.fromkeys(("rows", "added", "changed", "deleted"), pl.Int64)},
    )


def daily(model: type, number: int, **numbers: object) -> pl.DataFrame:
    rows = [
        {"product": product, "date": FIRST + timedelta(days=n), **numbers}
        for product in PRODUCTS
        for n in range(number)
    ]
    return typed(model, rows)


def active(number: int) -> pl.DataFrame:
    return daily(ActiveUsers, number, dau=10**6, wau=2 * 10**6, mau=10**7, stickiness=0.1, is_complete=False)


def use(number: int) -> pl.DataFrame:
    return daily(
        UseTimeDaily, number, sessions=10**6, seconds_per_user=3e3, average_session_s=None, median_session_s=60.5
    )


def totals(number: int) -> pl.DataFrame:
    return daily(DailyTotals, number, plays=10**6, users=10**5).unique("date", maintain_order=True)


def churn(months: int) -> pl.DataFrame:
    rows = [
        {"product": product, "month": date(2000 + n // 12, n % 12 + 1, 1), "churn_rate": 0.5 if n else None, "is_complete": n < 9}
        for product in PRODUCTS for n in range(months)
    ]  # fmt: skip
    return typed(Churn, rows)


def funnels(number: int) -> pl.DataFrame:
    rows = [
        {"product": "listening", "funnel": f"{ODD[n % 8]}{n}", "days": 28, "step": step, "step_name": ODD[n % 4], "entered": 10**9,
         "converted": 10**8, "dropped": 10**8, "open": 8 * 10**8, "completion": 0.5, "p50_s": 86400.0 * n}
        for n in range(number) for step in (1, 2)
    ]  # fmt: skip
    return typed(FunnelTotals, rows)


def moves(days: int) -> pl.DataFrame:
    rows = [(FIRST + timedelta(days=n), move, 10**9) for n in range(days) for move in MOVES]
    return pl.DataFrame(rows, schema={"day": pl.Date, "move": pl.String, "rows": pl.UInt32}, orient="row")


def decided(videos: int) -> pl.DataFrame:
    rows = [(state, videos) for state in STATES if videos]
    return pl.DataFrame(rows, schema={"state": pl.String, "rows": pl.UInt32}, orient="row")


CASES: dict[str, Callable[[], bytes]] = {
    "no shares": lambda: market_share_picture(shares([], [])),
    "one share": lambda: market_share_picture(shares(["SE"], ["Acme"])),
    "odd names": lambda: market_share_picture(shares(ODD, ODD)),
    "many countries and licensors": lambda: market_share_picture(
        shares([f"C{n}" for n in range(250)], [f"Licensor number {n} of them" for n in range(60)])
    ),
    "no cohorts": lambda: retention_picture(triangle(0)),
    "one cohort": lambda: retention_picture(triangle(1)),
    "three years of cohorts": lambda: retention_picture(triangle(156)),
    "nothing moved": lambda: movers_picture(moves(0)),
    "a first day, on which all stay": lambda: movers_picture(moves(1).filter(pl.col("move") == "stayed")),
    "a day of moves": lambda: movers_picture(moves(1)),
    "a month of moves": lambda: movers_picture(moves(31)),
    "no videos": lambda: matches_picture(decided(0)),
    "one video": lambda: matches_picture(decided(1)),
    "a thousand videos": lambda: matches_picture(decided(1000)),
    "nobody active": lambda: active_picture(active(0)),
    "one active day": lambda: active_picture(active(1)),
    "three years of active days": lambda: active_picture(active(1100)),
    "no use": lambda: use_picture(use(0)),
    "one day of use": lambda: use_picture(use(1)),
    "three years of use": lambda: use_picture(use(1100)),
    "no plays": lambda: totals_picture(totals(0)),
    "three years of plays": lambda: totals_picture(totals(1100)),
    "no months": lambda: churn_picture(churn(0)),
    "one month": lambda: churn_picture(churn(1)),
    "ten years of months": lambda: churn_picture(churn(120)),
    "no funnels": lambda: funnel_picture(funnels(0)),
    "many funnels": lambda: funnel_picture(funnels(60)),
    "no days": lambda: pictures.daily_picture(days(0), "viewing/streams: rows a day"),
    "one day": lambda: pictures.daily_picture(days(1), "viewing/streams: rows a day"),
    "90 days": lambda: pictures.daily_picture(days(90), "viewing/streams: rows a day"),
    "no dumps": lambda: pictures.history_picture(days(0), "vendor/books_history: changes"),
    "one dump": lambda: pictures.history_picture(days(1), "vendor/books_history: changes"),
    "three years of dumps": lambda: pictures.history_picture(days(1100), "vendor/books_history: changes"),
}


@pytest.mark.filterwarnings("ignore:Glyph .* missing from font")
@pytest.mark.parametrize("draw", CASES.values(), ids=CASES)
def test_a_picture_is_drawn_of_any_data_and_stays_small(draw: Callable[[], bytes]):
    drawn = draw()
    assert drawn.startswith(b"\x89PNG")
    assert 2_000 < len(drawn) < MOST_BYTES
