"""A real service's plan changes, as subscription events: the figures that others published of them."""

import csv
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from songify_assets.datasets.subscriptions import DATASET
from songify_assets.orchestration.declare.datasets import Catalog
from songify_assets_tests.datasets.drop import Drop
from songify_assets_tests.datasets.subscriptions.drops import EVENTS, HEADERS, PLANS
from songify_assets_tests.home import REAL_DATA, needs_real_data
from songify_assets_tests.properties.engine import FIRST, Engine, new_engine

pytestmark = [pytest.mark.long, needs_real_data]
TRIAL, CHURN = "0", "4"
INTERVALS = {"1": "month", "2": "month", "3": "year"}
END_OF_2020 = date(2020, 12, 31)
TRIALS_A_MONTH = [88, 68, 94, 81, 88, 79, 89, 88, 87, 79, 75, 84]


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """All of it, delivered at the end of 2020; later changes are known and have not happened yet."""
    engine = new_engine(Path(tmp_path_factory.mktemp("foodie") / "home"), 1.0, Catalog([DATASET]))
    folder = engine.store.settings.home / "drops/subscriptions"
    for drop in (Drop(PLANS, END_OF_2020, tuple(_plans())), Drop(EVENTS, END_OF_2020, tuple(_events()))):
        engine.look_at(drop.write(folder, HEADERS[drop.file]), "subscriptions")
    engine.settle()
    return engine


def _read(name: str) -> list[dict[str, str]]:
    with (REAL_DATA / "money" / name).open(newline="") as file:
        return list(csv.DictReader(file))


def _plans():
    for plan in _read("foodie_fi_plans.csv"):
        if plan["plan_id"] in INTERVALS:
            yield {
                "plan_id": plan["plan_id"], "name": plan["plan_name"], "interval": INTERVALS[plan["plan_id"]], "interval_count": 1,
                "price": plan["price"], "currency": "USD",
            }  # fmt: skip


def _events():
    for number, change in enumerate(_read("foodie_fi_subscriptions.csv")):
        plan = change["plan_id"]
        kind = {TRIAL: "trial", CHURN: "cancellation"}.get(plan, "sign_up")
        yield {
            "event_id": number, "subscription_id": change["customer_id"], "customer_id": change["customer_id"], "type": kind,
            "plan_id": plan if plan in INTERVALS else "", "currency": "USD", "occurred_at": f"{change['start_date']}T12:00:00Z",
        }  # fmt: skip


def test_every_event_is_loaded(loaded: Engine):
    [delivery] = loaded.store.ledger.rows("SELECT * FROM deliveries WHERE feed = 'subscription_events'")
    assert (delivery["received"], delivery["refused"], delivery["collapsed"]) == (2650, 0, 0)
    assert FIRST < END_OF_2020


def test_trials_begin_as_published_month_by_month(loaded: Engine):
    trials = Counter(
        e["event_date"].month for e in loaded.rows("subscriptions.subscription_events") if e["type"] == "trial"
    )
    assert [trials[month] for month in range(1, 13)] == TRIALS_A_MONTH


def test_states_at_the_end_of_2020_are_the_published_ones(loaded: Engine):
    current = [period for period in loaded.rows("subscriptions.periods") if period["valid_to"] is None]
    states = Counter(p["plan_key"] if p["status"] == "active" else p["status"] for p in current)
    assert states == {"trialing": 19, "1": 224, "2": 326, "3": 195, "cancelled": 236}


def test_recurring_revenue_of_december_is_the_one_of_these_states(loaded: Engine):
    december = max(loaded.rows("subscriptions.mrr"), key=lambda row: row["month"])
    assert (december["closing_minor"], december["closing_customers"]) == (1_193_810, 224 + 326 + 195)
