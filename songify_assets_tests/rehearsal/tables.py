"""What a row of each of the rehearsal's tables is."""

from datetime import date
from typing import Annotated

import pandera.polars as pa
import polars as pl

Utc = Annotated[pl.Datetime, "us", "UTC"]


class Orders(pa.DataFrameModel):
    """An order on the local day on which it was placed, with the tax rate as of that day."""

    order_date: date
    order_key: str
    customer_key: str
    country_key: str
    placed_at: Utc
    amount_minor: int
    currency: str
    is_gift: bool = pa.Field(nullable=True)
    rate: Annotated[pl.Decimal, 9, 4] = pa.Field(nullable=True)
    delivered_on: date


class Balances(pa.DataFrameModel):
    """What a customer has ordered in a currency up to the end of a day with an order of theirs."""

    date: date
    customer_key: str
    currency: str
    orders: int
    total_minor: int


class Clicks(pa.DataFrameModel):
    """A click on its local day."""

    click_date: date
    click_key: str
    user_key: str = pa.Field(nullable=True)
    bought: int


class ClicksMonthly(pa.DataFrameModel):
    """Clicks a month, counted from the feed itself."""

    month: date
    clicks: int


class ActiveUsers(pa.DataFrameModel):
    """Users with a click in the 28 days that end with a day with clicks."""

    date: date
    users: int


class Costs(pa.DataFrameModel):
    """What a campaign cost on a day, and on the day before."""

    date: date
    account_key: str
    campaign_key: str
    currency: str
    cost_minor: int
    delivered_on: date


class CostChanges(pa.DataFrameModel):
    """A day's costs of an account in a currency beside those of the day before."""

    date: date
    account_key: str
    currency: str
    cost_minor: int
    before_minor: int


class Items(pa.DataFrameModel):
    """An item as last delivered."""

    item_key: str
    name: str = pa.Field(nullable=True)


class Ages(pa.DataFrameModel):
    """How many days an order is old, as of the newest delivery of orders or costs."""

    order_key: str
    days: int


class Visits(pa.DataFrameModel):
    """Visits a day of delivery."""

    date: date
    visits: int
    pages: int


class Delivered(pa.DataFrameModel):
    """Orders that a delivery holds."""

    date: date
    orders: int


class Rated(pa.DataFrameModel):
    """Countries and currencies that ever had a rate."""

    keys: int


TABLES = {
    "rehearsal/delivered": (Delivered, "date"),
    "rehearsal/rated": (Rated, None),
    "rehearsal/orders": (Orders, "order_date"),
    "rehearsal/balances": (Balances, "date"),
    "rehearsal/clicks": (Clicks, "click_date"),
    "rehearsal/clicks_monthly": (ClicksMonthly, "month"),
    "rehearsal/active_users": (ActiveUsers, "date"),
    "rehearsal/costs": (Costs, "date"),
    "rehearsal/cost_changes": (CostChanges, "date"),
    "rehearsal/items": (Items, None),
    "rehearsal/ages": (Ages, None),
    "rehearsal/visits": (Visits, "date"),
}
