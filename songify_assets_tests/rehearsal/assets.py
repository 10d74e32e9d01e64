"""The rehearsal's tables: every input that there is."""

import polars as pl

from songify_assets.orchestration.declare.datasets import Dataset
from songify_assets.orchestration.declare.inputs import (
    AsOf,
    AsOfDate,
    Events,
    Everything,
    Following,
    Previous,
    Table,
    Window,
)
from songify_assets.orchestration.declare.tables import table
from songify_assets_tests.rehearsal.feeds import CLICKS, COSTS, FEEDS, ITEMS, ORDERS, VISITS
from songify_assets_tests.rehearsal.tables import TABLES
from songify_assets_tests.rehearsal.transforms import compare_costs, count_active, rate_orders, run_balances


@table(
    "rehearsal/orders",
    cadence="day",
    inputs={
        "delivered": Events(ORDERS),
        "rates": AsOf("rehearsal/rates_history", by=("country_key", "currency"), fills="rate"),
    },
)
def orders(delivered: pl.LazyFrame, rates: pl.LazyFrame) -> pl.LazyFrame:
    """Orders, each once, on the day on which its latest delivery says that it was placed."""
    return rate_orders(delivered, rates)


@table("rehearsal/balances", cadence="day", inputs={"orders": Following("rehearsal/orders", by="customer_key")})
def balances(orders: pl.LazyFrame) -> pl.LazyFrame:
    """What each customer has ordered up to each day of theirs."""
    return run_balances(orders)


@table("rehearsal/clicks", cadence="day", inputs={"delivered": Events(CLICKS)})
def clicks(delivered: pl.LazyFrame) -> pl.LazyFrame:
    """Clicks, each once."""
    return delivered.rename({"event_date": "click_date"})


@table("rehearsal/clicks_monthly", cadence="month", inputs={"delivered": Events(CLICKS)})
def clicks_monthly(delivered: pl.LazyFrame) -> pl.LazyFrame:
    """A second table on the feed of clicks."""
    return delivered.group_by(month=pl.col("event_date").dt.truncate("1mo")).agg(clicks=pl.len().cast(pl.Int64))


@table("rehearsal/active_users", cadence="day", inputs={"window": Window("rehearsal/clicks", before=27)})
def active_users(window: pl.LazyFrame) -> pl.LazyFrame:
    """Users of the 28 days up to each day with clicks."""
    return count_active(window, 28)


@table("rehearsal/costs", cadence="day", inputs={"delivered": Events(COSTS)})
def costs(delivered: pl.LazyFrame) -> pl.LazyFrame:
    """Costs as the latest report of the account's day says."""
    return delivered.rename({"event_date": "date"})


@table(
    "rehearsal/cost_changes",
    cadence="day",
    inputs={"costs": Table("rehearsal/costs"), "before": Previous("rehearsal/costs")},
)
def cost_changes(costs: pl.LazyFrame, before: pl.LazyFrame) -> pl.LazyFrame:
    """Costs beside those of the day before."""
    return compare_costs(costs, before)


@table("rehearsal/items", inputs={"delivered": Events(ITEMS)})
def items(delivered: pl.LazyFrame) -> pl.LazyFrame:
    """Items as last delivered."""
    return delivered


@table(
    "rehearsal/ages",
    inputs={"orders": Table("rehearsal/orders"), "newest": AsOfDate((ORDERS, COSTS))},
)
def ages(orders: pl.LazyFrame, newest: pl.LazyFrame) -> pl.LazyFrame:
    """The age of each order as of the source's newest delivery, never as of the clock."""
    days = (pl.col("as_of") - pl.col("order_date")).dt.total_days()
    return orders.join(newest, how="cross").select("order_key", days=days)


@table("rehearsal/visits", cadence="day", inputs={"delivered": Events(VISITS)})
def visits(delivered: pl.LazyFrame) -> pl.LazyFrame:
    """Visits of the day on which they were delivered."""
    return delivered.group_by(date="event_date").agg(visits=pl.len().cast(pl.Int64), pages=pl.col("pages").sum())


@table("rehearsal/delivered", cadence="day", inputs={"orders": Table("raw/orders")})
def delivered(orders: pl.LazyFrame) -> pl.LazyFrame:
    """How many orders a delivery holds: a table made of a raw one."""
    return orders.group_by(date="delivered_on").agg(orders=pl.len().cast(pl.Int64))


@table("rehearsal/rated", inputs={"differences": Everything("rehearsal/rates_history")})
def rated(differences: pl.LazyFrame) -> pl.LazyFrame:
    """How many keys ever had a rate: a table made of a history."""
    return differences.select("country_key", "currency_key").unique().select(keys=pl.len().cast(pl.Int64))


REHEARSAL = Dataset(
    name="rehearsal",
    owner="team:rehearsal",
    feeds=FEEDS,
    tables=TABLES,
    assets=(
        delivered,
        rated,
        orders,
        balances,
        clicks,
        clicks_monthly,
        active_users,
        costs,
        cost_changes,
        items,
        ages,
        visits,
    ),
)
