"""All levels together, as of the newest delivery, and what they come to a month."""

import polars as pl

from songify_assets.datasets.payments.transforms.bank import reconcile_bank
from songify_assets.datasets.payments.transforms.billing import reconcile_billing
from songify_assets.datasets.payments.transforms.settlement import reconcile_settlement

DONE = ("matched", "void", "failed", "out_of_scope")
AGES = ((30, "0-30"), (60, "31-60"), (90, "61-90"))
OLDER = "90+"


def reconcile(
    invoices: pl.LazyFrame, transactions: pl.LazyFrame, payouts: pl.LazyFrame, lines: pl.LazyFrame, newest: pl.LazyFrame
) -> pl.LazyFrame:
    """A row for each invoice, transaction, payout and bank line at each of its levels, with its state and age."""
    items = pl.concat([
        reconcile_billing(invoices, transactions, newest),
        reconcile_settlement(transactions, payouts, newest),
        reconcile_bank(payouts, lines, newest),
    ])  # fmt: skip
    days = (pl.col("as_of") - pl.col("item_date")).dt.total_days()
    aged = items.join(newest, how="cross").with_columns(days_open=pl.when(~pl.col("state").is_in(DONE)).then(days))
    bucket = pl.lit(OLDER)
    for most, name in reversed(AGES):
        bucket = pl.when(pl.col("days_open") <= most).then(pl.lit(name)).otherwise(bucket)
    return aged.with_columns(age_bucket=pl.when(pl.col("days_open").is_not_null()).then(bucket)).drop("as_of")


def sum_up(items: pl.LazyFrame) -> pl.LazyFrame:
    """How many items of a month are in a state, and what they come to."""
    key = ["level", "side", "currency", "state"]
    return items.group_by(*key, month=pl.col("item_date").dt.truncate("1mo")).agg(
        pl.col("amount_minor").sum(), items=pl.len().cast(pl.Int64)
    )
