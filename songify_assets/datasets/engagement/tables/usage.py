"""How a product is used: sessions, time, and changes of plan."""

from datetime import date as Day
from typing import Annotated

import pandera.polars as pa
import polars as pl

from songify_assets.datasets.engagement.tables.activity import PRODUCTS

Instant = Annotated[pl.Datetime, "us", "UTC"]
EVENTS = {"from": ["listening/app_events.occurred_at", "viewing/streams.start_at", "viewing/streams.end_at"]}
LENGTHS = {"from": ["engagement/sessions.length_s"]}
SECONDS = {"from": ["engagement/user_days.seconds"]}
LEVELS = {"from": ["listening/users_history.level"]}
CHANGED = {"from": ["listening/users_history.valid_from"]}


class Sessions(pa.DataFrameModel):
    """What a user did in one go; it belongs whole to the local day on which it started. Visitors have none."""

    product: str = pa.Field(isin=PRODUCTS, description="the product")
    session_key: str = pa.Field(
        description="hash of user, session number (music) and start: unique and stable", metadata=EVENTS
    )
    user_id: str = pa.Field(
        description="the user: user_key of viewing, user_id of listening",
        metadata={"from": ["listening/app_events.user_id", "viewing/streams.user_key"]},
    )
    session_date: Day = pa.Field(description="local day on which it started", metadata=EVENTS)
    started_at: Instant = pa.Field(description="its first event, an instant (UTC)", metadata=EVENTS)
    ended_at: Instant = pa.Field(
        description="its last event, of films the latest end of a stream, an instant (UTC)", metadata=EVENTS
    )
    length_s: float = pa.Field(ge=0, description="ended_at minus started_at, in seconds", metadata=EVENTS)
    events: int = pa.Field(gt=0, description="events of the log, or streams, in it", metadata=EVENTS)


class SessionLengths(pa.DataFrameModel):
    """The lengths of a day's sessions as a summary: those of several days merge into the one of all of them."""

    product: str = pa.Field(isin=PRODUCTS, description="the product")
    date: Day = pa.Field(description="local day on which the sessions started", metadata=LENGTHS)
    sessions: int = pa.Field(gt=0, description="sessions", metadata=LENGTHS)
    lengths: pl.Binary = pa.Field(description="summary of length_s (foundation/summary.py)", metadata=LENGTHS)


class UseTimeDaily(pa.DataFrameModel):
    """How long a product was used on a day; each day of the calendar."""

    product: str = pa.Field(isin=PRODUCTS, description="the product")
    date: Day = pa.Field(description="local day", metadata={"from": ["engagement/calendar.date"]})
    users: int = pa.Field(ge=0, description="users active on the day", metadata=SECONDS)
    seconds_per_user: float = pa.Field(
        nullable=True, ge=0, description="streamed or played a user, in seconds; NULL without users", metadata=SECONDS
    )
    sessions: int = pa.Field(ge=0, description="sessions that started on the day", metadata=LENGTHS)
    average_session_s: float = pa.Field(
        nullable=True, ge=0, description="their mean length, in seconds; NULL without sessions", metadata=LENGTHS
    )
    median_session_s: float = pa.Field(
        nullable=True, ge=0, description="their median length, in seconds; NULL without sessions", metadata=LENGTHS
    )


class PlanChanges(pa.DataFrameModel):
    """A change of a music user's plan, as their events tell it."""

    user_id: str = pa.Field(description="the user", metadata={"from": ["listening/users_history.user_id"]})
    version: int = pa.Field(
        gt=1,
        description="the version of the user that begins with it",
        metadata={"from": ["listening/users_history.version"]},
    )
    changed_at: Instant = pa.Field(description="the first event with the new plan, an instant (UTC)", metadata=CHANGED)
    change_date: Day = pa.Field(description="its local day", metadata=CHANGED)
    from_level: str = pa.Field(description="the plan before", metadata=LEVELS)
    to_level: str = pa.Field(description="the plan since", metadata=LEVELS)
    change: str = pa.Field(isin=["upgrade", "downgrade"], description="to paid, or from paid", metadata=LEVELS)
