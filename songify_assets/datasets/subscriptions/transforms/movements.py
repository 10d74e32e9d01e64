"""How the recurring revenue of each customer moved from day to day."""

import polars as pl

OF = ["customer_key", "currency"]


def find_movements(periods: pl.LazyFrame) -> pl.LazyFrame:
    """The days that end with another recurring revenue (MRR) of a customer in a currency than the day before.

    Subscriptions of one customer add up: the end of one of two is a contraction.
    """
    paid = periods.filter(pl.col("mrr_minor") > 0)
    comes = paid.select(*OF, date="valid_from", amount_minor="mrr_minor")
    goes = paid.filter(pl.col("valid_to").is_not_null()).select(*OF, date="valid_to", amount_minor=-pl.col("mrr_minor"))
    days = pl.concat([comes, goes]).group_by(*OF, "date").agg(pl.col("amount_minor").sum())
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
        "date", *OF, movement=movement, before_minor=after - amount, after_minor=after, amount_minor=amount
    )


def net_months(movements: pl.LazyFrame) -> pl.LazyFrame:
    """What a customer's recurring revenue was when a month began in which it moved (`opening`), and when it ended (`closing`)."""
    ordered = movements.sort(*OF, "date")
    return ordered.group_by(*OF, month=pl.col("date").dt.truncate("1mo"), maintain_order=True).agg(
        opening=pl.col("before_minor").first(), closing=pl.col("after_minor").last()
    )
