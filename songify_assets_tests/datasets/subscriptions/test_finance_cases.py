"""Cases that a finance person can read: what happened to a subscription, and what follows."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from songify_assets.datasets.subscriptions import DATASET
from songify_assets.orchestration.declare.datasets import Catalog
from songify_assets_tests.datasets.drop import Drop
from songify_assets_tests.datasets.subscriptions.drops import EVENTS, HEADERS, PLANS
from songify_assets_tests.properties.engine import Engine, new_engine

CATALOG = Catalog([DATASET])
MONTHLY = "monthly,Monthly,month,1,100,SEK"
YEARLY = "yearly,Yearly,year,1,1000,SEK"
Home = Callable[..., Engine]


def rows(file: str, *lines: str) -> tuple[dict[str, str], ...]:
    return tuple(dict(zip(HEADERS[file], line.split(","), strict=True)) for line in lines)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Loads events, and plans, as delivered on a day."""
    engine = new_engine(tmp_path / "home", 1.0, CATALOG)

    def deliver(day: str, *events: str, plans: tuple[str, ...] = (MONTHLY, YEARLY)) -> Engine:
        for file, lines in ((PLANS, plans), (EVENTS, events)):
            if lines:
                drop = Drop(file, date.fromisoformat(day), rows(file, *lines))
                engine.look_at(
                    drop.write(engine.store.settings.home / "drops/subscriptions", HEADERS[file]), "subscriptions"
                )
        engine.settle()
        return engine

    return deliver


def movements(engine: Engine) -> list[tuple[Any, ...]]:
    columns = ("date", "customer_key", "currency", "movement", "before_minor", "after_minor")
    found = (
        engine.store.lake.scan("subscriptions/mrr_movements").select(columns).sort("date", "customer_key", "currency")
    )
    return [(str(day), *row) for day, *row in found.collect().rows()]


def month(engine: Engine, of: str, currency: str = "SEK") -> dict[str, Any]:
    return next(
        row for row in engine.rows("subscriptions.mrr") if str(row["month"])[:7] == of and row["currency"] == currency
    )


def test_a_trial_pays_nothing_and_a_sign_up_is_new_revenue(home: Home):
    engine = home(
        "2021-12-20", "1,S,C,trial,monthly,,,SEK,2021-12-01T09:00Z,", "2,S,C,sign_up,monthly,,,SEK,2021-12-08T09:00Z,"
    )
    assert movements(engine) == [("2021-12-08", "c", "SEK", "new", 0, 10000)]


def test_what_happens_twice_on_a_day_counts_as_the_day_ends(home: Home):
    engine = home(
        "2021-12-20", "1,S,C,sign_up,monthly,,,SEK,2021-12-01T09:00Z,", "2,S,C,cancellation,,,,SEK,2021-12-08T09:00Z,",
        "3,S,C,reactivation,,,,SEK,2021-12-08T10:00Z,",
    )  # fmt: skip
    assert movements(engine) == [("2021-12-01", "c", "SEK", "new", 0, 10000)]


def test_of_two_events_of_one_instant_the_one_with_the_greater_key_acts_last(home: Home):
    engine = home(
        "2021-12-20", "B,S,C,cancellation,,,,SEK,2021-12-01T09:00Z,", "A,S,C,sign_up,monthly,,,SEK,2021-12-01T09:00Z,"
    )
    assert [row["status"] for row in engine.rows("subscriptions.periods")] == ["cancelled"]
    assert movements(engine) == []


def test_a_month_in_which_nothing_happened_has_its_row(home: Home):
    engine = home("2022-02-02", "1,S,C,sign_up,monthly,,,SEK,2021-12-01T09:00Z,")
    january = month(engine, "2022-01")
    assert (january["opening_minor"], january["new_minor"], january["closing_minor"], january["nrr"]) == (
        10000,
        0,
        10000,
        1.0,
    )


@pytest.mark.parametrize(
    ("currency", "amount", "mrr"),
    [("JPY", "1000", 83), ("SEK", "1000", 8333), ("KWD", "1000", 83333), ("KWD", "0.006", 1)],
)
def test_a_twelfth_of_a_year_is_rounded_half_up_in_the_minor_units_of_its_currency(
    home: Home, currency: str, amount: str, mrr: int
):
    engine = home("2021-12-20", f"1,S,C,sign_up,yearly,,{amount},{currency},2021-12-01T09:00Z,")
    assert movements(engine) == [("2021-12-01", "c", currency, "new", 0, mrr)]


def test_the_end_of_one_of_a_customers_two_subscriptions_is_a_contraction(home: Home):
    engine = home(
        "2021-12-20", "1,S,C,sign_up,monthly,,,SEK,2021-12-01T09:00Z,", "2,T,C,sign_up,monthly,,50,SEK,2021-12-02T09:00Z,",
        "3,T,C,cancellation,,,,SEK,2021-12-03T09:00Z,",
    )  # fmt: skip
    assert [row[3:] for row in movements(engine)] == [
        ("new", 0, 10000),
        ("expansion", 10000, 15000),
        ("contraction", 15000, 10000),
    ]
    assert month(engine, "2021-12")["churned_customers"] == 0


def test_a_subscription_that_changes_hands_is_lost_for_one_customer_and_new_for_the_other(home: Home):
    engine = home(
        "2021-12-20", "1,S,Ann,sign_up,monthly,,,SEK,2021-12-01T09:00Z,", "2,S,Bo,renewal,,,,SEK,2021-12-05T09:00Z,"
    )
    assert movements(engine)[1:] == [
        ("2021-12-05", "ann", "SEK", "churn", 10000, 0),
        ("2021-12-05", "bo", "SEK", "new", 0, 10000),
    ]


def test_a_change_of_currency_moves_the_number_from_one_waterfall_to_the_other(home: Home):
    engine = home(
        "2021-12-20", "1,S,C,sign_up,monthly,,,SEK,2021-12-01T09:00Z,", "2,S,C,price_change,,,,EUR,2021-12-05T09:00Z,"
    )
    assert movements(engine)[1:] == [
        ("2021-12-05", "c", "EUR", "new", 0, 10000),
        ("2021-12-05", "c", "SEK", "churn", 10000, 0),
    ]
    assert (month(engine, "2021-12")["closing_minor"], month(engine, "2021-12", "EUR")["closing_minor"]) == (0, 10000)


def test_a_pause_is_churn_and_shown_apart(home: Home):
    engine = home(
        "2021-12-20", "1,S,C,sign_up,monthly,,,SEK,2021-12-01T09:00Z,", "2,S,C,pause,,,,SEK,2021-12-05T09:00Z,"
    )
    december = month(engine, "2021-12")
    assert (december["churn_minor"], december["paused_customers"], december["closing_customers"]) == (10000, 1, 0)


def test_a_new_list_price_changes_no_running_revenue(home: Home):
    home("2021-12-01", "1,S,C,sign_up,monthly,,,SEK,2021-12-01T09:00Z,")
    dearer = "monthly,Monthly,month,1,120,SEK"
    engine = home("2021-12-10", "2,T,D,sign_up,monthly,,,SEK,2021-12-10T09:00Z,", plans=(dearer, YEARLY))
    assert [row[3:] for row in movements(engine)] == [("new", 0, 10000), ("new", 0, 12000)]


def test_a_cancellation_for_later_acts_when_its_day_has_come(home: Home):
    engine = home(
        "2021-12-20",
        "1,S,C,sign_up,monthly,,,SEK,2021-12-01T09:00Z,",
        "2,S,C,cancellation,,,,SEK,2021-12-05T09:00Z,2022-01-01T09:00Z",
    )
    assert len(movements(engine)) == 1
    engine = home("2022-01-01", plans=(MONTHLY, YEARLY))
    assert movements(engine)[1:] == [("2022-01-01", "c", "SEK", "churn", 10000, 0)]


def test_a_void_takes_its_event_back_and_a_later_record_revives_it(home: Home):
    sign_up = "1,S,C,sign_up,monthly,,,SEK,2021-12-01T09:00Z,"
    home("2021-12-01", sign_up)
    engine = home("2021-12-02", "1,S,C,void,,,,SEK,2021-12-01T09:00Z,", plans=())
    assert (movements(engine), engine.rows("subscriptions.subscription_events")) == ([], [])
    assert len(movements(home("2021-12-03", sign_up, plans=()))) == 1


def test_cash_stands_beside_recurring_revenue(home: Home):
    engine = home(
        "2021-12-20", "1,S,C,sign_up,monthly,,,SEK,2021-12-01T09:00Z,", "2,S,C,payment,yearly,5,80,SEK,2021-12-02T09:00Z,",
        "3,S,C,refund,,,30,SEK,2021-12-03T09:00Z,",
    )  # fmt: skip
    december, [cohort] = month(engine, "2021-12"), engine.rows("subscriptions.cohorts")
    assert (december["closing_minor"], december["payments_minor"], december["refunds_minor"]) == (10000, 8000, 3000)
    assert (cohort["revenue_minor"], cohort["mrr_minor"]) == (5000, 10000)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("1,S,C,gift,,,,SEK,2021-12-01T09:00Z,", "`type` is gift: must be one of"),
        ("1,S,C,payment,,,,SEK,2021-12-01T09:00Z,", "a payment or a refund has no amount"),
        ("1,S,C,sign_up,,,-1,SEK,2021-12-01T09:00Z,", "must be greater than or equal to 0"),
        ("1,S,C,sign_up,,-2,,SEK,2021-12-01T09:00Z,", "must be greater than or equal to 0"),
        ("1,S,C,sign_up,,,1.005,SEK,2021-12-01T09:00Z,", "`amount_minor` is '1.005', not an amount of its currency"),
        ("1,S,C,sign_up,,,1.5,JPY,2021-12-01T09:00Z,", "`amount_minor` is '1.5', not an amount of its currency"),
        ("1,S,C,sign_up,,,,XTS,2021-12-01T09:00Z,", "`currency` is 'XTS', not a currency of ISO 4217"),
        ("1,,C,sign_up,,,,SEK,2021-12-01T09:00Z,", "`subscription_id` is missing"),
        ("1,S,,sign_up,,,,SEK,2021-12-01T09:00Z,", "`customer_id` is missing"),
        ("1,S,C,sign_up,,,,SEK,,", "`occurred_at` is missing"),
        ("1,S,C,sign_up,,,,SEK,2021-12-01T09:00Z,0001-01-01T00:00Z", "more than a day before SONGIFY_START_DATE"),
        ("1,S,C,sign_up,,,,SEK,2021-12-01T09:00Z,1900-01-01T00:00Z", "`effective_at` is 1900-01-01 00:00:00"),
    ],
)
def test_what_cannot_be_is_refused_with_its_reason(home: Home, line: str, reason: str):
    engine = home("2021-12-20", line, "2,S,C,sign_up,monthly,,,SEK,2021-12-01T09:00Z,")
    [refused] = engine.store.lake.scan("quarantine/rows").collect().to_dicts()
    assert any(reason in told for told in refused["reasons"]), refused["reasons"]
    assert len(movements(engine)) == 1, "the good record loads"


def test_a_plan_of_no_interval_is_refused(home: Home):
    engine = home("2021-12-20", plans=("a,A,term,1,1,SEK", "b,B,month,0,1,SEK", "c,C,month,1,-1,SEK", MONTHLY))
    assert [row["plan_key"] for row in engine.rows("subscriptions.plans")] == ["monthly"]
    assert len(engine.store.lake.scan("quarantine/rows").collect()) == 3
