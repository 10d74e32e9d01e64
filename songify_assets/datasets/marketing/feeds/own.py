"""What our own sites tell: touches of users, their conversions, the rules of channels, and our accounts at platforms."""

from typing import Annotated

import pandera.polars as pa
import polars as pl

from songify_assets.datasets.marketing.feeds.platforms import SOURCE
from songify_assets.foundation.feeds import Feed
from songify_assets.foundation.keys import normalized_key
from songify_assets.foundation.money import MOST
from songify_assets.foundation.types import CurrencyCode, Money

Utc = Annotated[pl.Datetime, "us", "UTC"]
UTM = ("utm_source", "utm_medium", "utm_campaign")


class DeliveredTouch(pa.DataFrameModel):
    """A visit of a user, and the link that it came by."""

    touch_id: str = pa.Field(description="the touch as delivered")
    user_id: str = pa.Field(description="the user as delivered")
    touched_at: Utc = pa.Field(description="when it was, an instant (UTC)")
    utm_source: str = pa.Field(nullable=True, description="where the link stood")
    utm_medium: str = pa.Field(nullable=True, description="what kind of link it is")
    utm_campaign: str = pa.Field(nullable=True, description="the campaign that the link names")


class DeliveredConversion(pa.DataFrameModel):
    """A sale of our own."""

    conversion_id: str = pa.Field(description="the conversion as delivered")
    user_id: str = pa.Field(description="the user as delivered")
    converted_at: Utc = pa.Field(description="when it was, an instant (UTC)")
    value_minor: int = pa.Field(ge=0, le=MOST, description="what it is worth, in minor units")
    currency: str = pa.Field(description="currency (ISO 4217)")


class DeliveredChannel(pa.DataFrameModel):
    """Which channel links of a source and medium are; without a medium those of the source that no other rule has."""

    utm_source: str = pa.Field(description="where the link stands")
    utm_medium: str = pa.Field(nullable=True, description="what kind of link it is")
    channel: str = pa.Field(description="the channel")


class DeliveredAccount(pa.DataFrameModel):
    """An account of ours at a platform."""

    platform: str = pa.Field(description="the platform: the name of its feed")
    account_id: str = pa.Field(description="the account as delivered")
    time_zone: str = pa.Field(nullable=True, description="the account's time zone, whose days its reports have")
    currency: str = pa.Field(nullable=True, description="the account's currency (ISO 4217)")
    channel: str = pa.Field(nullable=True, description="the channel that its costs belong to")


def conform_touch(touches: pl.LazyFrame) -> pl.LazyFrame:
    """The kept columns of a touch."""
    keys = {f"{name}_key": normalized_key(pl.col(f"{name}_id")) for name in ("touch", "user")}
    utm = {name: normalized_key(pl.col(name)) for name in UTM}
    return touches.with_columns(**keys, **utm).select(*keys, "touched_at", *UTM)


def conform_conversion(conversions: pl.LazyFrame) -> pl.LazyFrame:
    """The kept columns of a conversion."""
    keys = {f"{name}_key": normalized_key(pl.col(f"{name}_id")) for name in ("conversion", "user")}
    return conversions.with_columns(**keys).select(*keys, "converted_at", "value_minor", "currency")


def conform_channel(channels: pl.LazyFrame) -> pl.LazyFrame:
    """The entity's columns: utm_source, utm_medium (empty: any), channel."""
    utm = {name: normalized_key(pl.col(name)).fill_null("") for name in UTM[:2]}
    return channels.with_columns(**utm).select(*utm, "channel")


def conform_account(accounts: pl.LazyFrame) -> pl.LazyFrame:
    """The entity's columns: platform, account_key, time_zone, currency, channel."""
    platform, account = (normalized_key(pl.col(name)) for name in ("platform", "account_id"))
    return accounts.with_columns(platform, account_key=account).select(
        "platform", "account_key", "time_zone", "currency", "channel"
    )


TOUCHES = Feed(
    name="touchpoints",
    source=SOURCE,
    kind="keyed",
    format="csv",
    files=("touchpoints.csv",),
    fields={name: name for name in ("touch_id", "user_id", "touched_at", *UTM)},
    model=DeliveredTouch,
    conform=conform_touch,
    key=("touch_key",),
    event_at="touched_at",
    describes={name: f"{name} as compared" for name in UTM},
)
CONVERSIONS = Feed(
    name="conversions",
    source=SOURCE,
    kind="keyed",
    format="csv",
    files=("conversions.csv",),
    fields={
        "conversion_id": "conversion_id", "user_id": "user_id", "converted_at": "converted_at", "value_minor": "value",
        "currency": "currency",
    },
    model=DeliveredConversion,
    conform=conform_conversion,
    key=("conversion_key",),
    event_at="converted_at",
    types={"value_minor": Money("currency"), "currency": CurrencyCode()},
)  # fmt: skip
CHANNELS = Feed(
    name="channels",
    source=SOURCE,
    kind="full dump",
    format="csv",
    files=("channels.csv",),
    fields={name: name for name in (*UTM[:2], "channel")},
    model=DeliveredChannel,
    conform=conform_channel,
    key=UTM[:2],
    describes={"utm_source": "utm_source as compared", "utm_medium": "utm_medium as compared; empty: any"},
)
ACCOUNTS = Feed(
    name="ad_accounts",
    source=SOURCE,
    kind="full dump",
    format="csv",
    files=("ad_accounts.csv",),
    fields={name: name for name in ("platform", "account_id", "time_zone", "currency", "channel")},
    model=DeliveredAccount,
    conform=conform_account,
    key=("platform", "account_key"),
    types={"currency": CurrencyCode()},
    describes={"platform": "the platform as compared: the name of its feed"},
)
