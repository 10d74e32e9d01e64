"""What has its counterpart and what has not, and what lies at the gateways."""

from datetime import date as Day

import pandera.polars as pa

LEVELS = ("billing", "settlement", "bank")
SIDES = ("invoice", "transaction", "payout", "bank_line")
STATES = (
    "matched", "amount_differs", "currency_differs", "partly_matched", "reversed", "duplicate", "timing",
    "missing_at_gateway", "missing_internally", "missing_payout", "missing_transactions", "missing_at_bank", "unexplained",
    "out_of_scope", "void", "failed",
)  # fmt: skip
BUCKETS = ("0-30", "31-60", "61-90", "90+")
INVOICE, TRANSACTION, PAYOUT, LINE = (
    f"payments/{name}" for name in ("invoices", "gateway_transactions", "gateway_payouts", "bank_lines")
)
DATED = {"from": [f"{INVOICE}.issued_on", f"{TRANSACTION}.created_date", f"{PAYOUT}.arrival_on", f"{LINE}.booked_on"]}
AMOUNTS = {
    "from": [
        f"{INVOICE}.amount_minor", f"{TRANSACTION}.customer_amount_minor", f"{TRANSACTION}.net_minor", f"{PAYOUT}.amount_minor",
        f"{LINE}.amount_minor",
    ]
}  # fmt: skip
MOVED, PAID = {"from": [f"{TRANSACTION}.amount_minor"]}, {"from": [f"{PAYOUT}.amount_minor"]}
FEES = {"from": [f"{TRANSACTION}.fee_minor", f"{TRANSACTION}.amount_minor"]}
BALANCE = {"from": [f"{TRANSACTION}.net_minor", f"{PAYOUT}.amount_minor"]}


class Items(pa.DataFrameModel):
    """An invoice, transaction, payout or bank line at one of the levels, with its state."""

    level: str = pa.Field(isin=LEVELS, description="billing (invoices and transactions), settlement (transactions and payouts) or bank (payouts and lines)")  # fmt: skip
    side: str = pa.Field(isin=SIDES, description="what it is: invoice, transaction, payout or bank_line")
    gateway: str = pa.Field(
        nullable=True, description="the gateway; NULL for invoices and for lines of nobody's gateway"
    )
    item_key: str = pa.Field(
        description="its id as compared",
        metadata={"from": [f"{INVOICE}.invoice_key", f"{TRANSACTION}.transaction_key", f"{PAYOUT}.payout_key", f"{LINE}.line_key"]},
    )  # fmt: skip
    item_date: Day = pa.Field(
        description="day on which it was issued, made, should arrive, or was booked", metadata=DATED
    )
    currency: str = pa.Field(description="currency of the amount (ISO 4217)")
    amount_minor: int = pa.Field(
        description="in minor units: of a transaction what the customer paid (billing) or the net (settlement); a credit note is negative",
        metadata=AMOUNTS,
    )
    state: str = pa.Field(
        isin=STATES, description="what became of it: matched, or why it is not (docs/money.md)", metadata=AMOUNTS
    )
    match_id: str = pa.Field(
        nullable=True,
        description="the group that it is in, if that has two sides: its smallest `side:key` or `side:gateway:key`",
        metadata={"from": [f"{INVOICE}.invoice_key", f"{PAYOUT}.payout_key", f"{LINE}.line_key"]},
    )
    difference_minor: int = pa.Field(
        nullable=True,
        description="theirs - ours of the whole group; NULL alone, and where currencies differ",
        metadata=AMOUNTS,
    )
    days_open: int = pa.Field(
        nullable=True,
        description="days from its date to the newest delivery, if it is open; NULL if nothing is to do",
        metadata=DATED,
    )
    age_bucket: str = pa.Field(
        nullable=True, isin=BUCKETS, description="days_open in words: 0-30, 31-60, 61-90 or 90+", metadata=DATED
    )


class Reconciliation(pa.DataFrameModel):
    """How many items of a month are in a state, and what they come to."""

    month: Day = pa.Field(
        description="first day of the month of the items' dates", metadata={"from": ["payments/items.item_date"]}
    )
    level: str = pa.Field(isin=LEVELS, description="billing, settlement or bank")
    side: str = pa.Field(isin=SIDES, description="invoice, transaction, payout or bank_line")
    currency: str = pa.Field(description="currency (ISO 4217)")
    state: str = pa.Field(isin=STATES, description="what became of them")
    items: int = pa.Field(gt=0, description="how many", metadata={"from": ["payments/items.item_key"]})
    amount_minor: int = pa.Field(description="their amounts together, in minor units")


class GatewayBalances(pa.DataFrameModel):
    """What lay at a gateway in a currency when a month began, what moved it, and what lay there when it ended; all signed."""

    month: Day = pa.Field(description="first day of the local month", metadata={"from": [f"{TRANSACTION}.created_date", f"{PAYOUT}.created_date"]})  # fmt: skip
    gateway: str = pa.Field(description="the gateway as compared")
    currency: str = pa.Field(description="currency at the gateway (ISO 4217)")
    opening_minor: int = pa.Field(description="what lay there when the month began", metadata=BALANCE)
    payments_minor: int = pa.Field(description="payments", metadata=MOVED)
    refunds_minor: int = pa.Field(description="refunds, not positive", metadata=MOVED)
    chargebacks_minor: int = pa.Field(description="chargebacks, with those that were reversed", metadata=MOVED)
    fees_minor: int = pa.Field(description="fees of all transactions, taken off, and fee transactions", metadata=FEES)
    adjustments_minor: int = pa.Field(description="adjustments", metadata=MOVED)
    payouts_minor: int = pa.Field(description="what was paid out, taken off; failed payouts are not", metadata=PAID)
    closing_minor: int = pa.Field(
        description="what lay there when the month ended, or at the newest delivery", metadata=BALANCE
    )
