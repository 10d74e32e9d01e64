"""What must be true of the payments tables, or is odd enough to be shown."""

import polars as pl

from songify_assets.datasets.payments.transforms.billing import OF_CUSTOMERS
from songify_assets.orchestration.declare.checks import Check

ITEMS, RECONCILIATION, BALANCES = "payments/items", "payments/reconciliation", "payments/gateway_balances"
INVOICES, TRANSACTIONS, PAYOUTS, LINES = (
    "payments/invoices", "payments/gateway_transactions", "payments/gateway_payouts", "payments/bank_lines"
)  # fmt: skip
FACTS = [INVOICES, TRANSACTIONS, PAYOUTS, LINES]
SIDE = ["level", "side", "currency"]


def _expected(
    invoices: pl.LazyFrame, transactions: pl.LazyFrame, payouts: pl.LazyFrame, lines: pl.LazyFrame
) -> pl.LazyFrame:
    """How many rows of each fact must be items of a level, and what they come to there."""
    signed = pl.when(pl.col("kind") == "credit_note").then(-pl.col("amount_minor")).otherwise("amount_minor")
    has_theirs = pl.col("customer_amount_minor").is_not_null()
    of_customers = transactions.filter(pl.col("type").is_in(OF_CUSTOMERS)).with_columns(
        currency=pl.when(has_theirs).then("customer_currency").otherwise("currency")
    )
    paid = pl.coalesce("customer_amount_minor", "amount_minor")
    sides = [
        ("billing", "invoice", invoices, signed), ("billing", "transaction", of_customers, paid),
        ("settlement", "transaction", transactions, pl.col("net_minor")),
        ("settlement", "payout", payouts, pl.col("amount_minor")),
        ("bank", "payout", payouts, pl.col("amount_minor")), ("bank", "bank_line", lines, pl.col("amount_minor")),
    ]  # fmt: skip
    return pl.concat([
        rows.group_by("currency").agg(due_items=pl.len().cast(pl.Int64), due_minor=amount.sum())
        .with_columns(level=pl.lit(level), side=pl.lit(side))
        for level, side, rows, amount in sides
    ])  # fmt: skip


def sums_off(states: pl.LazyFrame, *facts: pl.LazyFrame) -> pl.LazyFrame:
    """Levels, sides and currencies of which the states do not come to what the facts come to: a row was lost, or counts twice."""
    sums = states.group_by(SIDE).agg(pl.col("items", "amount_minor").sum())
    both = sums.join(_expected(*facts), on=SIDE, how="full", coalesce=True)
    pairs = (("items", "due_items"), ("amount_minor", "due_minor"))
    return both.filter(pl.any_horizontal(pl.col(mine).ne_missing(pl.col(due)) for mine, due in pairs))


def told_twice(items: pl.LazyFrame) -> pl.LazyFrame:
    """Rows that have two states at one level."""
    return items.group_by("level", "side", "gateway", "item_key").len().filter(pl.col("len") > 1)


def groups_off(items: pl.LazyFrame) -> pl.LazyFrame:
    """Groups that are matched though their sides, without duplicates, differ by more than their tolerance, or whose difference is
    not the one of their sides."""
    ours = ((pl.col("level") == "billing") & (pl.col("side") == "invoice")) | (
        (pl.col("level") != "billing") & (pl.col("side") == "payout")
    )
    signed = pl.when(ours).then(-pl.col("amount_minor")).otherwise("amount_minor")
    counts = pl.col("state") != "duplicate"
    tolerance = ((pl.col("side") == "transaction") & (pl.col("level") == "billing")).sum().cast(pl.Int64)
    groups = items.filter(pl.col("match_id").is_not_null()).group_by("level", "match_id").agg(
        apart=signed.filter(counts).sum(), difference=signed.sum(), told=pl.col("difference_minor").max(),
        least=pl.col("difference_minor").min(), tolerance=tolerance, is_matched=(pl.col("state") == "matched").any(),
    )  # fmt: skip
    too_far = pl.col("is_matched") & (pl.col("apart").abs() > pl.col("tolerance"))
    wrong = pl.col("told").is_not_null() & (
        (pl.col("told") != pl.col("difference")) | (pl.col("told") != pl.col("least"))
    )
    return groups.filter(too_far | wrong)


def balances_off(balances: pl.LazyFrame, transactions: pl.LazyFrame, payouts: pl.LazyFrame) -> pl.LazyFrame:
    """Months that do not add up, do not open with what the one before closed with, or do not come to what the facts come to."""
    of = ["gateway", "currency"]
    flows = ["payments", "refunds", "chargebacks", "fees", "adjustments", "payouts"]
    closing = pl.col("opening_minor") + pl.sum_horizontal(f"{flow}_minor" for flow in flows)
    month = pl.col("created_date").dt.truncate("1mo")
    net = transactions.group_by(*of, month=month).agg(net=pl.col("net_minor").sum())
    paid = (
        payouts.filter(pl.col("status") != "failed").group_by(*of, month=month).agg(paid=pl.col("amount_minor").sum())
    )
    both = (
        balances.join(net, on=[*of, "month"], how="left").join(paid, on=[*of, "month"], how="left").sort(*of, "month")
    )
    moved = pl.col("net").fill_null(0) - pl.col("paid").fill_null(0)
    before = pl.col("closing_minor").shift(1).over(of).fill_null(0)
    wrong = [
        closing != pl.col("closing_minor"), pl.col("opening_minor") != before,
        pl.col("closing_minor") - pl.col("opening_minor") != moved,
    ]  # fmt: skip
    return both.filter(pl.any_horizontal(wrong))


def open_for_long(items: pl.LazyFrame) -> pl.LazyFrame:
    """Items that are open for more than 90 days."""
    return items.filter(pl.col("age_bucket") == "90+")


CHECKS = (
    Check(
        ITEMS, "one_state", "Every row has one state at each of its levels.", told_twice, severity="error", blocking=True
    ),
    Check(
        ITEMS, "matched_groups_agree", "The sides of a matched group differ by no more than their tolerance.", groups_off,
        severity="error", blocking=True,
    ),
    Check(ITEMS, "few_old_exceptions", "Nothing is open for more than 90 days.", open_for_long, error_above=0.05),
    Check(
        RECONCILIATION, "states_add_up", "The states come to what the invoices, transactions, payouts and lines come to.", sums_off,
        reads=FACTS, severity="error", blocking=True,
    ),
    Check(
        BALANCES, "balances_add_up", "Opening and what moved come to closing, and closing is the next opening.", balances_off,
        reads=[TRANSACTIONS, PAYOUTS], severity="error", blocking=True,
    ),
)  # fmt: skip
