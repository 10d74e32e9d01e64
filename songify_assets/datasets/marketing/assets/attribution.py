"""Which touches, channels and campaigns deserve a sale."""

from typing import Any

import dagster as dg
import polars as pl

from songify_assets.datasets.marketing.close import close_parts
from songify_assets.datasets.marketing.pictures import channels_picture, paths_picture
from songify_assets.datasets.marketing.transforms.attribution import attribute, attribute_campaigns, sum_campaigns
from songify_assets.datasets.marketing.transforms.credits import credit_touches
from songify_assets.foundation.sheets.close import write_close
from songify_assets.foundation.store import Store
from songify_assets.orchestration.assets.writing import writing_asset
from songify_assets.orchestration.declare.inputs import Everything, Known, Table, Window
from songify_assets.orchestration.declare.tables import table
from songify_assets.orchestration.ui.drawn import of_partition

TOUCHPOINTS, CONVERSIONS, CREDITS = "marketing/touchpoints", "marketing/conversions", "marketing/credits"
OF_CAMPAIGNS, ATTRIBUTION = "marketing/campaign_credits", "marketing/attribution"
PERFORMANCE = "marketing/campaign_performance_daily"
REACH = 31  # local days in which 30 x 24 hours lie
UTM = {"utm": pl.col("utm_campaign")}


@table(
    CREDITS,
    cadence="day",
    inputs={"conversions": Table(CONVERSIONS), "touches": Window(TOUCHPOINTS, before=REACH)},
    picture=of_partition(CREDITS, paths_picture),
)
def credits(conversions: pl.LazyFrame, touches: pl.LazyFrame) -> pl.LazyFrame:
    """What each model gives each touch of a sale: the credits of a sale and model add up to its value, to the unit.

    The path of a sale is its user's touches in the 30 x 24 hours to it. Models: first_touch, last_touch, linear (all alike),
    position_based (40 % for each end, 20 % between), time_decay (half for each 7 days before), shapley (all channels alike, each at
    its first touch). Without touches the sale is `unattributed`. Why a touch has its part: `songify explain CONVERSION`.
    """
    return credit_touches(conversions, touches)


@table(OF_CAMPAIGNS, cadence="day", inputs={"credits": Table(CREDITS), "touches": Window(TOUCHPOINTS, before=REACH)})
def campaign_credits(credits: pl.LazyFrame, touches: pl.LazyFrame) -> pl.LazyFrame:
    """Credits of a day by what the links of their touches name."""
    return sum_campaigns(credits, touches)


@table(
    ATTRIBUTION,
    cadence="month",
    inputs={
        "credits": Table(CREDITS),
        "conversions": Table(CONVERSIONS),
        "touches": Table(TOUCHPOINTS),
        "performance": Table(PERFORMANCE),
    },
    picture=of_partition(ATTRIBUTION, channels_picture),
    closes=True,
)
def attribution(
    credits: pl.LazyFrame, conversions: pl.LazyFrame, touches: pl.LazyFrame, performance: pl.LazyFrame
) -> pl.LazyFrame:
    """What each of seven models gives a channel in a month, beside what the channel cost: which channels deserve the sales.

    `markov` asks how many sales would be lost without a channel, by a chain of the month's paths and of those of users who did not
    buy. A model's values and costs are those of the month. Costs go by the channel of the account that they were spent from.
    """
    return attribute(credits, conversions, touches, performance)


@table(
    "marketing/campaign_attribution",
    cadence="month",
    inputs={
        "credits": Table(OF_CAMPAIGNS),
        "links": Known("marketing/utm_links", by=UTM, through=OF_CAMPAIGNS),
        "performance": Table(PERFORMANCE),
    },
)
def campaign_attribution(credits: pl.LazyFrame, links: pl.LazyFrame, performance: pl.LazyFrame) -> pl.LazyFrame:
    """What each of six models gives a campaign in a month, beside what it cost. Sales that no link ties to one have none."""
    return attribute_campaigns(credits, links, performance)


@table(
    "marketing/close_sheets",
    inputs={
        "attribution": Everything(ATTRIBUTION),
        "campaigns": Everything("marketing/campaign_attribution"),
        "performance": Everything(PERFORMANCE),
    },
    stored=False,
)
def close_sheets(
    context: dg.AssetExecutionContext,
    store: dg.ResourceParam[Store],
    attribution: pl.LazyFrame,
    campaigns: pl.LazyFrame,
    performance: pl.LazyFrame,
) -> dg.MaterializeResult[Any]:
    """What channels and campaigns cost and are given each month, and what platforms claim, as CSV files and a workbook a month.

    They lie under `exports/close/`.
    """
    with writing_asset(context, store):
        files = write_close(
            store.settings.home / "exports" / "close", "marketing", close_parts(attribution, campaigns, performance)
        )
    return dg.MaterializeResult(metadata={"files": len(files), "newest": [str(file) for file in files[-4:]]})


ASSETS = (credits, campaign_credits, attribution, campaign_attribution, close_sheets)
