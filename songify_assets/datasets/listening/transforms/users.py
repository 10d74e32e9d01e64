"""Versions of users, from the events that tell their name, gender and plan."""

import polars as pl

ATTRIBUTES = ("first_name", "last_name", "gender", "level")
# Instants are not unique: events of one instant have this order.
ORDER = ("occurred_at", "session_id", "item_in_session")
DAY = ["user_id", "event_date"]


def compress_day(events: pl.LazyFrame) -> pl.LazyFrame:
    """A row for each user's events of a day in a row with one name, gender and plan, and its `place` among those of the day.

    Nearly all users tell one thing a day; only the events of the others are put in order.
    """
    told = pl.struct(ATTRIBUTES).hash()
    columns = [*DAY, *ATTRIBUTES, *ORDER, "page"]
    known = events.drop_nulls("user_id").select(columns)
    days = known.group_by(DAY).agg(
        pl.col(ATTRIBUTES).first(), _summed(), place=pl.lit(1, pl.Int64), is_one=told.min() == told.max()
    ).cache()  # fmt: skip
    several = known.join(days.filter(~pl.col("is_one")).select(DAY), on=DAY, how="semi").sort(*DAY, *ORDER)
    runs = several.with_columns(place=_begins(*ATTRIBUTES).cum_sum().cast(pl.Int64).over(DAY))
    changes = runs.group_by(*DAY, "place").agg(pl.col(ATTRIBUTES).first(), _summed())
    both = [days.filter("is_one").drop("is_one"), changes]
    return pl.concat([rows.select(*DAY, *ATTRIBUTES, "place", "summed") for rows in both]).unnest("summed").rename(
        {"event_date": "date"}
    )  # fmt: skip


def _summed() -> pl.Expr:
    at = pl.col("occurred_at")
    plays = (pl.col("page") == "NextSong").sum().cast(pl.Int64)
    return pl.struct(at.min().alias("first_at"), at.max().alias("last_at"), plays.alias("plays")).alias("summed")


def _begins(*attributes: str) -> pl.Expr:
    """Whether one of the attributes differs from the row before, or there is none; rows are of one user and in order."""
    first = pl.int_range(pl.len()) == 0
    return first | pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift(1)) for name in attributes)


def version_users(changes: pl.LazyFrame) -> pl.LazyFrame:
    """The versions of each user, from their changes of all days."""
    ordered = changes.sort("user_id", "first_at", "place")
    versions = ordered.filter(_begins("user_id", *ATTRIBUTES))
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
