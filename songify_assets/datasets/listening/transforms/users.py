"""Versions of users, from the events that tell their name, gender and plan."""

import polars as pl

ATTRIBUTES = ("first_name", "last_name", "gender", "level")
# Instants are not unique: events of one instant have this order.
ORDER = ("occurred_at", "session_id", "item_in_session")


def begins(*attributes: str) -> pl.Expr:
    """Whether one of the attributes differs from the row before, or the user does; rows are in order."""
    return pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift(1)) for name in ("user_id", *attributes)) | (
        pl.int_range(pl.len()) == 0
    )


def compress_day(events: pl.LazyFrame) -> pl.LazyFrame:
    """A row for each user's events in a row with one name, gender and plan, of days that are each by themselves."""
    ordered = events.drop_nulls("user_id").sort("user_id", *ORDER)
    runs = ordered.with_columns(run=begins(*ATTRIBUTES, "event_date").cum_sum())
    return runs.group_by("run").agg(
        pl.col("event_date").first().alias("date"),
        pl.col("user_id", *ATTRIBUTES, "session_id", "item_in_session").first(),
        first_at=pl.col("occurred_at").first(),
        last_at=pl.col("occurred_at").last(),
        plays=(pl.col("page") == "NextSong").sum(),
    )


def version_users(changes: pl.LazyFrame) -> pl.LazyFrame:
    """The versions of each user, from their changes of all days."""
    ordered = changes.sort("user_id", "first_at", "session_id", "item_in_session")
    versions = ordered.filter(begins(*ATTRIBUTES))
    following = pl.col("first_at").shift(-1).over("user_id", order_by="version")
    return (
        versions.with_columns(version=pl.int_range(1, pl.len() + 1).over("user_id"))
        .with_columns(valid_to=following)
        .select(
            "user_id",
            *ATTRIBUTES,
            "version",
            "valid_to",
            valid_from="first_at",
            change=pl.when(pl.col("version") == 1).then(pl.lit("added")).otherwise(pl.lit("changed")),
            is_current=pl.col("valid_to").is_null(),
        )
    )


def show_users(versions: pl.LazyFrame, changes: pl.LazyFrame) -> pl.LazyFrame:
    """The newest version of each user, and when they were first and last seen."""
    seen = changes.group_by("user_id").agg(first_seen_at=pl.col("first_at").min(), last_seen_at=pl.col("last_at").max())
    return versions.filter("is_current").select("user_id", *ATTRIBUTES).join(seen, on="user_id")


def find_silent(changes: pl.LazyFrame) -> pl.LazyFrame:
    """Users without any song play, and when they were first seen."""
    seen = changes.group_by("user_id").agg(first_seen_at=pl.col("first_at").min(), plays=pl.col("plays").sum())
    return seen.filter(pl.col("plays") == 0).drop("plays")
