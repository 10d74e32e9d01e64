"""What lies at each gateway, month by month."""

import polars as pl

KINDS = {
    "payments": ("payment",), "refunds": ("refund",), "chargebacks": ("chargeback", "chargeback_reversal"),
    "fees": ("fee",), "adjustments": ("adjustment",),
}  # fmt: skip
OF = ["gateway", "currency"]


def balance(transactions: pl.LazyFrame, payouts: pl.LazyFrame, newest: pl.LazyFrame) -> pl.LazyFrame:
    """A row for each gateway, currency and month from the gateway's first to the newest delivery: what moved its balance.

    What the gateway keeps of every transaction is a fee; so opening and all that moved come to the closing.
    """
    amount, month = pl.col("amount_minor"), pl.col("created_date").dt.truncate("1mo")
    sums = {f"{name}_minor": amount.filter(pl.col("type").is_in(types)).sum() for name, types in KINDS.items()}
    moved = transactions.group_by(*OF, month=month).agg(**sums, kept=pl.col("fee_minor").sum())
    paid_out = -amount.filter(pl.col("status") != "failed").sum()
    paid = payouts.group_by(*OF, month=month).agg(payouts_minor=paid_out)
    flows = [*sums, "payouts_minor"]
    months = (
        _every_month(moved, paid, newest)
        .join(moved, on=[*OF, "month"], how="left")
        .join(paid, on=[*OF, "month"], how="left")
        .with_columns(pl.col(pl.Int64).fill_null(0))
        .with_columns(fees_minor=pl.col("fees_minor") - pl.col("kept"))
        .sort(*OF, "month")
    )
    net = pl.sum_horizontal(flows)
    closing = months.with_columns(closing_minor=net.cum_sum().over(OF))
    return closing.with_columns(opening_minor=pl.col("closing_minor") - net).drop("kept")


def _every_month(moved: pl.LazyFrame, paid: pl.LazyFrame, newest: pl.LazyFrame) -> pl.LazyFrame:
    known = pl.concat([rows.select(*OF, "month") for rows in (moved, paid)])
    firsts = known.group_by("gateway").agg(first=pl.col("month").min()).join(newest, how="cross")
    spans = known.select(OF).unique().join(firsts, on="gateway")
    every = pl.date_ranges("first", "as_of", "1mo")
    return spans.filter(pl.col("first") <= pl.col("as_of")).select(*OF, month=every).explode("month")
