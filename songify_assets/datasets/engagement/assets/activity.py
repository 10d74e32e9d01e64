"""Who was active when: from the streams and song plays of a day to counts that add up."""

from datetime import datetime

import dagster as dg
import polars as pl

from songify_assets.datasets.engagement.transforms.activity import (
    count_days,
    count_periods,
    find_first_days,
    list_calendar,
    list_user_days,
    list_users,
)
from songify_assets.foundation.store import Store
from songify_assets.orchestration.declare.inputs import Everything, Known, Table, Window
from songify_assets.orchestration.declare.tables import table

# The feed whose deliveries say that a day of the product was delivered.
FEEDS = {"viewing": "streams", "listening": "app_events"}
FIRST_DAYS, USER = "engagement/first_days", {"product": pl.col("product"), "user": pl.col("user_id")}
DAYS_BACK, WEEKS_BACK, MONTHS_BACK = 30, 52, 24


@table(
    "engagement/user_days",
    cadence="day",
    inputs={"streams": Table("viewing/streams"), "plays": Table("listening/song_plays")},
    code_version="2",
    apart=True,
)
def user_days(streams: pl.LazyFrame, plays: pl.LazyFrame) -> pl.LazyFrame:
    """One user who was active in a product on a local day, with how many streams or songs, and for how long.

    Active is who started at least one stream of a film, or played one song. Seconds are the streams' durations, or the songs'
    lengths: the log does not tell how much of a song was heard.
    """
    return list_user_days(streams, plays)


@table(
    FIRST_DAYS,
    cadence="day",
    inputs={"days": Table("engagement/user_days"), "known": Known(FIRST_DAYS, USER, through="engagement/user_days")},
)
def first_days(days: pl.LazyFrame, known: pl.LazyFrame) -> pl.LazyFrame:
    """The first day on which each user was active in a product, over all data: cohorts and new users are made of it.

    A late delivery may move a user's first day to an earlier one; whatever follows from it is computed again.
    """
    return find_first_days(days, known)


@table("engagement/calendar", inputs={"firsts": Everything(FIRST_DAYS)}, ends_of="date")
def calendar(store: dg.ResourceParam[Store], firsts: pl.LazyFrame) -> pl.LazyFrame:
    """One day of a product: whether numbers are told of it, and whether it is over and was delivered.

    A day is delivered when the product's event feed has a file of that date, even one without rows, or any drop holds events of
    that day. Complete does not mean final: events may still come late.
    """
    delivered = {product: store.ledger.delivered_days(feed) for product, feed in FEEDS.items()}
    return list_calendar(firsts, delivered, datetime.now(store.settings.zone).date())


@table("engagement/user_weeks", cadence="week", inputs={"days": Table("engagement/user_days")}, apart=True)
def user_weeks(days: pl.LazyFrame) -> pl.LazyFrame:
    """One user who was active in a product in a local Monday-based week."""
    return list_users(days, "1w", "week")


@table("engagement/user_months", cadence="month", inputs={"days": Table("engagement/user_days")}, apart=True)
def user_months(days: pl.LazyFrame) -> pl.LazyFrame:
    """One user who was active in a product in a local month."""
    return list_users(days, "1mo", "month")


@table(
    "engagement/active_days",
    cadence="day",
    inputs={
        "days": Window("engagement/user_days", before=DAYS_BACK),
        "firsts": Window(FIRST_DAYS, before=DAYS_BACK),
    },
)
def active_days(days: pl.LazyFrame, firsts: pl.LazyFrame) -> pl.LazyFrame:
    """How many users were active on a day, by their first day and the last day before on which they were active.

    What DAU, WAU, MAU and the retention of daily cohorts are added up from: users active in a window are those whose day before
    lies outside of it, summed over its days.
    """
    return count_days(days, firsts, DAYS_BACK)


@table(
    "engagement/active_weeks",
    cadence="week",
    inputs={
        "users": Window("engagement/user_weeks", before=WEEKS_BACK),
        "firsts": Known(FIRST_DAYS, USER, through="engagement/user_weeks"),
    },
)
def active_weeks(users: pl.LazyFrame, firsts: pl.LazyFrame) -> pl.LazyFrame:
    """How many users were active in a week, by the week of their first day and the last week before in which they were active."""
    return count_periods(users, firsts, "1w", "week", f"{WEEKS_BACK}w")


@table(
    "engagement/active_months",
    cadence="month",
    inputs={
        "users": Window("engagement/user_months", before=MONTHS_BACK),
        "firsts": Known(FIRST_DAYS, USER, through="engagement/user_months"),
    },
)
def active_months(users: pl.LazyFrame, firsts: pl.LazyFrame) -> pl.LazyFrame:
    """How many users were active in a month, by the month of their first day and the last month before in which they were active."""
    return count_periods(users, firsts, "1mo", "month", f"{MONTHS_BACK}mo")


ASSETS = (
    user_days,
    first_days,
    calendar,
    user_weeks,
    user_months,
    active_days,
    active_weeks,
    active_months,
)
