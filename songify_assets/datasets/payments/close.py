"""The monthly close of payments: reconciliation by state, the exceptions, and the balances of gateways."""

import polars as pl

from songify_assets.foundation.sheets.close import Part

FLOWS = ("opening", "payments", "refunds", "chargebacks", "fees", "adjustments", "payouts")
SIGNS = {f"{name}_minor": 1 for name in FLOWS}
EXCEPTION = [
    "month", "level", "side", "gateway", "item_key", "item_date", "currency", "amount_minor", "state", "match_id", "difference_minor",
    "days_open", "age_bucket",
]  # fmt: skip


def close_parts(reconciliation: pl.LazyFrame, items: pl.LazyFrame, balances: pl.LazyFrame) -> list[Part]:
    """The sheets of the close: a row a state, a row an exception, and a row a gateway and currency."""
    order = ["month", "level", "side", "currency", "state"]
    states = reconciliation.select(*order, "items", "amount_minor").sort(order)
    still = items.filter(pl.col("days_open").is_not_null()).with_columns(month=pl.col("item_date").dt.truncate("1mo"))
    exceptions = still.select(EXCEPTION).sort("month", "level", "side", "currency", "gateway", "item_key")
    held = balances.select("month", "gateway", "currency", *SIGNS, "closing_minor").sort("month", "gateway", "currency")
    return [
        Part("reconciliation", states.collect(), totals=["items", "amount_minor"], per=("level", "side", "currency")),
        Part("exceptions", exceptions.collect(), totals=["amount_minor"], per=("level", "side", "currency")),
        Part("balances", held.collect(), signs=SIGNS, result="closing_minor"),
    ]
