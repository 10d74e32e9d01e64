"""The business of the rehearsal."""

import polars as pl

from songify_assets.foundation.versions.as_of import as_of


def rate_orders(orders: pl.LazyFrame, rates: pl.LazyFrame) -> pl.LazyFrame:
    """Orders with the rate of their country and currency as of their day."""
    dated = orders.rename({"event_date": "order_date"}).with_columns(__currency=pl.col("currency").str.to_lowercase())
    key = {"country_key": "country_key", "currency_key": "__currency"}
    return as_of(dated, rates, key=key, day="order_date", take={"rate": "rate"})


def run_balances(orders: pl.LazyFrame) -> pl.LazyFrame:
    """The running totals of each customer and currency, a row for each day with orders."""
    of_day = orders.group_by("order_date", "customer_key", "currency").agg(
        orders=pl.len().cast(pl.Int64), total=pl.col("amount_minor").sum()
    )
    of = ["customer_key", "currency"]
    return of_day.sort("order_date").select(
        "customer_key", "currency", date="order_date",
        orders=pl.col("orders").cum_sum().over(of), total_minor=pl.col("total").cum_sum().over(of),
    )  # fmt: skip


def count_active(clicks: pl.LazyFrame, days: int) -> pl.LazyFrame:
    """Users of the days that end with each day with clicks."""
    seen = clicks.select("click_date", "user_key").unique()
    ends = seen.select(date="click_date").unique()
    inside = pl.col("click_date").is_between(pl.col("date").dt.offset_by(f"-{days - 1}d"), pl.col("date"))
    return (
        ends.join(seen, how="cross").filter(inside)
        .group_by("date").agg(users=pl.col("user_key").drop_nulls().n_unique().cast(pl.Int64))
    )  # fmt: skip


def compare_costs(costs: pl.LazyFrame, before: pl.LazyFrame) -> pl.LazyFrame:
    """Costs of an account beside those of the day before."""
    of = ["date", "account_key", "currency"]
    now, then = (frame.group_by(of).agg(pl.col("cost_minor").sum()) for frame in (costs, before))
    moved = then.select("account_key", "currency", pl.col("date").dt.offset_by("1d"), before_minor="cost_minor")
    return now.join(moved, on=of, how="left").with_columns(pl.col("before_minor").fill_null(0))
