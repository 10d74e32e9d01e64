"""How the recurring revenue of each customer moved from day to day."""

import polars as pl

from songify_assets.foundation.keys import stable_hash

OF = ["of", "currency"]


def of_customers(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Rows with a hash of their customer (`of`), by which they are sorted and joined in a third of the time of texts."""
    return rows.with_columns(of=stable_hash("customer_key", bits=64))


def find_movements(periods: pl.LazyFrame) -> pl.LazyFrame:
    """The days that end with another recurring revenue (MRR) of a customer in a currency than the day before.

    Subscriptions of one customer add up: the end of one of two is a contraction.
    """
    paid, who = of_customers(periods.filter(pl.col("mrr_minor") > 0)), [*OF, "customer_key"]
    comes = paid.select(*who, date="valid_from", amount_minor="mrr_minor")
    goes = paid.filter(pl.col("valid_to").is_not_null()).select(
        *who, date="valid_to", amount_minor=-pl.col("mrr_minor")
    )
    days = (
        pl.concat([comes, goes]).group_by(*OF, "date").agg(pl.col("customer_key").first(), pl.col("amount_minor").sum())
    )
    moved = days.filter(pl.col("amount_minor") != 0).sort(*OF, "date")
    after, amount = pl.col("after_minor"), pl.col("amount_minor")
    known = moved.with_columns(after_minor=amount.cum_sum().over(OF), is_first=pl.int_range(pl.len()).over(OF) == 0)
    movement = (
        pl.when(pl.col("is_first")).then(pl.lit("new"))
        .when(after == amount).then(pl.lit("reactivation"))
        .when(after == 0).then(pl.lit("churn"))
        .when(amount > 0).then(pl.lit("expansion"))
        .otherwise(pl.lit("contraction"))
    )  # fmt: skip
    return known.select(
        "date",
        "customer_key",
        "currency",
        movement=movement,
        before_minor=after - amount,
        after_minor=after,
        amount_minor=amount,
    )


def net_months(movements: pl.LazyFrame) -> pl.LazyFrame:
    """What a customer's recurring revenue was when a month began in which it moved (`opening`), and when it ended (`closing`)."""
    ordered = of_customers(movements).select(*OF, "date", "before_minor", "after_minor").sort(*OF, "date")
    return ordered.group_by(*OF, month=pl.col("date").dt.truncate("1mo"), maintain_order=True).agg(
        opening=pl.col("before_minor").first(), closing=pl.col("after_minor").last()
    )
