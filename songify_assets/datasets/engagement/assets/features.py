"""Features: who uses them, and whether those come back more than the others."""

import dagster as dg
import polars as pl

from songify_assets.datasets.engagement.declared import FEATURES, USED
from songify_assets.datasets.engagement.transforms.features import (
    CAME_BACK_UNTIL,
    USED_UNTIL,
    count_use,
    retain_by_feature,
    use_features,
)
from songify_assets.foundation.store import Store
from songify_assets.orchestration.declare.inputs import Days, Table, Window
from songify_assets.orchestration.declare.tables import table

USERS = "engagement/feature_users"


@table(
    USERS,
    cadence="day",
    inputs={"events": Table("listening/app_events"), "streams": Table("viewing/streams")},
    apart=True,
)
def feature_users(store: dg.ResourceParam[Store], events: pl.LazyFrame, streams: pl.LazyFrame) -> pl.LazyFrame:
    """One user who used a feature on a local day, and how often. Visitors are none."""
    return use_features(FEATURES, {"listening": events, "viewing": streams}, store.settings.timezone)


@table("engagement/feature_usage_daily", cadence="day", inputs={"users": Table(USERS)}, notes=USED)
def feature_usage_daily(users: pl.LazyFrame) -> pl.LazyFrame:
    """How many users used a feature on a day, and how often; days with use."""
    return count_use(users)


@table(
    "engagement/feature_retention",
    cadence="week",
    inputs={
        "firsts": Window("engagement/first_days"),
        "uses": Window(USERS, after=USED_UNTIL),
        "active": Window("engagement/user_days", after=CAME_BACK_UNTIL),
        "calendar": Days("engagement/calendar", after=CAME_BACK_UNTIL),
    },
    notes=USED,
)
def feature_retention(
    firsts: pl.LazyFrame, uses: pl.LazyFrame, active: pl.LazyFrame, calendar: pl.LazyFrame
) -> pl.LazyFrame:
    """Of a week's new users, those who used a feature in their first seven days beside those who did not: who came back.

    Retained is who was active on one of days 7 to 27 from their first day. The difference is a correlation with its 95 % interval:
    users who look for help may have come back anyway. Nothing here says that the feature is the reason.
    """
    return retain_by_feature(FEATURES, firsts, uses, active, calendar)


ASSETS = (feature_users, feature_usage_daily, feature_retention)
