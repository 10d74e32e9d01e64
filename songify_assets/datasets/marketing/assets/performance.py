"""What campaigns cost and what their platforms claim."""

import dagster as dg
import polars as pl

from songify_assets.datasets.marketing.feeds import EMAIL, FACEBOOK, GOOGLE
from songify_assets.datasets.marketing.transforms.performance import list_final_days, tell_performance
from songify_assets.foundation.store import Store
from songify_assets.orchestration.declare.inputs import AsOf, AsOfDate, Days, Events
from songify_assets.orchestration.declare.tables import table
from songify_assets.orchestration.ui.drawn import rows_a_day

FINAL, PERFORMANCE = "marketing/final_days", "marketing/campaign_performance_daily"


@table(FINAL, inputs={"google": AsOfDate((GOOGLE,)), "facebook": AsOfDate((FACEBOOK,)), "email": AsOfDate((EMAIL,))})
def final_days(
    store: dg.ResourceParam[Store], google: pl.LazyFrame, facebook: pl.LazyFrame, email: pl.LazyFrame
) -> pl.LazyFrame:
    """A day of which a platform's numbers are final: it lies 28 days before the platform's newest delivery, or earlier.

    Platforms restate their numbers for 28 days.
    """
    newest = {GOOGLE.name: google, FACEBOOK.name: facebook, EMAIL.name: email}
    return list_final_days(newest, store.settings.start_date)


@table(
    PERFORMANCE,
    cadence="day",
    inputs={
        "google": Events(GOOGLE),
        "facebook": Events(FACEBOOK),
        "email": Events(EMAIL),
        "accounts": AsOf("marketing/ad_accounts_history", by=("platform", "account_key"), fills="time_zone"),
        "final_days": Days(FINAL),
    },
    picture=rows_a_day(PERFORMANCE),
)
def campaign_performance_daily(
    google: pl.LazyFrame, facebook: pl.LazyFrame, email: pl.LazyFrame, accounts: pl.LazyFrame, final_days: pl.LazyFrame
) -> pl.LazyFrame:
    """A campaign on a day of its account: what it cost, and what the platform claims it brought.

    Sources: `google_ads.csv`, `facebook_ads.json`, `email_sends.csv`. The latest report with an account's day replaces that day whole,
    so a row that vanished is gone. Days are those of the account's time zone, not shifted. What platforms claim is no sale of ours:
    several of them claim the same one.
    """
    reports = {GOOGLE.name: google, FACEBOOK.name: facebook, EMAIL.name: email}
    return tell_performance(reports, accounts, final_days)


ASSETS = (final_days, campaign_performance_daily)
