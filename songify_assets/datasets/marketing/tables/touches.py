"""Touches of users and their conversions, and the rules that give touches their channel."""

from datetime import date as Day
from typing import Annotated

import pandera.polars as pa
import polars as pl

Utc = Annotated[pl.Datetime, "us", "UTC"]
HISTORY = "marketing/channels_history"


class ChannelRules(pa.DataFrameModel):
    """Which channel a source and medium are, on which days."""

    utm_source: str = pa.Field(description="source as compared")
    utm_medium: str = pa.Field(description="medium as compared; empty: any that has no rule of its own")
    channel: str = pa.Field(description="the channel")
    seen_from: Day = pa.Field(
        nullable=True, description="first day of touches that it is for; NULL: from the beginning", metadata={"from": [f"{HISTORY}.delivered_on"]}
    )  # fmt: skip
    seen_until: Day = pa.Field(
        nullable=True, description="first day that it is not for; NULL: to the end", metadata={"from": [f"{HISTORY}.delivered_on"]}
    )  # fmt: skip


class Touchpoints(pa.DataFrameModel):
    """A visit of a user on its local day, with its channel as of that day."""

    touch_date: Day = pa.Field(description="local day", metadata={"from": ["raw/touchpoints.event_date"]})
    touch_key: str = pa.Field(description="the touch as compared")
    user_key: str = pa.Field(description="the user as compared")
    touched_at: Utc = pa.Field(description="when it was, an instant (UTC)")
    utm_source: str = pa.Field(nullable=True, description="where the link stood, as compared")
    utm_medium: str = pa.Field(nullable=True, description="what kind of link it is, as compared")
    utm_campaign: str = pa.Field(nullable=True, description="the campaign that the link names, as compared")
    channel: str = pa.Field(
        description="direct without utm; else the channel of source and medium, or of the source; else unassigned",
        metadata={"from": ["marketing/channel_rules.channel"]},
    )
    delivered_on: Day = pa.Field(description="delivery date of the record that counts")


class Conversions(pa.DataFrameModel):
    """A sale on its local day."""

    conversion_date: Day = pa.Field(description="local day", metadata={"from": ["raw/conversions.event_date"]})
    conversion_key: str = pa.Field(description="the conversion as compared")
    user_key: str = pa.Field(description="the user as compared")
    converted_at: Utc = pa.Field(description="when it was, an instant (UTC)")
    value_minor: int = pa.Field(description="what it is worth, in minor units")
    currency: str = pa.Field(description="currency (ISO 4217)")
    delivered_on: Day = pa.Field(description="delivery date of the record that counts")
