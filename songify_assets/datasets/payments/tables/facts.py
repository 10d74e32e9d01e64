"""Invoices, what moved at gateways, what they paid out, and what the bank booked: each as last delivered."""

from datetime import date as Day
from typing import Annotated

import pandera.polars as pa
import polars as pl

Utc = Annotated[pl.Datetime, "us", "UTC"]
ISO = "currency (ISO 4217)"
GATEWAY, AMOUNT = "the gateway as compared", "amount in minor units of its currency"


class Invoices(pa.DataFrameModel):
    """An invoice or a credit note, as last delivered."""

    invoice_key: str = pa.Field(description="the invoice as compared")
    customer_key: str = pa.Field(description="the customer as compared")
    kind: str = pa.Field(description="invoice or credit_note")
    status: str = pa.Field(description="open or void")
    amount_minor: int = pa.Field(description=f"{AMOUNT}; also of a credit note not negative")
    currency: str = pa.Field(description=ISO)
    issued_on: Day = pa.Field(description="day on which it is issued, which may be a later one")
    due_on: Day = pa.Field(nullable=True, description="day on which it is due")
    delivered_on: Day = pa.Field(description="delivery date of the record that counts")


class GatewayTransactions(pa.DataFrameModel):
    """A transaction at a gateway, as last delivered: amount - fee = net."""

    created_date: Day = pa.Field(
        description="local day on which it was made", metadata={"from": ["raw/gateway_transactions.event_date"]}
    )
    gateway: str = pa.Field(description=GATEWAY)
    transaction_key: str = pa.Field(description="the transaction as compared")
    type: str = pa.Field(description="payment, refund, chargeback, chargeback_reversal, fee or adjustment")
    parent_key: str = pa.Field(nullable=True, description="the transaction that it takes back or disputes, as compared")
    invoice_refs: Annotated[pl.List, pl.String] = pa.Field(description="the invoices that it names, as compared")
    amount_minor: int = pa.Field(description=f"{AMOUNT} at the gateway, signed")
    fee_minor: int = pa.Field(description="the gateway's fee, in minor units")
    net_minor: int = pa.Field(description="amount - fee, in minor units")
    currency: str = pa.Field(description=f"{ISO} at the gateway")
    customer_amount_minor: int = pa.Field(nullable=True, description="amount in minor units of the customer's currency")
    customer_currency: str = pa.Field(nullable=True, description="the customer's currency (ISO 4217)")
    created_at: Utc = pa.Field(description="when it was made, an instant (UTC)")
    available_on: Day = pa.Field(nullable=True, description="day from which it can be paid out")
    payout_key: str = pa.Field(nullable=True, description="the payout that it is in, as compared")
    delivered_on: Day = pa.Field(description="delivery date of the record that counts")


class GatewayPayouts(pa.DataFrameModel):
    """A payout of a gateway to the bank, as last delivered."""

    created_date: Day = pa.Field(
        description="local day on which it was made", metadata={"from": ["raw/gateway_payouts.event_date"]}
    )
    gateway: str = pa.Field(description=GATEWAY)
    payout_key: str = pa.Field(description="the payout as compared")
    status: str = pa.Field(description="paid, in_transit or failed")
    amount_minor: int = pa.Field(description=AMOUNT)
    currency: str = pa.Field(description=ISO)
    created_at: Utc = pa.Field(description="when it was made, an instant (UTC)")
    arrival_on: Day = pa.Field(description="day on which it should reach the bank")
    delivered_on: Day = pa.Field(description="delivery date of the record that counts")


class BankLines(pa.DataFrameModel):
    """A line of the bank's statement, as last delivered."""

    line_key: str = pa.Field(description="the line as compared")
    booked_on: Day = pa.Field(description="day on which it was booked")
    amount_minor: int = pa.Field(description=f"{AMOUNT}, signed")
    currency: str = pa.Field(description=ISO)
    counterparty: str = pa.Field(nullable=True, description="whom it is from or to, as delivered")
    reference: str = pa.Field(nullable=True, description="its text, as delivered")
    delivered_on: Day = pa.Field(description="delivery date of the record that counts")
