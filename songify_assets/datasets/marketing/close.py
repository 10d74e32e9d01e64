"""The monthly close of marketing: what channels and campaigns cost and are given."""

import polars as pl

from songify_assets.foundation.sheets.close import Part

SUMS = ["conversions", "value_minor", "cost_minor"]


def close_parts(attribution: pl.LazyFrame, campaigns: pl.LazyFrame, performance: pl.LazyFrame) -> list[Part]:
    """The sheets of the close: a row a model and channel, a row a model and campaign, and what platforms claim."""
    of = ["month", "currency", "model"]
    channels = attribution.select(*of, "channel", *SUMS, "roas").sort(*of, "channel")
    campaign = ["platform", "account_key", "campaign_key"]
    given = campaigns.select(*of, *campaign, *SUMS, "roas").sort(*of, *campaign)
    spent = performance.group_by("platform", "currency", month=pl.col("date").dt.truncate("1mo")).agg(
        pl.col("impressions", "clicks", "cost_minor", "platform_conversions", "platform_value_minor").sum(),
        is_final=pl.col("is_final").all(),
    )
    claimed = spent.select("month", "platform", "currency", pl.all().exclude("month", "platform", "currency"))
    return [
        Part("channels", channels.collect(), totals=SUMS, per=("currency", "model")),
        Part("campaigns", given.collect(), totals=SUMS, per=("currency", "model")),
        Part(
            "platforms",
            claimed.sort("month", "platform", "currency").collect(),
            totals=["cost_minor", "impressions", "clicks"],
        ),
    ]
