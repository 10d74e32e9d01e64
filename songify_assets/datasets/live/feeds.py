"""What `songify live` leaves of a segment: its events, those that it refused, and what it counted of them."""

from datetime import date as Day
from typing import Annotated

import pandera.polars as pa
import polars as pl

from songify_assets.foundation.feeds import Feed, as_delivered

SOURCE = "live"
Utc = Annotated[pl.Datetime, "us", "UTC"]
REFUSALS = ("refused_reason", "refused_raw")


class DeliveredEvent(pa.DataFrameModel):
    """An event as it was accepted."""

    user_id: str = pa.Field(description="the user")
    occurred_at: Utc = pa.Field(description="when it happened, an instant (UTC)")
    arrived_at: Utc = pa.Field(
        nullable=True, description="when it was received, an instant (UTC); NULL if it was mended in the quarantine"
    )


class DeliveredLogin(DeliveredEvent):
    """A login."""

    country: str = pa.Field(nullable=True, description="country of the user, two letters; NULL where it is unknown")


class DeliveredStep(DeliveredEvent):
    """A step that a user took in a feature."""

    feature: str = pa.Field(description="the feature")
    step: str = pa.Field(description="the step of it")
    duration_ms: float = pa.Field(ge=0, description="how long it took, in milliseconds")


class DeliveredCount(pa.DataFrameModel):
    """What was counted live of the events of a day and country in a segment."""

    date: Day = pa.Field(description="local day of the events")
    country: str = pa.Field(nullable=True, description="country; NULL where it is unknown, and of steps")
    events: int = pa.Field(gt=0, description="how many")
    late: int = pa.Field(ge=0, description="how many of them came late")
    users_sketch: str = pa.Field(description="HyperLogLog sketch of their users")


def with_capitals(events: pl.LazyFrame) -> pl.LazyFrame:
    """Countries in capitals, as `songify live` counts them."""
    return events.with_columns(pl.col("country").str.strip_chars().str.to_uppercase())


def _events(name: str, model: type[pa.DataFrameModel], *own: str) -> Feed:
    fields = {"user_id": "user_id", "occurred_at": "timestamp", "arrived_at": "arrived_at"}
    return Feed(
        name=name,
        source=SOURCE,
        kind="increment",
        format="parquet",
        files=(f"{name}-*.parquet",),
        fields=fields | {column: column for column in own},
        model=model,
        conform=with_capitals if "country" in own else as_delivered,
        event_at="occurred_at",
        refusals=REFUSALS,
    )


def _counts(name: str) -> Feed:
    return Feed(
        name=name,
        source=SOURCE,
        kind="increment",
        format="parquet",
        files=(f"{name}-*.parquet",),
        fields={column: column for column in ("date", "country", "events", "late", "users_sketch")},
        model=DeliveredCount,
        event_at="date",
    )


LOGINS = _events("logins", DeliveredLogin, "country")
STEPS = _events("steps", DeliveredStep, "feature", "step", "duration_ms")
LOGINS_COUNTS, STEPS_COUNTS = _counts("logins_counts"), _counts("steps_counts")
FEEDS = (LOGINS, STEPS, LOGINS_COUNTS, STEPS_COUNTS)
