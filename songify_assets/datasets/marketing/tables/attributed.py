"""Which touches, channels and campaigns deserve a sale, by each model."""

from datetime import date as Day

import pandera.polars as pa

MODELS = ("first_touch", "last_touch", "linear", "position_based", "time_decay", "shapley")
MARKOV = "markov"
CREDIT, COST = (
    {"from": ["marketing/credits.credit_minor"]},
    {"from": ["marketing/campaign_performance_daily.cost_minor"]},
)
SHARE = {"from": ["marketing/credits.share"]}
BOTH = {"from": [*CREDIT["from"], *COST["from"]]}
PATH = {"from": ["marketing/touchpoints.touched_at", "marketing/conversions.converted_at"]}
MONTH = {"from": ["marketing/credits.conversion_date", "marketing/campaign_performance_daily.date"]}
COSTS = "what the campaigns cost in the month, in minor units"


class Credits(pa.DataFrameModel):
    """What a model gives a touch of a conversion. The credits of a conversion and model add up to its value, to the unit."""

    conversion_key: str = pa.Field(description="the conversion")
    conversion_date: Day = pa.Field(description="its local day")
    model: str = pa.Field(isin=MODELS, description="how the sale is split (docs/money.md)", metadata=PATH)
    position: int = pa.Field(
        ge=0, description="place of the touch in the path, from 1; 0 where there is no touch", metadata=PATH
    )
    touch_key: str = pa.Field(nullable=True, description="the touch; NULL where there is none")
    channel: str = pa.Field(description="its channel; unattributed where there is no touch")
    currency: str = pa.Field(description="currency (ISO 4217)")
    share: float = pa.Field(gt=0, le=1, description="its weight / the path's", metadata=PATH)
    credit_minor: int = pa.Field(
        ge=0,
        description="its part of the value, in minor units",
        metadata={"from": ["marketing/conversions.value_minor"]},
    )


class CampaignCredits(pa.DataFrameModel):
    """Credits of a day by what their touches name: what a month's attribution to campaigns is added up from."""

    date: Day = pa.Field(
        description="local day of the conversions", metadata={"from": ["marketing/credits.conversion_date"]}
    )
    currency: str = pa.Field(description="currency (ISO 4217)")
    model: str = pa.Field(isin=MODELS, description="how the sales are split")
    utm_campaign: str = pa.Field(nullable=True, description="what the links name; NULL: nothing, or there is no touch")
    conversions: float = pa.Field(ge=0, description="sum of the shares", metadata=SHARE)
    value_minor: int = pa.Field(ge=0, description="sum of the credits, in minor units", metadata=CREDIT)


class Attribution(pa.DataFrameModel):
    """What a model gives a channel in a month, beside what the channel cost. Values and costs of a model are those of the month."""

    month: Day = pa.Field(description="first day of the local month", metadata=MONTH)
    currency: str = pa.Field(description="currency (ISO 4217)")
    model: str = pa.Field(isin=(*MODELS, MARKOV), description="how the sales are split (docs/money.md)")
    channel: str = pa.Field(
        description="the channel; unattributed: sales without a touch; unassigned: no rule or account has one"
    )
    conversions: float = pa.Field(ge=0, description="sum of the shares of the month's sales", metadata=SHARE)
    value_minor: int = pa.Field(ge=0, description="its part of their value, in minor units", metadata=CREDIT)
    cost_minor: int = pa.Field(ge=0, description=COSTS, metadata=COST)
    roas: float = pa.Field(nullable=True, ge=0, description="value / cost", metadata=BOTH)


class CampaignAttribution(pa.DataFrameModel):
    """What a model gives a campaign in a month, beside what it cost."""

    month: Day = pa.Field(description="first day of the local month", metadata=MONTH)
    currency: str = pa.Field(description="currency (ISO 4217)")
    model: str = pa.Field(isin=MODELS, description="how the sales are split (docs/money.md)")
    platform: str = pa.Field(nullable=True, description="platform of the campaign; NULL: of none, or of several")
    account_key: str = pa.Field(nullable=True, description="its account")
    campaign_key: str = pa.Field(nullable=True, description="the campaign; NULL: of none, or of several")
    conversions: float = pa.Field(ge=0, description="sum of the shares of the month's sales", metadata=SHARE)
    value_minor: int = pa.Field(ge=0, description="its part of their value, in minor units", metadata=CREDIT)
    cost_minor: int = pa.Field(ge=0, description=COSTS, metadata=COST)
    roas: float = pa.Field(nullable=True, ge=0, description="value / cost", metadata=BOTH)
