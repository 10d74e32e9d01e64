"""Who uses a feature, and whether they come back more than the others."""

from datetime import date as Day

import pandera.polars as pa

from songify_assets.datasets.engagement.tables.activity import PRODUCTS

EVENTS = {"from": ["listening/app_events.page", "viewing/streams.start_at"]}
USES = {"from": ["engagement/feature_users.user_id"]}
CAME_BACK = {"from": ["engagement/user_days.user_id", "engagement/feature_users.user_id"]}


class FeatureUsers(pa.DataFrameModel):
    """A user who used a feature on a day."""

    product: str = pa.Field(isin=PRODUCTS, description="the product")
    feature: str = pa.Field(description="the feature, as declared in declared.py", metadata=EVENTS)
    date: Day = pa.Field(description="local day", metadata=EVENTS)
    user_id: str = pa.Field(
        description="the user", metadata={"from": ["listening/app_events.user_id", "viewing/streams.user_key"]}
    )
    events: int = pa.Field(gt=0, description="how often", metadata=EVENTS)


class FeatureUsageDaily(pa.DataFrameModel):
    """How much a feature was used on a day with use."""

    product: str = pa.Field(isin=PRODUCTS, description="the product")
    feature: str = pa.Field(description="the feature, as declared in declared.py", metadata=USES)
    date: Day = pa.Field(description="local day", metadata={"from": ["engagement/feature_users.date"]})
    users: int = pa.Field(gt=0, description="users who used it", metadata=USES)
    events: int = pa.Field(gt=0, description="how often", metadata={"from": ["engagement/feature_users.events"]})


class FeatureRetention(pa.DataFrameModel):
    """Of a week's new users, those who used a feature in their first seven days, or those who did not, and who came back.

    The difference is a correlation: it does not say that the feature is why they came back.
    """

    product: str = pa.Field(isin=PRODUCTS, description="the product")
    feature: str = pa.Field(description="the feature, as declared in declared.py", metadata=USES)
    cohort: Day = pa.Field(
        description="Monday of the week of the users' first day", metadata={"from": ["engagement/first_days.first_day"]}
    )
    used: bool = pa.Field(description="whether they used it on one of their days 0 to 6", metadata=USES)
    cohort_size: int = pa.Field(ge=0, description="users", metadata={"from": ["engagement/first_days.user_id"]})
    retained: int = pa.Field(ge=0, description="those active on one of their days 7 to 27", metadata=CAME_BACK)
    retention: float = pa.Field(
        nullable=True, ge=0, le=1, description="retained / cohort_size; NULL without users", metadata=CAME_BACK
    )
    difference: float = pa.Field(
        nullable=True,
        ge=-1,
        le=1,
        description="retention of those who used it minus that of the others; NULL where a side has no user",
        metadata=CAME_BACK,
    )
    low: float = pa.Field(
        nullable=True,
        ge=-1,
        le=1,
        description="lower end of the difference's 95 % interval (Newcombe's method 10)",
        metadata=CAME_BACK,
    )
    high: float = pa.Field(nullable=True, ge=-1, le=1, description="upper end of it", metadata=CAME_BACK)
    is_complete: bool = pa.Field(
        description="whether all days to Monday + 33 are over and were delivered",
        metadata={"from": ["engagement/calendar.is_complete"]},
    )
