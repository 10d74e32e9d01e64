"""Invoices and what customers paid for them at the gateways."""

import polars as pl

from songify_assets.datasets.payments.transforms.groups import NOBODY, judge
from songify_assets.datasets.payments.transforms.rows import Side, items_of, waits, with_node
from songify_assets.foundation.groups import follow

OF_CUSTOMERS = ("payment", "refund", "chargeback", "chargeback_reversal")
TOLERANCE, WAITS = 1, 3  # minor units a transaction; days


def reconcile_billing(invoices: pl.LazyFrame, transactions: pl.LazyFrame, newest: pl.LazyFrame) -> pl.LazyFrame:
    """The items of billing: open invoices and credit notes, and the transactions of customers by the invoices that they name.

    An invoice alone is missing at the gateway, a transaction alone internally, from three days after it was due (or issued) or made.
    """
    amount = pl.when(pl.col("kind") == "credit_note").then(-pl.col("amount_minor")).otherwise("amount_minor")
    named = invoices.with_columns(amount_minor=amount, gateway=NOBODY, name=pl.format("invoice:{}", "invoice_key"))
    ours, theirs = with_node(named, "invoice", "invoice_key").cache(), _paid(transactions).cache()
    is_void = pl.col("status") == "void"
    refs = theirs.select("refs", theirs="node").explode("refs").drop_nulls()
    links = with_node(refs, "invoice", "refs", node="ours").join(
        ours.filter(~is_void).select(ours="node"), on="ours", how="semi"
    )
    content = pl.format("{} {} {}", "gateway", pl.col("refs").list.join(";"), "amount_minor")
    repeats = pl.when(pl.col("type") == "payment").then(content)
    judged = judge(ours.filter(~is_void), theirs, links, tolerance=TOLERANCE, repeats=repeats)
    due = waits(pl.coalesce("due_on", "issued_on"), WAITS, "missing_at_gateway")
    alone = pl.when(is_void).then(pl.lit("void")).otherwise(due)
    made = waits(pl.col("created_date"), WAITS, "missing_internally")
    sides = [
        Side(ours, "invoice", "invoice_key", "issued_on", alone),
        Side(theirs, "transaction", "transaction_key", "created_date", made),
    ]
    return items_of("billing", sides, judged, newest)


def _paid(transactions: pl.LazyFrame) -> pl.LazyFrame:
    """Transactions of customers, in their currency, with the invoices that they name; without any, those of their parent."""
    known = with_node(transactions, "transaction", "gateway", "transaction_key").cache()
    named = pl.col("invoice_refs").list.len() > 0
    lacking = (
        with_node(known, "transaction", "gateway", "parent_key", node="parent").filter(~named).drop_nulls("parent")
    )
    ends = known.filter(named).select(parent="node", inherited="invoice_refs")
    inherited = follow(lacking, "node", "parent").join(ends, on="parent").drop("parent")
    in_theirs = pl.col("customer_amount_minor").is_not_null()
    own = known.filter(pl.col("type").is_in(OF_CUSTOMERS)).join(inherited, on="node", how="left")
    return own.with_columns(
        refs=pl.when(named).then("invoice_refs").otherwise("inherited"),
        amount_minor=pl.coalesce("customer_amount_minor", "amount_minor"),
        currency=pl.when(in_theirs).then("customer_currency").otherwise("currency"),
        name=NOBODY, at="created_at", key=pl.struct("transaction_key", "gateway"),
    )  # fmt: skip
