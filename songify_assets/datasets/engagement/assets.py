"""The assets of engagement: cohort retention."""

from datetime import date, datetime
from itertools import groupby

import dagster as dg
import polars as pl

from songify_assets.datasets.engagement.pictures import retention_picture
from songify_assets.datasets.engagement.transforms import retain_cohorts
from songify_assets.foundation.calendar import week_of
from songify_assets.foundation.store import Store
from songify_assets.orchestration.declare.inputs import Everything
from songify_assets.orchestration.declare.tables import table
from songify_assets.orchestration.ui.drawn import of_table


@table(
    "engagement/cohort_retention",
    cadence="week",
    inputs={"streams": Everything("viewing/streams")},
    picture=of_table("engagement/cohort_retention", retention_picture),
)
def cohort_retention(store: dg.ResourceParam[Store]) -> pl.LazyFrame:
    """Of the users who first came in a week, how many were active each week after: the retention triangle.

    A cohort is the local Monday-based week of a user's first stream; active is who started at least one stream in a week.
    A week is complete when it has ended and every day of it was delivered; until then its numbers still grow.
    """
    lake, days = store.lake, store.ledger.delivered_days("streams")
    by_week = groupby(lake.keys("viewing/streams"), lambda day: week_of(date.fromisoformat(day)))
    users = {week: lake.scan("viewing/streams", some).select("user_key") for week, some in by_week}
    return retain_cohorts(users, days, datetime.now(store.settings.zone).date()).with_columns(product=pl.lit("viewing"))


ASSETS = (cohort_retention,)
