"""The pictures of subscriptions, payments and marketing: drawn from any data, and small."""

from collections.abc import Callable
from datetime import date

import polars as pl
import pytest

from songify_assets.datasets.marketing.pictures import MODELS, channels_picture, paths_picture
from songify_assets.datasets.marketing.tables import Attribution, Credits
from songify_assets.datasets.payments.pictures import balances_picture, exceptions_picture
from songify_assets.datasets.payments.tables import GatewayBalances
from songify_assets.datasets.payments.tables.reconciled import BUCKETS, LEVELS
from songify_assets.datasets.subscriptions.pictures import cohorts_picture, waterfall_picture
from songify_assets.datasets.subscriptions.tables import Cohorts, Mrr
from songify_assets_tests.ui.test_pictures import MOST_BYTES, ODD, typed


def month(number: int) -> date:
    return date(2000 + number // 12, number % 12 + 1, 1)


def waterfall(months: int) -> bytes:
    flows = ("opening", "new", "expansion", "reactivation", "contraction", "churn", "closing")
    rows = [
        {"month": month(n), "currency": currency, "is_complete": n % 2 == 0, **{f"{flow}_minor": 10**9 * place for place, flow in enumerate(flows)}}
        for n in range(months) for currency in ("SEK", "JPY")
    ]  # fmt: skip
    return waterfall_picture(typed(Mrr, rows))


def cohorts(months: int) -> bytes:
    rows = [
        {"cohort": month(n), "currency": "SEK", "period": period, "cohort_size": 10**6, "active_customers": 1, "retention": 0.9**period,
         "mrr_minor": 10**6, "revenue_minor": 1, "revenue_per_customer_minor": 0.1, "is_complete": True}
        for n in range(months) for period in range(months - n)
    ]  # fmt: skip
    return cohorts_picture(typed(Cohorts, rows))


def exceptions(items: int) -> bytes:
    rows = [(level, bucket, items) for level in LEVELS for bucket in (*BUCKETS, None) if items]
    return exceptions_picture(
        pl.DataFrame(rows, schema={"level": pl.String, "age_bucket": pl.String, "rows": pl.UInt32}, orient="row")
    )


def balances(months: int, gateways: int) -> bytes:
    rows = [
        {"month": month(n), "gateway": f"{ODD[of % 5]}{of}", "currency": "SEK", "closing_minor": (-1) ** of * 10**9 * n}
        for n in range(months) for of in range(gateways)
    ]  # fmt: skip
    return balances_picture(typed(GatewayBalances, rows))


def channels(number: int) -> bytes:
    rows = [
        {"month": month(0), "currency": "SEK", "model": model, "channel": f"{ODD[of % 4]}{of}", "conversions": 1.0, "value_minor": 10**9 + of,
         "cost_minor": 10**8, "roas": 10.0}
        for model in MODELS for of in range(number)
    ]  # fmt: skip
    return channels_picture(typed(Attribution, rows))


def paths(sales: int) -> bytes:
    rows = [
        {"conversion_key": str(of), "conversion_date": month(0), "model": "linear", "position": place + 1, "channel": ODD[(of + place) % 4],
         "currency": "SEK", "share": 0.1, "credit_minor": 1}
        for of in range(sales) for place in range(of % 12 + 1)
    ]  # fmt: skip
    return paths_picture(typed(Credits, rows))


CASES: dict[str, Callable[[], bytes]] = {
    "no months of revenue": lambda: waterfall(0),
    "a month of revenue": lambda: waterfall(1),
    "ten years of revenue": lambda: waterfall(120),
    "no cohorts": lambda: cohorts(0),
    "a year of cohorts": lambda: cohorts(12),
    "ten years of cohorts": lambda: cohorts(120),
    "nothing open": lambda: exceptions(0),
    "a billion open": lambda: exceptions(10**9),
    "no gateways": lambda: balances(0, 0),
    "many gateways": lambda: balances(36, 20),
    "no channels": lambda: channels(0),
    "a channel": lambda: channels(1),
    "many channels": lambda: channels(100),
    "no sales": lambda: paths(0),
    "many sales": lambda: paths(500),
}


@pytest.mark.filterwarnings("ignore:Glyph .* missing from font")
@pytest.mark.parametrize("draw", CASES.values(), ids=CASES)
def test_a_picture_is_drawn_of_any_data_and_stays_small(draw: Callable[[], bytes]):
    drawn = draw()
    assert drawn.startswith(b"\x89PNG")
    assert 2_000 < len(drawn) < MOST_BYTES
