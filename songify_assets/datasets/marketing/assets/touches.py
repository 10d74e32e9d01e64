"""Touches of users, their conversions, and the campaigns that they name."""

import polars as pl

from songify_assets.datasets.marketing.feeds import CONVERSIONS, TOUCHES
from songify_assets.datasets.marketing.transforms.performance import audit_utm, count_utm, link_utm
from songify_assets.datasets.marketing.transforms.touches import list_rules, name_channels
from songify_assets.orchestration.declare.inputs import Events, Everything, Known, Table
from songify_assets.orchestration.declare.tables import table
from songify_assets.orchestration.ui.drawn import rows_a_day

RULES, TOUCHPOINTS, UTM_DAILY, LINKS = (
    f"marketing/{name}" for name in ("channel_rules", "touchpoints", "utm_daily", "utm_links")
)
PERFORMANCE = "marketing/campaign_performance_daily"
SOURCE = {"source": pl.col("utm_source")}


@table(RULES, inputs={"history": Everything("marketing/channels_history")})
def channel_rules(history: pl.LazyFrame) -> pl.LazyFrame:
    """Which channel a source and medium are, on which days of touches. Source: the dumps of `channels.csv`."""
    return list_rules(history)


@table(
    TOUCHPOINTS,
    cadence="day",
    inputs={"delivered": Events(TOUCHES), "rules": Known(RULES, by=SOURCE, through=TOUCHPOINTS)},
    picture=rows_a_day(TOUCHPOINTS),
)
def touchpoints(delivered: pl.LazyFrame, rules: pl.LazyFrame) -> pl.LazyFrame:
    """A visit of a user on its local day, with its channel by the rules of that day.

    The channel is `direct` without any utm, else that of source and medium, else that of the source, else `unassigned`.
    Source: `touchpoints.csv`, nightly; of records of one touch the latest delivered counts.
    """
    return name_channels(delivered, rules)


@table("marketing/conversions", cadence="day", inputs={"delivered": Events(CONVERSIONS)})
def conversions(delivered: pl.LazyFrame) -> pl.LazyFrame:
    """A sale of our own on its local day, as last delivered. Source: `conversions.csv`, nightly."""
    return delivered.rename({"event_date": "conversion_date"})


@table(UTM_DAILY, cadence="day", inputs={"touches": Table(TOUCHPOINTS)})
def utm_daily(touches: pl.LazyFrame) -> pl.LazyFrame:
    """How many touches of a day name a campaign in their link."""
    return count_utm(touches)


@table(LINKS, inputs={"days": Everything(UTM_DAILY), "performance": Everything(PERFORMANCE)})
def utm_links(days: pl.LazyFrame, performance: pl.LazyFrame) -> pl.LazyFrame:
    """Which campaign a utm_campaign is: the one with that id, else the one with that latest name; `ambiguous` if several are."""
    return link_utm(days, performance)


@table("marketing/utm_audit", inputs={"days": Everything(UTM_DAILY), "links": Everything(LINKS)})
def utm_audit(days: pl.LazyFrame, links: pl.LazyFrame) -> pl.LazyFrame:
    """Which campaign each utm_campaign is, and how many touches name it: what is `none` or `ambiguous` is a link to mend."""
    return audit_utm(days, links)


ASSETS = (channel_rules, touchpoints, conversions, utm_daily, utm_links, utm_audit)
