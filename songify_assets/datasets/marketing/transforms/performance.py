"""What campaigns cost and what their platforms claim, and which campaign a utm_campaign is."""

from collections.abc import Mapping
from datetime import date

import polars as pl

from songify_assets.datasets.marketing.transforms.touches import UNASSIGNED
from songify_assets.foundation.keys import normalized_key
from songify_assets.foundation.sums import over
from songify_assets.foundation.versions.as_of import as_of

FINAL_AFTER = "28d"
CAMPAIGN = ["platform", "account_key", "campaign_key"]


def list_final_days(newest: Mapping[str, pl.LazyFrame], first: date) -> pl.LazyFrame:
    """The days from `first` on of which a platform's numbers are final, from the date of its newest delivery."""
    until = pl.col("as_of").dt.offset_by(f"-{FINAL_AFTER}")
    return pl.concat([
        dates.filter(until >= first).select(platform=pl.lit(platform), date=pl.date_ranges(pl.lit(first), until)).explode("date")
        for platform, dates in newest.items()
    ])  # fmt: skip


def tell_performance(
    reports: Mapping[str, pl.LazyFrame], accounts: pl.LazyFrame, final_days: pl.LazyFrame
) -> pl.LazyFrame:
    """Campaigns a day, with their ratios, and the time zone and channel of their account as of the day."""
    rows = pl.concat([report.with_columns(platform=pl.lit(platform)) for platform, report in reports.items()])
    dated = rows.rename({"event_date": "date"})
    key = {"platform": "platform", "account_key": "account_key"}
    known = as_of(dated, accounts, key=key, day="date", take={"time_zone": "time_zone", "channel": "channel"})
    final = known.join(final_days.with_columns(is_final=pl.lit(True)), on=["platform", "date"], how="left")
    cost = pl.col("cost_minor")
    return final.with_columns(
        pl.col("channel").fill_null(UNASSIGNED), pl.col("is_final").fill_null(False),
        ctr=over(pl.col("clicks"), pl.col("impressions")), cpc_minor=over(cost, pl.col("clicks")),
        cpa_minor=over(cost, pl.col("platform_conversions")), roas=over(pl.col("platform_value_minor"), cost),
    )  # fmt: skip


def count_utm(touches: pl.LazyFrame) -> pl.LazyFrame:
    """How many touches of a day name a campaign."""
    named = touches.filter(pl.col("utm_campaign").is_not_null())
    return named.group_by("utm_campaign", date="touch_date").agg(touches=pl.len().cast(pl.Int64))


def link_utm(days: pl.LazyFrame, performance: pl.LazyFrame) -> pl.LazyFrame:
    """Which campaign each utm_campaign is: the one with that id; if no campaign has it, the one with that latest name."""
    latest = pl.col("campaign").sort_by("date").last()
    campaigns = performance.group_by(CAMPAIGN).agg(name=latest).with_columns(name=normalized_key(pl.col("name")))
    names = days.select("utm_campaign").unique()
    by_id = campaigns.select(*CAMPAIGN, utm_campaign="campaign_key", match=pl.lit("id"))
    by_name = campaigns.select(*CAMPAIGN, utm_campaign="name", match=pl.lit("name")).drop_nulls("utm_campaign")
    other = by_name.join(by_id.select("utm_campaign").unique(), on="utm_campaign", how="anti")
    counted = pl.concat([by_id, other]).group_by("utm_campaign").agg(
        pl.col(*CAMPAIGN, "match").first(), campaigns=pl.len()
    )  # fmt: skip
    known = names.join(counted, on="utm_campaign", how="left")
    is_one = pl.col("campaigns") == 1
    match = pl.when(pl.col("campaigns") > 1).then(pl.lit("ambiguous")).otherwise(pl.col("match").fill_null("none"))
    return known.select("utm_campaign", match=match, **{name: pl.when(is_one).then(name) for name in CAMPAIGN})


def audit_utm(days: pl.LazyFrame, links: pl.LazyFrame) -> pl.LazyFrame:
    """Which campaign each utm_campaign is, with how many touches name it."""
    return days.group_by("utm_campaign").agg(pl.col("touches").sum()).join(links, on="utm_campaign")
