"""What must be true of the marketing tables, or is odd enough to be shown."""

import polars as pl

from songify_assets.datasets.marketing.transforms.attribution import MODELS
from songify_assets.orchestration.declare.checks import Check

CONVERSIONS, CREDITS, ATTRIBUTION, CAMPAIGNS = (
    f"marketing/{name}" for name in ("conversions", "credits", "attribution", "campaign_attribution")
)
PERFORMANCE = "marketing/campaign_performance_daily"


def credits_off(credits: pl.LazyFrame, conversions: pl.LazyFrame) -> pl.LazyFrame:
    """Conversions whose credits by a model do not add up to their value, or whose shares do not add up to 1; or that lack a model."""
    keys = ["conversion_date", "conversion_key"]
    every = conversions.join(pl.LazyFrame({"model": MODELS}), how="cross")
    days = credits.select("conversion_date").unique()
    of_days = every.join(days, on="conversion_date", how="semi")
    sums = credits.group_by(*keys, "model").agg(pl.col("credit_minor", "share").sum())
    both = sums.join(of_days, on=[*keys, "model"], how="full", coalesce=True)
    differs = pl.col("credit_minor").ne_missing(pl.col("value_minor"))
    return both.filter(differs | ((pl.col("share") - 1).abs() > 1e-9)).select(
        *keys, "model", "credit_minor", "value_minor"
    )


def months_off(months: pl.LazyFrame, conversions: pl.LazyFrame, performance: pl.LazyFrame) -> pl.LazyFrame:
    """Months in which a model's values or costs are not those of the month."""
    sums = months.group_by("month", "currency", "model").agg(pl.col("value_minor", "cost_minor").sum())
    told = [
        rows.group_by("currency", month=pl.col(day).dt.truncate("1mo")).agg(pl.col(amount).sum().alias(name))
        for rows, day, amount, name in (
            (conversions, "conversion_date", "value_minor", "sold"), (performance, "date", "cost_minor", "spent")
        )
    ]  # fmt: skip
    both = sums.join(told[0], on=["month", "currency"], how="left").join(told[1], on=["month", "currency"], how="left")
    wrong = [
        pl.col(mine) != pl.col(due).fill_null(0) for mine, due in (("value_minor", "sold"), ("cost_minor", "spent"))
    ]
    return both.filter(pl.any_horizontal(wrong))


def of_unknown_accounts(performance: pl.LazyFrame) -> pl.LazyFrame:
    """Campaigns of accounts that ad_accounts lacks, or without a channel there."""
    return performance.filter(pl.col("channel") == "unassigned").select(
        "date", "platform", "account_key", "campaign_key"
    )


def without_rule(touches: pl.LazyFrame) -> pl.LazyFrame:
    """Touches by links that no rule gives a channel."""
    return touches.filter(pl.col("channel") == "unassigned").select(
        "touch_date", "touch_key", "utm_source", "utm_medium"
    )


def of_no_campaign(audit: pl.LazyFrame) -> pl.LazyFrame:
    """What links name and is no campaign, or several."""
    return audit.filter(pl.col("match").is_in(["none", "ambiguous"]))


CHECKS = (
    Check(PERFORMANCE, "known_accounts", "Every account has a channel in ad_accounts.", of_unknown_accounts),
    Check("marketing/touchpoints", "known_channels", "A rule gives every link its channel.", without_rule),
    Check("marketing/utm_audit", "links_name_campaigns", "Every utm_campaign is exactly one campaign.", of_no_campaign),
    Check(
        CREDITS, "credits_add_up", "The credits of a conversion by each model add up to its value.", credits_off,
        reads=[CONVERSIONS], severity="error", blocking=True,
    ),
    Check(
        ATTRIBUTION, "models_add_up", "Each model's values and costs are those of the month.", months_off,
        reads=[CONVERSIONS, PERFORMANCE], severity="error", blocking=True,
    ),
    Check(
        CAMPAIGNS, "campaigns_add_up", "Each model's values and costs are those of the month.", months_off,
        reads=[CONVERSIONS, PERFORMANCE], severity="error", blocking=True,
    ),
)  # fmt: skip
