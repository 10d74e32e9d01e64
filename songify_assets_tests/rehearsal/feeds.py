"""What the rehearsal's shop delivers: every kind of feed, format and field type that there is."""

from typing import Annotated

import pandera.polars as pa
import polars as pl

from songify_assets.foundation.feeds import Feed
from songify_assets.foundation.keys import normalized_key
from songify_assets.foundation.money import currency_code
from songify_assets.foundation.reading.dialect import Dialect
from songify_assets.foundation.types import Instant, Money

SOURCE = "rehearsal"
Utc = Annotated[pl.Datetime, "us", "UTC"]
Actions = Annotated[pl.List, pl.Struct({"type": pl.String(), "value": pl.String()})]


class DeliveredOrder(pa.DataFrameModel):
    """An order; the time is that of the shop's wall clock."""

    order_id: str
    customer: str
    country: str
    placed_at: Utc
    amount_minor: int
    currency: str
    is_gift: bool = pa.Field(nullable=True)


class DeliveredClick(pa.DataFrameModel):
    """A click, with what was done."""

    click_id: str
    user: str = pa.Field(nullable=True)
    clicked_at: Utc
    actions: Actions = pa.Field(nullable=True)


class DeliveredCost(pa.DataFrameModel):
    """What a campaign cost on a day of its account."""

    account: str
    campaign: str
    day: pl.Date
    cost_minor: int
    currency: str


class DeliveredItem(pa.DataFrameModel):
    """A thing that can be ordered."""

    item_id: str
    name: str = pa.Field(nullable=True)


class DeliveredRate(pa.DataFrameModel):
    """The tax of a country on what is paid in a currency."""

    country: str
    currency: str
    rate: Annotated[pl.Decimal, 9, 4]


class DeliveredVisit(pa.DataFrameModel):
    """A visit of the shop."""

    visitor: str = pa.Field(nullable=True)
    pages: int = pa.Field(ge=0)


def conform_order(orders: pl.LazyFrame) -> pl.LazyFrame:
    """The kept columns of an order."""
    return orders.select(
        "placed_at", "amount_minor", "is_gift",
        order_key=normalized_key(pl.col("order_id")), customer_key=normalized_key(pl.col("customer")),
        country_key=normalized_key(pl.col("country")), currency=currency_code(pl.col("currency")),
    )  # fmt: skip


def conform_click(clicks: pl.LazyFrame) -> pl.LazyFrame:
    """The kept columns of a click."""
    bought = pl.col("actions").fill_null([]).list.eval(pl.element().struct.field("type") == "buy").list.sum()
    return clicks.select(
        "clicked_at",
        click_key=normalized_key(pl.col("click_id")),
        user_key=normalized_key(pl.col("user")),
        bought=bought.cast(pl.Int64),
    )


def conform_cost(costs: pl.LazyFrame) -> pl.LazyFrame:
    """The kept columns of a report's row."""
    return costs.select(
        "day", "cost_minor",
        account_key=normalized_key(pl.col("account")), campaign_key=normalized_key(pl.col("campaign")),
        currency=currency_code(pl.col("currency")),
    )  # fmt: skip


def conform_item(items: pl.LazyFrame) -> pl.LazyFrame:
    """The kept columns of an item."""
    return items.select("name", item_key=normalized_key(pl.col("item_id")))


def conform_rate(rates: pl.LazyFrame) -> pl.LazyFrame:
    """The entity's columns: country_key, currency_key, rate."""
    keys = {f"{name}_key": normalized_key(pl.col(name)) for name in ("country", "currency")}
    return rates.select("rate", **keys).select(*keys, "rate")


def conform_visit(visits: pl.LazyFrame) -> pl.LazyFrame:
    """The kept columns of a visit; all of them."""
    return visits.select("visitor", "pages")


ORDERS = Feed(
    name="orders", source=SOURCE, kind="keyed", format="csv", files=("orders.csv",), model=DeliveredOrder,
    fields={
        "order_id": "order_id", "customer": "customer", "country": "country", "placed_at": "placed_at",
        "amount_minor": "amount", "currency": "currency", "is_gift": "gift",
    },
    types={"placed_at": Instant(zone="Europe/Stockholm"), "amount_minor": Money(currency="currency")},
    conform=conform_order, key=("order_key",), event_at="placed_at", past=(),
)  # fmt: skip
CLICKS = Feed(
    name="clicks", source=SOURCE, kind="increment", format="json", files=("*-clicks.json",), model=DeliveredClick,
    fields={"click_id": "$.id", "user": "$.user.id", "clicked_at": "$.ts", "actions": "$.actions[*]{type,value}"},
    types={"clicked_at": Instant(unit="ms")},
    conform=conform_click, key=("click_key", "clicked_at"), event_at="clicked_at",
)  # fmt: skip
COSTS = Feed(
    name="costs", source=SOURCE, kind="report", format="csv", files=("costs.csv",), model=DeliveredCost,
    fields={"account": "Account", "campaign": "Campaign ID", "day": "Date", "cost_minor": "Cost", "currency": "Currency"},
    types={"cost_minor": Money(currency="currency")}, dialect=Dialect(";", ",", "%d.%m.%Y"),
    conform=conform_cost, key=("account_key", "campaign_key", "day"), event_at="day", group=("account_key",),
)  # fmt: skip
ITEMS = Feed(
    name="items", source=SOURCE, kind="keyed", format="json", files=("items/**/*.json",), model=DeliveredItem,
    fields={"item_id": "$.item_id", "name": "$.name"}, conform=conform_item, key=("item_key",),
)  # fmt: skip
RATES = Feed(
    name="rates", source=SOURCE, kind="full dump", format="csv", files=("rates.csv",), model=DeliveredRate,
    fields={"country": "country", "currency": "currency", "rate": "rate"},
    conform=conform_rate, key=("country_key", "currency_key"),
)  # fmt: skip
VISITS = Feed(
    name="visits", source=SOURCE, kind="increment", format="parquet", files=("visits.parquet",), model=DeliveredVisit,
    fields={"visitor": "visitor", "pages": "page count"}, conform=conform_visit,
)  # fmt: skip
FEEDS = (ORDERS, CLICKS, COSTS, ITEMS, RATES, VISITS)
