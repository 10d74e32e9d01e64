"""Events of subscriptions, the states that follow from them, and how recurring revenue moved."""

from datetime import date as Day
from typing import Annotated

import pandera.polars as pa
import polars as pl

Utc = Annotated[pl.Datetime, "us", "UTC"]
EVENTS, PERIODS, MOVEMENTS = (
    "subscriptions/subscription_events", "subscriptions/periods", "subscriptions/mrr_movements"
)  # fmt: skip
PLANS = "subscriptions/plans_history"
STATUSES = ("trialing", "active", "paused", "cancelled")
KINDS = ("new", "reactivation", "churn", "expansion", "contraction")
ACTED = {"from": [f"{EVENTS}.occurred_at", f"{EVENTS}.effective_at"]}


class SubscriptionEvents(pa.DataFrameModel):
    """An event of a subscription on the local day on which it happened, with the plan that it names as of that day."""

    event_date: Day = pa.Field(
        description="local day on which it happened", metadata={"from": ["raw/subscription_events.event_date"]}
    )
    event_key: str = pa.Field(description="the event as compared")
    subscription_key: str = pa.Field(description="the subscription as compared")
    customer_key: str = pa.Field(description="the customer as compared")
    type: str = pa.Field(description="what happened")
    plan_key: str = pa.Field(nullable=True, description="the plan that it sets, as compared")
    quantity: int = pa.Field(nullable=True, description="how many it sets")
    amount_minor: int = pa.Field(
        nullable=True, description="amount an interval, quantity included, or the cash, in minor units"
    )
    currency: str = pa.Field(description="currency (ISO 4217)")
    occurred_at: Utc = pa.Field(description="when it happened, an instant (UTC)")
    effective_at: Utc = pa.Field(nullable=True, description="when it acts, an instant (UTC); NULL: when it happened")
    plan_interval: str = pa.Field(
        nullable=True, description="the plan's interval as of the day", metadata={"from": [f"{PLANS}.interval"]}
    )
    plan_interval_count: int = pa.Field(
        nullable=True,
        description="how many of them its interval has, as of the day",
        metadata={"from": [f"{PLANS}.interval_count"]},
    )
    list_price_minor: int = pa.Field(
        nullable=True,
        description="the plan's list price as of the day, in minor units of its currency",
        metadata={"from": [f"{PLANS}.price_minor"]},
    )
    list_currency: str = pa.Field(
        nullable=True, description="currency of the list price", metadata={"from": [f"{PLANS}.currency"]}
    )
    delivered_on: Day = pa.Field(description="delivery date of the record that counts")


class Periods(pa.DataFrameModel):
    """Days in a row that end with a subscription in one state."""

    subscription_key: str = pa.Field(description="the subscription")
    customer_key: str = pa.Field(description="whose it is")
    currency: str = pa.Field(description="currency (ISO 4217)")
    status: str = pa.Field(isin=STATUSES, description="trialing, active, paused or cancelled")
    plan_key: str = pa.Field(nullable=True, description="its plan; NULL as long as none was set")
    quantity: int = pa.Field(ge=0, nullable=True, description="how many; NULL as long as no number was set")
    mrr_minor: int = pa.Field(
        ge=0,
        description="monthly recurring revenue in minor units; 0 unless active, and where plan or amount is unknown",
        metadata={"from": [f"{EVENTS}.amount_minor", f"{EVENTS}.list_price_minor", f"{EVENTS}.plan_interval"]},
    )
    valid_from: Day = pa.Field(description="first local day that ends so", metadata=ACTED)
    valid_to: Day = pa.Field(
        nullable=True, description="first local day that ends otherwise; NULL while current", metadata=ACTED
    )


class MrrMovements(pa.DataFrameModel):
    """A local day that ends with another monthly recurring revenue (MRR) of a customer in a currency than the day before."""

    date: Day = pa.Field(
        description="the local day", metadata={"from": [f"{PERIODS}.valid_from", f"{PERIODS}.valid_to"]}
    )
    customer_key: str = pa.Field(description="the customer")
    currency: str = pa.Field(description="currency (ISO 4217)")
    movement: str = pa.Field(
        isin=KINDS,
        description="from 0: new, or reactivation if it was ever above; to 0: churn; else expansion or contraction",
        metadata={"from": [f"{PERIODS}.mrr_minor"]},
    )
    before_minor: int = pa.Field(
        ge=0, description="MRR at the end of the day before", metadata={"from": [f"{PERIODS}.mrr_minor"]}
    )
    after_minor: int = pa.Field(
        ge=0, description="MRR at the end of the day", metadata={"from": [f"{PERIODS}.mrr_minor"]}
    )
    amount_minor: int = pa.Field(description="after - before, signed", metadata={"from": [f"{PERIODS}.mrr_minor"]})
