"""How products are used: sessions, time and changes of plan."""

import dagster as dg
import polars as pl

from songify_assets.datasets.engagement.pictures.usage import MOST_DAYS, use_picture
from songify_assets.datasets.engagement.transforms.sessions import (
    BREAK,
    PAUSE,
    change_plans,
    cut_sessions,
    sum_lengths,
    time_use,
)
from songify_assets.foundation.store import Store
from songify_assets.orchestration.declare.inputs import Days, Linked, Table
from songify_assets.orchestration.declare.tables import table
from songify_assets.orchestration.ui.drawn import of_newest


@table(
    "engagement/sessions",
    cadence="day",
    inputs={
        "events": Linked("listening/app_events", ("user_id", "session_id"), "occurred_at", "occurred_at", PAUSE),
        "streams": Linked("viewing/streams", ("user_key",), "start_at", "end_at", BREAK),
    },
    code_version="2",
)
def sessions(store: dg.ResourceParam[Store], events: pl.LazyFrame, streams: pl.LazyFrame) -> pl.LazyFrame:
    """What a user did in one go. A session belongs whole to the local day on which it started; visitors have none.

    Music: the events of one user and session number in the log, whatever their page, cut where over 24 hours lie between two.
    Films: streams that start at most 30 minutes after the latest end so far, and at most 24 hours after the session's start.
    """
    return cut_sessions(events, streams, store.settings.timezone)


@table("engagement/session_lengths", cadence="day", inputs={"sessions": Table("engagement/sessions")}, apart=True)
def session_lengths(sessions: pl.LazyFrame) -> pl.LazyFrame:
    """The lengths of a day's sessions as a summary: those of any days merge into mean, deviation and percentiles of all of them."""
    return sum_lengths(sessions)


@table(
    "engagement/use_time_daily",
    cadence="day",
    inputs={
        "days": Table("engagement/user_days"),
        "sessions": Table("engagement/sessions"),
        "calendar": Days("engagement/calendar", every=True),
    },
    picture=of_newest("engagement/use_time_daily", use_picture, MOST_DAYS),
)
def use_time_daily(days: pl.LazyFrame, sessions: pl.LazyFrame, calendar: pl.LazyFrame) -> pl.LazyFrame:
    """How long users used a product on a day, and how long their sessions lasted that started on it; each day of the calendar."""
    return time_use(days, sessions, calendar)


@table("engagement/plan_changes", inputs={"versions": Table("listening/users_history")})
def plan_changes(store: dg.ResourceParam[Store], versions: pl.LazyFrame) -> pl.LazyFrame:
    """A change of a music user's plan to paid (upgrade) or from paid (downgrade), as their events tell it."""
    return change_plans(versions, store.settings.timezone)


ASSETS = (sessions, session_lengths, use_time_daily, plan_changes)
