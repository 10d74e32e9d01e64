"""The pictures of asset pages: drawn from any data, none included, and small enough to be kept with an event."""

from collections.abc import Callable
from datetime import date, timedelta
from itertools import count

import polars as pl
import pytest

from songify_assets.datasets.engagement.pictures import retention_picture
from songify_assets.datasets.engagement.tables import CohortRetention
from songify_assets.datasets.royalties.pictures import market_share_picture
from songify_assets.datasets.royalties.tables import MarketShare
from songify_assets.orchestration.ui import pictures

MOST_BYTES = 50_000 * 3 // 4  # base64 adds a third
ODD = ["$x^2$", "_", "ö" * 200, "名前\nüber", "", None, '"<b>"', "unknown"]
FIRST = date(2021, 1, 1)


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
        {"cohort": week, "period": period, "cohort_size": 1_000_000, "retention": 1 / (period + 1),
         "is_complete": period < cohorts - place - 1}
        for place, week in enumerate(weeks) for period in range(cohorts - place)
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
