"""What the invoicing system, the payment gateways and the bank deliver."""

from typing import Annotated

import pandera.polars as pa
import polars as pl
from pandera.api.polars.types import PolarsData

from songify_assets.foundation.feeds import Feed
from songify_assets.foundation.keys import normalized_key
from songify_assets.foundation.money import MOST
from songify_assets.foundation.types import CurrencyCode, FieldType, Money

SOURCE = "payments"
Utc = Annotated[pl.Datetime, "us", "UTC"]
COMES, GOES = ("payment", "chargeback_reversal"), ("refund", "chargeback")
TYPES = (*COMES, *GOES, "fee", "adjustment")
AMOUNT = "in minor units of its currency"


class DeliveredInvoice(pa.DataFrameModel):
    """An invoice or a credit note."""

    invoice_id: str = pa.Field(description="the invoice as delivered")
    customer_id: str = pa.Field(description="the customer as delivered")
    kind: str = pa.Field(isin=("invoice", "credit_note"), description="invoice or credit_note")
    status: str = pa.Field(isin=("open", "void"), description="open or void")
    amount_minor: int = pa.Field(ge=0, le=MOST, description=f"its amount, {AMOUNT}; also of a credit note not negative")
    currency: str = pa.Field(description="currency (ISO 4217)")
    issued_on: pl.Date = pa.Field(description="day on which it is issued, which may be a later one")
    due_on: pl.Date = pa.Field(nullable=True, description="day on which it is due")


class DeliveredTransaction(pa.DataFrameModel):
    """What moved at a gateway: amount - fee = net."""

    gateway: str = pa.Field(description="the gateway as delivered")
    transaction_id: str = pa.Field(description="the transaction as delivered")
    type: str = pa.Field(isin=TYPES, description="payment, refund, chargeback, chargeback_reversal, fee or adjustment")
    parent_id: str = pa.Field(nullable=True, description="the transaction that it takes back or disputes, as delivered")
    invoice_refs: str = pa.Field(nullable=True, description="the invoices that it names, `;` between them")
    amount_minor: int = pa.Field(ge=-MOST, le=MOST, description=f"amount at the gateway, {AMOUNT}")
    fee_minor: int = pa.Field(ge=-MOST, le=MOST, nullable=True, description=f"the gateway's fee, {AMOUNT}")
    net_minor: int = pa.Field(ge=-MOST, le=MOST, nullable=True, description=f"amount - fee, {AMOUNT}")
    currency: str = pa.Field(description="currency at the gateway (ISO 4217)")
    customer_amount_minor: int = pa.Field(
        ge=-MOST, le=MOST, nullable=True, description="amount in the customer's currency, in its minor units"
    )
    customer_currency: str = pa.Field(nullable=True, description="the customer's currency (ISO 4217)")
    created_at: Utc = pa.Field(description="when it was made, an instant (UTC)")
    available_on: pl.Date = pa.Field(nullable=True, description="day from which it can be paid out")
    payout_id: str = pa.Field(nullable=True, description="the payout that it is in, as delivered")

    @pa.dataframe_check(error="amount - fee is not net")
    def adds_up(cls, data: PolarsData) -> pl.LazyFrame:
        """What is left of the amount after the fee is the net."""
        net = pl.col("amount_minor") - pl.col("fee_minor").fill_null(0)
        return data.lazyframe.select((net == pl.col("net_minor")).fill_null(True))

    @pa.dataframe_check(error="its amount has the wrong sign for its type")
    def has_its_sign(cls, data: PolarsData) -> pl.LazyFrame:
        """Payments and reversed chargebacks are not negative, refunds and chargebacks not positive."""
        amounts = (pl.col("amount_minor"), pl.col("customer_amount_minor").fill_null(0))
        comes, goes = (pl.col("type").is_in(kinds).fill_null(False) for kinds in (COMES, GOES))
        wrong = [(comes & (amount < 0)) | (goes & (amount > 0)) for amount in amounts]
        return data.lazyframe.select(~pl.any_horizontal(wrong).fill_null(False))


class DeliveredPayout(pa.DataFrameModel):
    """What a gateway pays to the bank."""

    gateway: str = pa.Field(description="the gateway as delivered")
    payout_id: str = pa.Field(description="the payout as delivered")
    status: str = pa.Field(isin=("paid", "in_transit", "failed"), description="paid, in_transit or failed")
    amount_minor: int = pa.Field(ge=-MOST, le=MOST, description=f"its amount, {AMOUNT}")
    currency: str = pa.Field(description="currency (ISO 4217)")
    created_at: Utc = pa.Field(description="when it was made, an instant (UTC)")
    arrival_on: pl.Date = pa.Field(description="day on which it should reach the bank")


class DeliveredLine(pa.DataFrameModel):
    """A line of the bank's statement."""

    line_id: str = pa.Field(description="the line as delivered")
    booked_on: pl.Date = pa.Field(description="day on which it was booked")
    amount_minor: int = pa.Field(ge=-MOST, le=MOST, description=f"its amount, {AMOUNT}")
    currency: str = pa.Field(description="currency (ISO 4217)")
    counterparty: str = pa.Field(
        nullable=True, description="whom it is from or to; a gateway's name, if it is from a gateway"
    )
    reference: str = pa.Field(nullable=True, description="its text")


def conform_invoice(invoices: pl.LazyFrame) -> pl.LazyFrame:
    """The kept columns of an invoice."""
    keys = {f"{name}_key": normalized_key(pl.col(f"{name}_id")) for name in ("invoice", "customer")}
    return invoices.with_columns(**keys).select(
        *keys, "kind", "status", "amount_minor", "currency", "issued_on", "due_on"
    )


def conform_transaction(transactions: pl.LazyFrame) -> pl.LazyFrame:
    """The kept columns of a transaction; `invoice_refs` is the set of invoices that it names, as compared."""
    keys = {f"{name}_key": normalized_key(pl.col(f"{name}_id")) for name in ("transaction", "parent", "payout")}
    names = (
        normalized_key(pl.col("invoice_refs")).fill_null("").str.split(";").list.eval(pl.element().str.strip_chars())
    )
    fee = pl.col("fee_minor").fill_null(0)
    return transactions.with_columns(
        **keys, gateway=normalized_key(pl.col("gateway")), fee_minor=fee,
        invoice_refs=names.list.eval(pl.element().filter(pl.element() != "").unique().sort()),
        net_minor=pl.coalesce("net_minor", pl.col("amount_minor") - fee),
    ).select(
        "gateway", "transaction_key", "type", "parent_key", "invoice_refs", "amount_minor", "fee_minor", "net_minor", "currency",
        "customer_amount_minor", "customer_currency", "created_at", "available_on", "payout_key",
    )  # fmt: skip


def conform_payout(payouts: pl.LazyFrame) -> pl.LazyFrame:
    """The kept columns of a payout."""
    keys = {"gateway": normalized_key(pl.col("gateway")), "payout_key": normalized_key(pl.col("payout_id"))}
    return payouts.with_columns(**keys).select(*keys, "status", "amount_minor", "currency", "created_at", "arrival_on")


def conform_line(lines: pl.LazyFrame) -> pl.LazyFrame:
    """The kept columns of a bank line."""
    key = normalized_key(pl.col("line_id"))
    return lines.select(key.alias("line_key"), "booked_on", "amount_minor", "currency", "counterparty", "reference")


MONEY: dict[str, FieldType] = {"currency": CurrencyCode(), "amount_minor": Money("currency")}
INVOICES = Feed(
    name="invoices",
    source=SOURCE,
    kind="keyed",
    format="csv",
    files=("invoices.csv",),
    fields={
        "invoice_id": "invoice_id", "customer_id": "customer_id", "kind": "kind", "status": "status", "amount_minor": "amount",
        "currency": "currency", "issued_on": "issued_on", "due_on": "due_on",
    },
    model=DeliveredInvoice,
    conform=conform_invoice,
    key=("invoice_key",),
    types=MONEY,
)  # fmt: skip
TRANSACTIONS = Feed(
    name="gateway_transactions",
    source=SOURCE,
    kind="keyed",
    format="csv",
    files=("gateway_transactions.csv",),
    fields={
        "gateway": "gateway", "transaction_id": "transaction_id", "type": "type", "parent_id": "parent_id",
        "invoice_refs": "invoice_refs", "amount_minor": "amount", "fee_minor": "fee", "net_minor": "net", "currency": "currency",
        "customer_amount_minor": "customer_amount", "customer_currency": "customer_currency", "created_at": "created_at",
        "available_on": "available_on", "payout_id": "payout_id",
    },
    model=DeliveredTransaction,
    conform=conform_transaction,
    key=("gateway", "transaction_key"),
    event_at="created_at",
    types={
        **MONEY, "fee_minor": Money("currency"), "net_minor": Money("currency"),
        "customer_amount_minor": Money("customer_currency"), "customer_currency": CurrencyCode(),
    },
    describes={"gateway": "the gateway as compared", "invoice_refs": "the invoices that it names, as compared, each once"},
)  # fmt: skip
PAYOUTS = Feed(
    name="gateway_payouts",
    source=SOURCE,
    kind="keyed",
    format="csv",
    files=("gateway_payouts.csv",),
    fields={
        "gateway": "gateway", "payout_id": "payout_id", "status": "status", "amount_minor": "amount", "currency": "currency",
        "created_at": "created_at", "arrival_on": "arrival_on",
    },
    model=DeliveredPayout,
    conform=conform_payout,
    key=("gateway", "payout_key"),
    event_at="created_at",
    types=MONEY,
    describes={"gateway": "the gateway as compared"},
)  # fmt: skip
LINES = Feed(
    name="bank_lines",
    source=SOURCE,
    kind="keyed",
    format="csv",
    files=("bank_lines.csv",),
    fields={
        "line_id": "line_id", "booked_on": "booked_on", "amount_minor": "amount", "currency": "currency",
        "counterparty": "counterparty", "reference": "reference",
    },
    model=DeliveredLine,
    conform=conform_line,
    key=("line_key",),
    types=MONEY,
)  # fmt: skip
FEEDS = (INVOICES, TRANSACTIONS, PAYOUTS, LINES)
