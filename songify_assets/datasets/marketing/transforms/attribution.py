"""What each model gives a channel or a campaign in a month, beside what it cost."""

import polars as pl

from songify_assets.datasets.marketing.transforms.chains import credit_by_chain
from songify_assets.datasets.marketing.transforms.performance import CAMPAIGN
from songify_assets.foundation.sums import over, steady_sum

MODELS = ("first_touch", "last_touch", "linear", "position_based", "time_decay", "shapley")
MARKOV = "markov"
KEY = ["month", "currency", "model"]


def attribute(
    credits: pl.LazyFrame, conversions: pl.LazyFrame, touches: pl.LazyFrame, performance: pl.LazyFrame
) -> pl.LazyFrame:
    """A row for each month, currency, model and channel with credits or costs."""
    month = pl.col("conversion_date").dt.truncate("1mo")
    six = credits.group_by("currency", "model", "channel", month=month).agg(**_sums("share", "credit_minor"))
    chain = credit_by_chain(credits, conversions, touches).with_columns(model=pl.lit(MARKOV))
    columns = [*KEY, "channel", "conversions", "value_minor"]
    gained = pl.concat([six.select(columns), chain.select(columns)])
    return _beside(gained, performance, ["channel"], (*MODELS, MARKOV))


def sum_campaigns(credits: pl.LazyFrame, touches: pl.LazyFrame) -> pl.LazyFrame:
    """Credits of a day by what their touches name."""
    named = touches.filter(pl.col("utm_campaign").is_not_null()).select("touch_key", "utm_campaign")
    told = credits.join(named, on="touch_key", how="left")
    return told.group_by("currency", "model", "utm_campaign", date="conversion_date").agg(
        **_sums("share", "credit_minor")
    )


def attribute_campaigns(credits: pl.LazyFrame, links: pl.LazyFrame, performance: pl.LazyFrame) -> pl.LazyFrame:
    """A row for each month, currency, model and campaign with credits or costs; without campaign what no link ties to one."""
    linked = credits.join(links.select("utm_campaign", *CAMPAIGN), on="utm_campaign", how="left")
    month = pl.col("date").dt.truncate("1mo")
    gained = linked.group_by("currency", "model", *CAMPAIGN, month=month).agg(**_sums("conversions", "value_minor"))
    return _beside(gained, performance, CAMPAIGN, MODELS)


def _sums(shares: str, value: str) -> dict[str, pl.Expr]:
    return {"conversions": steady_sum(pl.col(shares)), "value_minor": pl.col(value).sum()}


def _beside(gained: pl.LazyFrame, performance: pl.LazyFrame, of: list[str], models: tuple[str, ...]) -> pl.LazyFrame:
    """Credits beside costs; every model has a row for each cost."""
    month = pl.col("date").dt.truncate("1mo")
    spent = performance.group_by("currency", *of, month=month).agg(pl.col("cost_minor").sum())
    costs = spent.join(pl.LazyFrame({"model": models}), how="cross")
    both = gained.join(costs, on=[*KEY, *of], how="full", coalesce=True, nulls_equal=True)
    known = both.with_columns(
        pl.col("conversions").fill_null(0.0), pl.col("value_minor").fill_null(0), pl.col("cost_minor").fill_null(0)
    )
    return known.with_columns(roas=over(pl.col("value_minor"), pl.col("cost_minor")))
