"""The assets of payments: what was delivered, its state at each level, and what lies at the gateways."""

from typing import Any

import dagster as dg
import polars as pl

from songify_assets.datasets.payments.close import close_parts
from songify_assets.datasets.payments.feeds import FEEDS, INVOICES, LINES, PAYOUTS, TRANSACTIONS
from songify_assets.datasets.payments.pictures import balances_picture, exceptions_picture
from songify_assets.datasets.payments.transforms.balances import balance
from songify_assets.datasets.payments.transforms.items import reconcile, sum_up
from songify_assets.foundation.sheets.close import write_close
from songify_assets.foundation.store import Store
from songify_assets.orchestration.assets.writing import writing_asset
from songify_assets.orchestration.declare.inputs import AsOfDate, Events, Everything
from songify_assets.orchestration.declare.tables import table
from songify_assets.orchestration.ui.drawn import of_counts, of_table, rows_a_day

ITEMS, NEWEST = "payments/items", AsOfDate(FEEDS)


@table("payments/invoices", cadence="day", inputs={"delivered": Events(INVOICES)})
def invoices(delivered: pl.LazyFrame) -> pl.LazyFrame:
    """One invoice or credit note as last delivered, on the day of that delivery, since it may be issued for a later day.

    Source: `invoices.csv` of the invoicing system, nightly.
    """
    return delivered


@table(
    "payments/gateway_transactions",
    cadence="day",
    inputs={"delivered": Events(TRANSACTIONS)},
    picture=rows_a_day("payments/gateway_transactions"),
)
def gateway_transactions(delivered: pl.LazyFrame) -> pl.LazyFrame:
    """One transaction at a payment gateway as last delivered: a payment, refund, chargeback, its reversal, a fee, an adjustment.

    Source: `gateway_transactions.csv`, nightly. Amount less fee is net.
    """
    return delivered.rename({"event_date": "created_date"})


@table("payments/gateway_payouts", cadence="day", inputs={"delivered": Events(PAYOUTS)})
def gateway_payouts(delivered: pl.LazyFrame) -> pl.LazyFrame:
    """One payout of a gateway to the bank as last delivered. Source: `gateway_payouts.csv`, nightly."""
    return delivered.rename({"event_date": "created_date"})


@table("payments/bank_lines", cadence="day", inputs={"delivered": Events(LINES)})
def bank_lines(delivered: pl.LazyFrame) -> pl.LazyFrame:
    """One line of the bank's statement as last delivered, on the day of that delivery. Source: `bank_lines.csv`, nightly."""
    return delivered


@table(
    ITEMS,
    inputs={
        "invoices": Everything("payments/invoices"),
        "transactions": Everything("payments/gateway_transactions"),
        "payouts": Everything("payments/gateway_payouts"),
        "lines": Everything("payments/bank_lines"),
        "newest": NEWEST,
    },
    picture=of_counts(ITEMS, exceptions_picture, ["level", "age_bucket"]),
)
def items(
    invoices: pl.LazyFrame, transactions: pl.LazyFrame, payouts: pl.LazyFrame, lines: pl.LazyFrame, newest: pl.LazyFrame
) -> pl.LazyFrame:
    """Each invoice, transaction, payout and bank line with one state at each of its levels: matched, or why it is not.

    Billing compares invoices with what customers paid, by the invoices that transactions name, to a minor unit a transaction;
    settlement payouts with the net of their transactions, exactly; the bank payouts with lines. What hangs together by references
    is one group. Ages are days up to the newest delivery, never up to the clock. All states: docs/money.md; why one has its
    state: `songify explain ITEM`.
    """
    return reconcile(invoices, transactions, payouts, lines, newest)


@table("payments/reconciliation", inputs={"items": Everything(ITEMS)}, closes=True)
def reconciliation(items: pl.LazyFrame) -> pl.LazyFrame:
    """How many items of a month are in each state, and what they come to, a level, side and currency each."""
    return sum_up(items)


@table(
    "payments/gateway_balances",
    inputs={
        "transactions": Everything("payments/gateway_transactions"),
        "payouts": Everything("payments/gateway_payouts"),
        "newest": NEWEST,
    },
    picture=of_table("payments/gateway_balances", balances_picture),
    closes=True,
)
def gateway_balances(transactions: pl.LazyFrame, payouts: pl.LazyFrame, newest: pl.LazyFrame) -> pl.LazyFrame:
    """What lay at a gateway in a currency when a month began and ended, and what moved it; all signed, so that it adds up.

    Fees are what the gateway kept of all transactions. Failed payouts are not counted.
    """
    return balance(transactions, payouts, newest)


@table(
    "payments/close_sheets",
    inputs={
        "reconciliation": Everything("payments/reconciliation"),
        "items": Everything(ITEMS),
        "balances": Everything("payments/gateway_balances"),
    },
    stored=False,
)
def close_sheets(
    context: dg.AssetExecutionContext,
    store: dg.ResourceParam[Store],
    reconciliation: pl.LazyFrame,
    items: pl.LazyFrame,
    balances: pl.LazyFrame,
) -> dg.MaterializeResult[Any]:
    """The reconciliation of each month by state, its exceptions and the balances of gateways, as CSV files and a workbook a month.

    They lie under `exports/close/`; totals are formulas.
    """
    with writing_asset(context, store):
        files = write_close(
            store.settings.home / "exports" / "close", "payments", close_parts(reconciliation, items, balances)
        )
    return dg.MaterializeResult(metadata={"files": len(files), "newest": [str(file) for file in files[-4:]]})


ASSETS = (
    invoices,
    gateway_transactions,
    gateway_payouts,
    bank_lines,
    items,
    reconciliation,
    gateway_balances,
    close_sheets,
)
