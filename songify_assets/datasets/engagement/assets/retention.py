"""Who comes back: active users, retention and churn, added up from counts."""

import polars as pl

from songify_assets.datasets.engagement.pictures.retention import (
    MOST_DAYS,
    active_picture,
    churn_picture,
    retention_picture,
)
from songify_assets.datasets.engagement.transforms.cohorts import retain_cohorts
from songify_assets.datasets.engagement.transforms.retention import count_active, lose_users, retain
from songify_assets.orchestration.declare.inputs import Days, Everything, Previous, Table, Window
from songify_assets.orchestration.declare.tables import table
from songify_assets.orchestration.ui.drawn import of_newest, of_table

CALENDAR, A_MONTH, WINDOW = "engagement/calendar", 31, 27


@table(
    "engagement/active_users",
    cadence="day",
    inputs={
        "active": Window("engagement/active_days", before=WINDOW),
        "calendar": Days(CALENDAR, before=WINDOW, every=True),
    },
    picture=of_newest("engagement/active_users", active_picture, MOST_DAYS),
)
def active_users(active: pl.LazyFrame, calendar: pl.LazyFrame) -> pl.LazyFrame:
    """Users of each product on a day (DAU), in the 7 and the 28 days that end with it (WAU, MAU), and stickiness (DAU / MAU).

    Every day from the first active to the newest delivered one has a row. A window that reaches before the first delivery, over a
    day that was not delivered, or to today is not complete: its number still grows.
    """
    return count_active(active, calendar)


@table(
    "engagement/cohort_retention",
    cadence="week",
    inputs={"weeks": Everything("engagement/active_weeks"), "calendar": Everything(CALENDAR)},
    picture=of_table("engagement/cohort_retention", retention_picture),
    code_version="2",
    portable=True,
)
def cohort_retention(weeks: pl.LazyFrame, calendar: pl.LazyFrame) -> pl.LazyFrame:
    """Of the users who first came in a week, how many were active each week after: the retention triangle, a product each.

    A cohort is the local Monday-based week of a user's first day; active is who started a stream, or played a song, in a week.
    A week is complete when it has ended and every day of it was delivered; until then its numbers still grow.
    """
    return retain_cohorts(weeks, calendar)


@table(
    "engagement/retention",
    inputs={
        "days": Everything("engagement/active_days"),
        "weeks": Everything("engagement/active_weeks"),
        "months": Everything("engagement/active_months"),
        "calendar": Everything(CALENDAR),
    },
)
def retention(days: pl.LazyFrame, weeks: pl.LazyFrame, months: pl.LazyFrame, calendar: pl.LazyFrame) -> pl.LazyFrame:
    """Retention of daily, weekly and monthly cohorts: active exactly in a period, in it or later (unbounded), or in a bracket.

    Exact asks whether users came on day 7; unbounded, whether they were lost by then; a bracket, whether they came on one of days
    4 to 7. Only complete cells may be compared: unbounded ones are when period 30, 52 or 24 is.
    """
    return retain(days, weeks, months, calendar)


@table(
    "engagement/churn",
    cadence="month",
    inputs={
        "months": Table("engagement/active_months"),
        "before": Previous("engagement/active_months"),
        "calendar": Days(CALENDAR, before=A_MONTH, every=True),
    },
    picture=of_table("engagement/churn", churn_picture),
)
def churn(months: pl.LazyFrame, before: pl.LazyFrame, calendar: pl.LazyFrame) -> pl.LazyFrame:
    """Users that a product lost, kept, gained and won back in a month.

    Churned is who was active in the month before and not in it; new, whose first day is in it; returned, who was active in it, not
    in the month before, but earlier. A month is complete when both are over and every day of them was delivered.
    """
    return lose_users(months, before, calendar)


ASSETS = (active_users, cohort_retention, retention, churn)
