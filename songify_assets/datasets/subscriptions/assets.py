"""The assets of subscriptions: events, states, movements of recurring revenue, months and cohorts."""

from typing import Any

import dagster as dg
import polars as pl

from songify_assets.datasets.subscriptions.close import close_parts
from songify_assets.datasets.subscriptions.feeds import EVENTS, FEEDS
from songify_assets.datasets.subscriptions.pictures import cohorts_picture, waterfall_picture
from songify_assets.datasets.subscriptions.transforms.cohorts import list_cohorts
from songify_assets.datasets.subscriptions.transforms.months import list_months
from songify_assets.datasets.subscriptions.transforms.movements import find_movements
from songify_assets.datasets.subscriptions.transforms.states import acting, keep_events, list_periods
from songify_assets.foundation.ledger.accepted import delivery_dates
from songify_assets.foundation.sheets.close import write_close
from songify_assets.foundation.store import Store
from songify_assets.orchestration.assets.writing import writing_asset
from songify_assets.orchestration.declare.inputs import AsOf, AsOfDate, Events, Everything
from songify_assets.orchestration.declare.tables import table
from songify_assets.orchestration.ui.drawn import of_table, rows_a_day

EVENTS_TABLE, PERIODS, MOVEMENTS = (
    "subscriptions/subscription_events", "subscriptions/periods", "subscriptions/mrr_movements"
)  # fmt: skip
ALL_EVENTS, NEWEST = Everything(EVENTS_TABLE), AsOfDate(FEEDS)


@table(
    EVENTS_TABLE,
    cadence="day",
    inputs={
        "delivered": Events(EVENTS),
        "plans": AsOf("subscriptions/plans_history", by="plan_key", fills="plan_interval"),
    },
    picture=rows_a_day(EVENTS_TABLE),
)
def subscription_events(delivered: pl.LazyFrame, plans: pl.LazyFrame) -> pl.LazyFrame:
    """One event of a subscription: a trial, a sign-up, a change of plan, a pause, a payment; with its plan as of the day.

    Source: `subscription_events.csv` of the billing system, nightly. Of records of one event the latest delivered counts, also when
    it moves the event to another day; a `void` takes the event back. An event acts at `effective_at`, if it has one.
    """
    return keep_events(delivered, plans)


@table(PERIODS, inputs={"events": ALL_EVENTS, "newest": NEWEST})
def periods(store: dg.ResourceParam[Store], events: pl.LazyFrame, newest: pl.LazyFrame) -> pl.LazyFrame:
    """Days in a row that end with a subscription in one state: customer, currency, status, plan, quantity and recurring revenue.

    Monthly recurring revenue (MRR) is what an active subscription pays an interval, told for a month: x 365, 52, 12 or 1 a year,
    over 12 x the intervals' count, half up. A running price is the one that was agreed: a plan's new list price changes none.
    Several changes of one day are one. Payments and refunds change no state. Source of the definition: docs/money.md.
    """
    return list_periods(acting(events, newest, store.settings.timezone))


@table(MOVEMENTS, inputs={"periods": Everything(PERIODS)})
def mrr_movements(periods: pl.LazyFrame) -> pl.LazyFrame:
    """What moved recurring revenue: a day that ends with another MRR of a customer in a currency than the day before.

    From 0 it is `new`, or `reactivation` if the customer ever had some in that currency; to 0 `churn`, also by a pause; else
    `expansion` or `contraction`. Several subscriptions of a customer add up.
    """
    return find_movements(periods)


@table(
    "subscriptions/mrr",
    inputs={"events": ALL_EVENTS, "periods": Everything(PERIODS), "movements": Everything(MOVEMENTS), "newest": NEWEST},
    picture=of_table("subscriptions/mrr", waterfall_picture),
    closes=True,
)
def mrr(
    store: dg.ResourceParam[Store],
    events: pl.LazyFrame,
    periods: pl.LazyFrame,
    movements: pl.LazyFrame,
    newest: pl.LazyFrame,
) -> pl.LazyFrame:
    """Recurring revenue of a month and currency: opening + new + expansion + reactivation - contraction - churn = closing.

    Sums are over days, so who comes and goes in one month is in both; NRR, GRR and churn rates compare the month's two ends.
    MRR is not what was invoiced, and payments are not MRR: both stand beside it. A month is complete when each of its days has
    a drop; the newest one ends with the newest delivery.
    """
    acts, delivered = acting(events, newest, store.settings.timezone), delivery_dates(store.ledger, EVENTS.name)
    return list_months(acts, periods, movements, newest, delivered)


@table(
    "subscriptions/cohorts",
    inputs={"events": ALL_EVENTS, "movements": Everything(MOVEMENTS), "newest": NEWEST},
    picture=of_table("subscriptions/cohorts", cohorts_picture),
)
def cohorts(
    store: dg.ResourceParam[Store], events: pl.LazyFrame, movements: pl.LazyFrame, newest: pl.LazyFrame
) -> pl.LazyFrame:
    """Of the customers whose first event was in a month, how many pay each month after, how much, and what they have paid so far.

    A cohort is of one currency. Revenue is payments less refunds, from the customer's first to the period's end.
    """
    acts, delivered = acting(events, newest, store.settings.timezone), delivery_dates(store.ledger, EVENTS.name)
    return list_cohorts(acts, movements, newest, delivered)


@table(
    "subscriptions/close_sheets",
    inputs={"months": Everything("subscriptions/mrr"), "movements": Everything(MOVEMENTS)},
    stored=False,
)
def close_sheets(
    context: dg.AssetExecutionContext, store: dg.ResourceParam[Store], months: pl.LazyFrame, movements: pl.LazyFrame
) -> dg.MaterializeResult[Any]:
    """The waterfall of each month and currency and its movements, as CSV files and a workbook a month, under `exports/close/`.

    The last column of a row says by a formula whether it adds up.
    """
    with writing_asset(context, store):
        files = write_close(store.settings.home / "exports" / "close", "subscriptions", close_parts(months, movements))
    return dg.MaterializeResult(metadata={"files": len(files), "newest": [str(file) for file in files[-4:]]})


ASSETS = (subscription_events, periods, mrr_movements, mrr, cohorts, close_sheets)
