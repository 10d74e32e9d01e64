"""What a row of each live table is."""

from datetime import date as Day
from typing import Annotated

import pandera.polars as pa
import polars as pl

Utc = Annotated[pl.Datetime, "us", "UTC"]
COUNTRY = "country of the user, two letters; NULL where it is unknown"
ARRIVED = "when it was received, an instant (UTC); NULL if it was mended in the quarantine"
STREAMS = ("logins", "steps")
OF_LOGINS, OF_STEPS = {"from": ["live/logins.user_id"]}, {"from": ["live/steps.duration_ms"]}


class Logins(pa.DataFrameModel):
    """One login."""

    login_date: Day = pa.Field(description="local day", metadata={"from": ["raw/logins.occurred_at"]})
    occurred_at: Utc = pa.Field(description="when it happened, an instant (UTC)")
    user_id: str = pa.Field(description="the user")
    country: str = pa.Field(nullable=True, description=COUNTRY)
    arrived_at: Utc = pa.Field(nullable=True, description=ARRIVED)
    delivered_on: Day = pa.Field(description="local day on which it was received")


class LoginsByMinute(pa.DataFrameModel):
    """The logins of a minute from a country."""

    login_date: Day = pa.Field(description="local day")
    minute: Utc = pa.Field(
        description="the beginning of the minute, an instant (UTC)", metadata={"from": ["live/logins.occurred_at"]}
    )
    country: str = pa.Field(nullable=True, description=COUNTRY)
    events: int = pa.Field(gt=0, description="how many logins", metadata=OF_LOGINS)
    users: int = pa.Field(gt=0, description="of how many users, exactly", metadata=OF_LOGINS)


class LoginsDaily(pa.DataFrameModel):
    """The logins of a day from a country."""

    login_date: Day = pa.Field(description="local day")
    country: str = pa.Field(nullable=True, description=COUNTRY)
    events: int = pa.Field(gt=0, description="how many logins", metadata=OF_LOGINS)
    users: int = pa.Field(gt=0, description="of how many users, exactly", metadata=OF_LOGINS)
    late: int = pa.Field(
        ge=0,
        description="how many came later than SONGIFY_LIVE_LATENESS_SECONDS after the end of their minute",
        metadata={"from": ["live/logins.arrived_at"]},
    )


class Steps(pa.DataFrameModel):
    """One step that a user took in a feature."""

    step_date: Day = pa.Field(description="local day", metadata={"from": ["raw/steps.occurred_at"]})
    occurred_at: Utc = pa.Field(description="when it happened, an instant (UTC)")
    user_id: str = pa.Field(description="the user")
    feature: str = pa.Field(description="the feature")
    step: str = pa.Field(description="the step of it")
    duration_ms: float = pa.Field(ge=0, description="how long it took, in milliseconds")
    arrived_at: Utc = pa.Field(nullable=True, description=ARRIVED)
    delivered_on: Day = pa.Field(description="local day on which it was received")


class StepTimes(pa.DataFrameModel):
    """How long a step of a feature took on a day."""

    step_date: Day = pa.Field(description="local day")
    feature: str = pa.Field(description="the feature")
    step: str = pa.Field(description="the step of it")
    n: int = pa.Field(gt=0, description="how often it was taken", metadata=OF_STEPS)
    mean_ms: float = pa.Field(description="mean, in milliseconds", metadata=OF_STEPS)
    variance: float = pa.Field(
        nullable=True, description="variance of the sample, in ms²; NULL for one step", metadata=OF_STEPS
    )
    min_ms: float = pa.Field(description="shortest, in milliseconds", metadata=OF_STEPS)
    max_ms: float = pa.Field(description="longest, in milliseconds", metadata=OF_STEPS)
    p50_ms: float = pa.Field(description="half took so long or less: nearest rank, exactly", metadata=OF_STEPS)
    p90_ms: float = pa.Field(description="90 % took so long or less: nearest rank, exactly", metadata=OF_STEPS)
    p99_ms: float = pa.Field(description="99 % took so long or less: nearest rank, exactly", metadata=OF_STEPS)


class Parity(pa.DataFrameModel):
    """What was counted live of a day, stream and country, beside what landed."""

    date: Day = pa.Field(description="local day of the events")
    stream: str = pa.Field(isin=STREAMS, description="logins or steps")
    country: str = pa.Field(nullable=True, description=f"{COUNTRY}, and of steps")
    live_events: int = pa.Field(
        ge=0, description="how many were counted live", metadata={"from": ["raw/logins_counts.events"]}
    )
    batch_events: int = pa.Field(
        ge=0, description="how many landed, but for those mended in the quarantine", metadata=OF_LOGINS
    )
    live_users: int = pa.Field(
        nullable=True,
        ge=0,
        description="of how many users, as estimated live; NULL where a sketch cannot be read",
        metadata={"from": ["raw/logins_counts.users_sketch"]},
    )
    users_error: float = pa.Field(ge=0, description="relative standard error that the estimate has at most")
    batch_users: int = pa.Field(ge=0, description="of how many users, exactly", metadata=OF_LOGINS)
    is_equal: bool = pa.Field(
        description="whether the events are as many, and the users within 3 errors",
        metadata={"from": ["raw/logins_counts.events", "live/logins.user_id"]},
    )


TABLES: dict[str, tuple[type[pa.DataFrameModel], str | None]] = {
    "live/logins": (Logins, "login_date"),
    "live/logins_by_minute": (LoginsByMinute, "login_date"),
    "live/logins_daily": (LoginsDaily, "login_date"),
    "live/steps": (Steps, "step_date"),
    "live/step_times": (StepTimes, "step_date"),
    "live/parity": (Parity, "date"),
}
# What identifies a row, where nothing of it may be NULL.
KEYS: dict[str, tuple[str, ...]] = {"live/step_times": ("step_date", "feature", "step")}
