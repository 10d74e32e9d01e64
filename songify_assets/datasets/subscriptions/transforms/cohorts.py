"""What became of the customers who came in one month."""

from collections.abc import Sequence
from datetime import date

import polars as pl

from songify_assets.datasets.subscriptions.transforms.months import complete_months
from songify_assets.datasets.subscriptions.transforms.movements import OF, net_months, of_customers
from songify_assets.datasets.subscriptions.transforms.states import CASH
from songify_assets.foundation.sums import over

KEY = ["cohort", "currency", "month"]


def list_cohorts(
    acts: pl.LazyFrame, movements: pl.LazyFrame, newest: pl.LazyFrame, delivered: Sequence[date]
) -> pl.LazyFrame:
    """A row for each cohort, currency and month from the cohort's own to the newest delivery date."""
    is_cash, acts = pl.col("type").is_in(CASH), of_customers(acts)
    members = acts.filter(~is_cash).group_by(OF).agg(cohort=pl.col("day").min().dt.truncate("1mo")).cache()
    sizes = members.group_by("cohort", "currency").agg(cohort_size=pl.len().cast(pl.Int64)).join(newest, how="cross")
    cells = sizes.with_columns(month=pl.date_ranges("cohort", "as_of", "1mo")).explode("month")
    active = (pl.col("closing") > 0).cast(pl.Int64) - (pl.col("opening") > 0).cast(pl.Int64)
    moved = net_months(movements).join(members, on=OF).group_by(KEY).agg(
        active=active.sum(), mrr=(pl.col("closing") - pl.col("opening")).sum()
    )  # fmt: skip
    paid = pl.when(pl.col("type") == "payment").then("amount_minor").otherwise(-pl.col("amount_minor"))
    when = pl.max_horizontal(pl.col("day").dt.truncate("1mo"), "cohort")
    cash = acts.filter(is_cash).join(members, on=OF).group_by("cohort", "currency", month=when).agg(revenue=paid.sum())
    summed = cells.join(moved, on=KEY, how="left").join(cash, on=KEY, how="left").sort(KEY).with_columns(
        pl.col(name).fill_null(0).cum_sum().over("cohort", "currency") for name in ("active", "mrr", "revenue")
    )  # fmt: skip
    months = pl.col("month").dt.year() * 12 + pl.col("month").dt.month().cast(pl.Int32)
    since = pl.col("cohort").dt.year() * 12 + pl.col("cohort").dt.month().cast(pl.Int32)
    size = pl.col("cohort_size")
    return summed.select(
        "cohort", "currency", (months - since).cast(pl.Int64).alias("period"), "cohort_size",
        active_customers="active", retention=over(pl.col("active"), size), mrr_minor="mrr", revenue_minor="revenue",
        revenue_per_customer_minor=over(pl.col("revenue"), size), is_complete=pl.col("month").is_in(complete_months(delivered)),
    )  # fmt: skip
