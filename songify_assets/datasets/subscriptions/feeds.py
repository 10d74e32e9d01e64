"""What the billing system delivers: plans (a full dump), and the events of subscriptions."""

from typing import Annotated

import pandera.polars as pa
import polars as pl
from pandera.api.polars.types import PolarsData

from songify_assets.foundation.feeds import Feed
from songify_assets.foundation.keys import normalized_key
from songify_assets.foundation.money import MOST
from songify_assets.foundation.types import CurrencyCode, Money

SOURCE = "subscriptions"
Utc = Annotated[pl.Datetime, "us", "UTC"]
INTERVALS = ("day", "week", "month", "year")
MOST_PIECES = 10**9
CASH = ("payment", "refund")
TYPES = (
    "trial", "sign_up", "renewal", "resume", "reactivation", "pause", "cancellation", "upgrade", "downgrade",
    "price_change", *CASH, "void",
)  # fmt: skip


class DeliveredPlan(pa.DataFrameModel):
    """A plan and its list price."""

    plan_id: str = pa.Field(description="the plan as delivered")
    name: str = pa.Field(nullable=True, description="what the plan is called")
    interval: str = pa.Field(isin=INTERVALS, description="the unit of the billing interval: day, week, month or year")
    interval_count: int = pa.Field(ge=1, description="how many of them an interval has")
    price_minor: int = pa.Field(ge=0, le=MOST, description="list price an interval, in minor units of the currency")
    currency: str = pa.Field(description="currency (ISO 4217)")


class DeliveredEvent(pa.DataFrameModel):
    """What happened to a subscription."""

    event_id: str = pa.Field(description="the event as delivered")
    subscription_id: str = pa.Field(description="the subscription as delivered")
    customer_id: str = pa.Field(description="whose it is from this event on, as delivered")
    type: str = pa.Field(isin=TYPES, description="what happened; `payment` and `refund` are cash, and change no state")
    plan_id: str = pa.Field(nullable=True, description="the plan that it sets, as delivered")
    quantity: int = pa.Field(ge=0, le=MOST_PIECES, nullable=True, description="how many it sets")
    amount_minor: int = pa.Field(
        ge=0,
        le=MOST,
        nullable=True,
        description="the amount an interval, quantity included, or the cash, in minor units",
    )
    currency: str = pa.Field(description="currency (ISO 4217)")
    occurred_at: Utc = pa.Field(description="when it happened, an instant (UTC)")
    effective_at: Utc = pa.Field(nullable=True, description="when it acts, an instant (UTC); NULL: when it happened")

    @pa.dataframe_check(error="a payment or a refund has no amount")
    def cash_has_an_amount(cls, data: PolarsData) -> pl.LazyFrame:
        """Cash is an amount."""
        return data.lazyframe.select(
            ~pl.col("type").is_in(CASH).fill_null(False) | pl.col("amount_minor").is_not_null()
        )


def conform_plan(plans: pl.LazyFrame) -> pl.LazyFrame:
    """The entity's columns: plan_key, name, interval, interval_count, price_minor, currency."""
    return plans.select(
        normalized_key(pl.col("plan_id")).alias("plan_key"), "name", "interval", "interval_count", "price_minor", "currency",
    )  # fmt: skip


def conform_event(events: pl.LazyFrame) -> pl.LazyFrame:
    """The kept columns of an event."""
    keys = {
        f"{name}_key": normalized_key(pl.col(f"{name}_id")) for name in ("event", "subscription", "customer", "plan")
    }
    columns = ["type", "plan_key", "quantity", "amount_minor", "currency", "occurred_at", "effective_at"]
    return events.with_columns(**keys).select("event_key", "subscription_key", "customer_key", *columns)


MONEY = {"currency": CurrencyCode()}
PLANS = Feed(
    name="plans",
    source=SOURCE,
    kind="full dump",
    format="csv",
    files=("plans.csv",),
    fields={
        "plan_id": "plan_id", "name": "name", "interval": "interval", "interval_count": "interval_count",
        "price_minor": "price", "currency": "currency",
    },
    model=DeliveredPlan,
    conform=conform_plan,
    key=("plan_key",),
    types={**MONEY, "price_minor": Money(currency="currency")},
)  # fmt: skip
EVENTS = Feed(
    name="subscription_events",
    source=SOURCE,
    kind="keyed",
    format="csv",
    files=("subscription_events.csv",),
    fields={
        "event_id": "event_id", "subscription_id": "subscription_id", "customer_id": "customer_id", "type": "type",
        "plan_id": "plan_id", "quantity": "quantity", "amount_minor": "amount", "currency": "currency",
        "occurred_at": "occurred_at", "effective_at": "effective_at",
    },
    model=DeliveredEvent,
    conform=conform_event,
    key=("event_key",),
    event_at="occurred_at",
    since=("effective_at",),
    types={**MONEY, "amount_minor": Money(currency="currency")},
)  # fmt: skip
FEEDS = (PLANS, EVENTS)
