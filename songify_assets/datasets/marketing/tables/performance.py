"""What campaigns cost and what their platforms claim, and which campaign a utm_campaign is."""

from datetime import date as Day

import pandera.polars as pa

PLATFORMS = ("google_ads", "facebook_ads", "email_sends")
MATCHES = ("id", "name", "ambiguous", "none")
ACCOUNTS = "marketing/ad_accounts_history"


def _of(column: str) -> dict[str, list[str]]:
    return {"from": [f"raw/{platform}.{column}" for platform in PLATFORMS]}


class FinalDays(pa.DataFrameModel):
    """A day of which a platform's numbers are final: 28 days before the platform's newest delivery, or earlier."""

    platform: str = pa.Field(isin=PLATFORMS, description="the platform: the name of its feed")
    date: Day = pa.Field(description="the day", metadata=_of("delivered_on"))


class CampaignPerformanceDaily(pa.DataFrameModel):
    """A campaign on a day of its account, as the latest report that has the account's day tells."""

    date: Day = pa.Field(description="the account's own day, not shifted to another time zone", metadata=_of("day"))
    platform: str = pa.Field(
        isin=PLATFORMS, description="the platform: the name of its feed", metadata=_of("account_key")
    )
    account_key: str = pa.Field(description="the account as compared")
    campaign_key: str = pa.Field(description="the campaign as compared")
    campaign: str = pa.Field(nullable=True, description="what it was called")
    currency: str = pa.Field(description="currency of the account (ISO 4217)")
    impressions: int = pa.Field(ge=0, description="how often it was shown, or delivered by mail")
    clicks: int = pa.Field(ge=0, description="how often it was clicked")
    cost_minor: int = pa.Field(ge=0, description="what it cost, in minor units, rounded half up")
    platform_conversions: float = pa.Field(
        ge=0, description="conversions that the platform claims; they are not sales of ours"
    )
    platform_value_minor: int = pa.Field(
        ge=0, description="what it claims they are worth, in minor units, rounded half up"
    )
    ctr: float = pa.Field(nullable=True, ge=0, description="clicks / impressions", metadata=_of("clicks"))
    cpc_minor: float = pa.Field(nullable=True, ge=0, description="cost / clicks", metadata=_of("cost_minor"))
    cpa_minor: float = pa.Field(
        nullable=True, ge=0, description="cost / platform_conversions", metadata=_of("cost_minor")
    )
    roas: float = pa.Field(
        nullable=True,
        ge=0,
        description="platform_value / cost, as the platform claims",
        metadata=_of("platform_value_minor"),
    )
    time_zone: str = pa.Field(nullable=True, description="the account's time zone as of the day", metadata={"from": [f"{ACCOUNTS}.time_zone"]})  # fmt: skip
    channel: str = pa.Field(description="the account's channel as of the day; unassigned where none is known", metadata={"from": [f"{ACCOUNTS}.channel"]})  # fmt: skip
    is_final: bool = pa.Field(description="whether the platform's newest delivery is 28 days later, or more", metadata={"from": ["marketing/final_days.date"]})  # fmt: skip
    delivered_on: Day = pa.Field(description="delivery date of the report that counts", metadata=_of("delivered_on"))


class UtmDaily(pa.DataFrameModel):
    """How many touches of a day name a campaign."""

    date: Day = pa.Field(description="local day", metadata={"from": ["marketing/touchpoints.touch_date"]})
    utm_campaign: str = pa.Field(description="what the links name, as compared")
    touches: int = pa.Field(gt=0, description="how many", metadata={"from": ["marketing/touchpoints.touch_key"]})


class UtmLinks(pa.DataFrameModel):
    """Which campaign a utm_campaign is."""

    utm_campaign: str = pa.Field(description="what the links name, as compared")
    match: str = pa.Field(
        isin=MATCHES,
        description="id: it is the id of exactly one campaign; name: else the latest name of exactly one; ambiguous: of several; none",
        metadata={
            "from": [
                "marketing/campaign_performance_daily.campaign_key",
                "marketing/campaign_performance_daily.campaign",
            ]
        },
    )
    platform: str = pa.Field(nullable=True, description="platform of the one campaign")
    account_key: str = pa.Field(nullable=True, description="account of the one campaign")
    campaign_key: str = pa.Field(nullable=True, description="the one campaign")


class UtmAudit(pa.DataFrameModel):
    """Which campaign a utm_campaign is, and how many touches name it."""

    utm_campaign: str = pa.Field(description="what the links name, as compared")
    touches: int = pa.Field(gt=0, description="how many touches name it")
    match: str = pa.Field(isin=MATCHES, description="id, name, ambiguous or none")
    platform: str = pa.Field(nullable=True, description="platform of the one campaign")
    account_key: str = pa.Field(nullable=True, description="account of the one campaign")
    campaign_key: str = pa.Field(nullable=True, description="the one campaign")
