"""Reports of advertising platforms: a row a campaign and day of its account; the latest report of an account's day replaces it."""

from typing import Annotated

import pandera.polars as pa
import polars as pl
from pandera.api.polars.types import PolarsData

from songify_assets.foundation.feeds import Feed
from songify_assets.foundation.keys import normalized_key
from songify_assets.foundation.money import MOST, minor_units, rescaled
from songify_assets.foundation.reading.dialect import Dialect
from songify_assets.foundation.types import CurrencyCode, FieldType, Money

SOURCE = "marketing"
MICROS, PURCHASE = 6, "purchase"
EXACT = pl.Decimal(38, 18)
Actions = Annotated[pl.List, pl.Struct({"action_type": pl.String(), "value": pl.String()})]
ISO = "currency of the account (ISO 4217)"


class Report(pa.DataFrameModel):
    """A campaign on a day of its account."""

    day: pl.Date = pa.Field(description="day of the account, in its own time zone")
    account_id: str = pa.Field(description="the account as delivered")
    campaign_id: str = pa.Field(description="the campaign as delivered")
    campaign: str = pa.Field(nullable=True, description="what the campaign is called")
    currency: str = pa.Field(description=ISO)
    impressions: int = pa.Field(ge=0, description="how often it was shown")
    clicks: int = pa.Field(ge=0, description="how often it was clicked")


class DeliveredGoogle(Report):
    """A row of Google's report."""

    cost_micros: int = pa.Field(ge=0, le=MOST, description="cost, in millionths of the currency")
    platform_conversions: float = pa.Field(ge=0, description="conversions that the platform claims")
    platform_value_minor: int = pa.Field(
        ge=0, le=MOST, description="what it claims they are worth, in minor units, rounded"
    )


class DeliveredFacebook(Report):
    """A row of Facebook's report."""

    last_day: pl.Date = pa.Field(description="last day of the row")
    cost_minor: int = pa.Field(ge=0, le=MOST, description="cost, in minor units, rounded")
    actions: Actions = pa.Field(nullable=True, description="actions that the platform claims")
    action_values: Actions = pa.Field(nullable=True, description="what it claims they are worth")

    @pa.dataframe_check(error="it is of several days")
    def is_of_one_day(cls, data: PolarsData) -> pl.LazyFrame:
        """A row is of one day."""
        return data.lazyframe.select((pl.col("day") == pl.col("last_day")).fill_null(True))

    @pa.dataframe_check(error="the value of a purchase is no number, or below 0")
    def has_values(cls, data: PolarsData) -> pl.LazyFrame:
        """Values of purchases are numbers and not negative."""
        values = [_purchases(name).list.eval((pl.element() >= 0).fill_null(False)).list.all() for name in ACTIONS]
        return data.lazyframe.select(pl.all_horizontal(value.fill_null(True) for value in values))


class DeliveredEmail(Report):
    """A row of the mailing tool's report: delivered mails, clicks, orders, revenue."""

    platform_conversions: float = pa.Field(ge=0, description="orders that the tool claims")
    platform_value_minor: int = pa.Field(ge=0, le=MOST, description="what they are worth, in minor units, rounded")
    cost_minor: int = pa.Field(ge=0, le=MOST, description="cost, in minor units, rounded")


ACTIONS = ("actions", "action_values")


def _purchases(name: str) -> pl.Expr:
    """The values of purchases among some actions, exactly; null for what is no number."""
    of_purchases = pl.element().struct.field("action_type") == PURCHASE
    values = pl.element().filter(of_purchases).struct.field("value").cast(EXACT, strict=False)
    return pl.col(name).list.eval(values)


def conform_google(rows: pl.LazyFrame) -> pl.LazyFrame:
    """The kept columns of a report's row; the cost is rounded half up."""
    return conform_report(rows.with_columns(cost_minor=rescaled(pl.col("cost_micros"), MICROS, pl.col("currency"))))


def conform_facebook(rows: pl.LazyFrame) -> pl.LazyFrame:
    """The kept columns of a report's row: conversions and values are those of purchases; without actions there are none."""
    bought, worth = (_purchases(name).list.sum().fill_null(0) for name in ACTIONS)
    value = minor_units(worth.cast(pl.String), pl.col("currency"), rounds=True)
    return conform_report(rows.with_columns(platform_conversions=bought.cast(pl.Float64), platform_value_minor=value))


def conform_report(rows: pl.LazyFrame) -> pl.LazyFrame:
    """The kept columns of a report's row."""
    keys = {f"{name}_key": normalized_key(pl.col(f"{name}_id")) for name in ("account", "campaign")}
    numbers = ("impressions", "clicks", "cost_minor", "platform_conversions", "platform_value_minor")
    return rows.with_columns(**keys).select("day", *keys, "campaign", "currency", *numbers)


ROUNDED = Money("currency", rounds=True)
MONEY: dict[str, FieldType] = {"currency": CurrencyCode(), "cost_minor": ROUNDED, "platform_value_minor": ROUNDED}
KEY, GROUP = ("account_key", "campaign_key", "day"), ("account_key",)
GOOGLE = Feed(
    name="google_ads",
    source=SOURCE,
    kind="report",
    format="csv",
    files=("google_ads.csv",),
    fields={
        "day": "Day", "account_id": "Customer ID", "campaign_id": "Campaign ID", "campaign": "Campaign", "currency": "Currency code",
        "impressions": "Impressions", "clicks": "Clicks", "cost_micros": "Cost (micros)", "platform_conversions": "Conversions",
        "platform_value_minor": "Conv. value",
    },
    model=DeliveredGoogle,
    conform=conform_google,
    key=KEY,
    group=GROUP,
    event_at="day",
    types={"currency": CurrencyCode(), "platform_value_minor": ROUNDED},
)  # fmt: skip
FACEBOOK = Feed(
    name="facebook_ads",
    source=SOURCE,
    kind="report",
    format="json",
    files=("facebook_ads.json",),
    fields={
        "day": "$.date_start", "last_day": "$.date_stop", "account_id": "$.account_id", "campaign_id": "$.campaign_id",
        "campaign": "$.campaign_name", "currency": "$.account_currency", "impressions": "$.impressions", "clicks": "$.clicks",
        "cost_minor": "$.spend", "actions": "$.actions[*]{action_type,value}", "action_values": "$.action_values[*]{action_type,value}",
    },
    model=DeliveredFacebook,
    conform=conform_facebook,
    key=KEY,
    group=GROUP,
    event_at="day",
    types={"currency": CurrencyCode(), "cost_minor": ROUNDED},
)  # fmt: skip
EMAIL = Feed(
    name="email_sends",
    source=SOURCE,
    kind="report",
    format="csv",
    files=("email_sends.csv",),
    fields={
        "day": "Date", "account_id": "Account", "campaign_id": "Campaign ID", "campaign": "Campaign", "currency": "Currency",
        "impressions": "Delivered", "clicks": "Clicks", "platform_conversions": "Orders", "platform_value_minor": "Revenue",
        "cost_minor": "Cost",
    },
    model=DeliveredEmail,
    conform=conform_report,
    key=KEY,
    group=GROUP,
    event_at="day",
    types=MONEY,
    dialect=Dialect(";", ",", "%d.%m.%Y"),
)  # fmt: skip
PLATFORMS = (GOOGLE, FACEBOOK, EMAIL)
