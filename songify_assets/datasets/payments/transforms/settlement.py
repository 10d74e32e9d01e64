"""Transactions at a gateway and the payouts that they are in."""

import polars as pl

from songify_assets.datasets.payments.transforms.groups import NOBODY, judge
from songify_assets.datasets.payments.transforms.rows import Side, items_of, waits, with_node

EXACTLY, WAITS = 0, 3


def reconcile_settlement(transactions: pl.LazyFrame, payouts: pl.LazyFrame, newest: pl.LazyFrame) -> pl.LazyFrame:
    """The items of settlement: a payout is the net of its transactions, to the unit. A failed payout gives its own back."""
    has_failed = pl.col("status") == "failed"
    key = ("gateway", "payout_key")
    ours = with_node(payouts.with_columns(name=pl.format("payout:{}:{}", *key)), "payout", *key).cache()
    nets = transactions.with_columns(amount_minor="net_minor", name=NOBODY, at="created_at", key="transaction_key")
    theirs = with_node(nets, "transaction", "gateway", "transaction_key").cache()
    paid = with_node(theirs, "payout", *key, node="ours").drop_nulls("ours").select("ours", theirs="node")
    links = paid.join(ours.filter(~has_failed).select(ours="node"), on="ours", how="semi")
    judged = judge(ours, theirs, links, tolerance=EXACTLY, less=pl.lit("amount_differs"))
    made = waits(pl.col("created_date"), WAITS, "missing_transactions")
    alone = pl.when(has_failed).then(pl.lit("failed")).otherwise(made)
    available = waits(pl.coalesce("available_on", "created_date"), WAITS, "missing_payout")
    sides = [
        Side(ours, "payout", "payout_key", "arrival_on", alone),
        Side(theirs, "transaction", "transaction_key", "created_date", available),
    ]
    return items_of("settlement", sides, judged, newest)
