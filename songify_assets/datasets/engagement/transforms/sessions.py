"""Sessions: what a user did in one go, and how long products are used."""

from datetime import timedelta

import polars as pl

from songify_assets.datasets.engagement.transforms.activity import exact_sum
from songify_assets.foundation.keys import stable_id
from songify_assets.foundation.sequences import go_on, without_pause
from songify_assets.foundation.summary import summarize
from songify_assets.foundation.sums import seconds_of

PAUSE = timedelta(hours=24)
BREAK, LONGEST = timedelta(minutes=30), timedelta(hours=24)


def cut_sessions(events: pl.LazyFrame, streams: pl.LazyFrame, timezone: str) -> pl.LazyFrame:
    """The sessions of both products, from the events of the music app's log and the streams of films."""
    both = [_of_music(events).with_columns(product=pl.lit("listening"))]
    both.append(_of_films(streams).with_columns(product=pl.lit("viewing"), session_id=pl.lit(None, pl.Int64)))
    key = {
        "__session": pl.col("session_id").cast(pl.String).fill_null(""),
        "__start": pl.col("started_at").dt.epoch("us").cast(pl.String),
    }
    columns = ("user_id", "session_id", "started_at", "ended_at", "events", "product")
    return (
        pl.concat([sessions.select(columns) for sessions in both])
        .with_columns(**key)
        .with_columns(
            session_key=stable_id("product", "user_id", *key),
            session_date=pl.col("started_at").dt.convert_time_zone(timezone).dt.date(),
            length_s=seconds_of((pl.col("ended_at") - pl.col("started_at")).dt.total_microseconds()),
        )
    )


def _of_music(events: pl.LazyFrame) -> pl.LazyFrame:
    """Events of one user and session number, cut where more than 24 hours lie between two of them."""
    return without_pause(events.drop_nulls("user_id"), ["user_id", "session_id"], "occurred_at", PAUSE)


def _of_films(streams: pl.LazyFrame) -> pl.LazyFrame:
    """Streams of a user that start at most 30 minutes after the latest end so far, and at most 24 hours after the first start."""
    return go_on(streams.rename({"user_key": "user_id"}), "user_id", "start_at", "end_at", BREAK, LONGEST)


def sum_lengths(sessions: pl.LazyFrame) -> pl.LazyFrame:
    """The lengths of the sessions of each product and day as a summary."""
    days = sessions.group_by("product", date="session_date")
    return days.agg(sessions=pl.len().cast(pl.Int64), lengths=summarize(pl.col("length_s")))


def time_use(days: pl.LazyFrame, sessions: pl.LazyFrame, calendar: pl.LazyFrame) -> pl.LazyFrame:
    """How long each product was used on each day of its calendar."""
    used = days.group_by("product", "date").agg(
        users=pl.len().cast(pl.Int64), seconds_per_user=exact_sum("seconds") / pl.len()
    )
    lengths = sessions.group_by("product", date="session_date").agg(
        sessions=pl.len().cast(pl.Int64),
        average_session_s=exact_sum("length_s") / pl.len(),
        median_session_s=pl.col("length_s").median(),
    )
    every = calendar.filter("is_counted").select("product", "date")
    whole = every.join(used, on=["product", "date"], how="left").join(lengths, on=["product", "date"], how="left")
    return whole.with_columns(pl.col("users", "sessions").fill_null(0)).sort("product", "date")


def change_plans(versions: pl.LazyFrame, timezone: str) -> pl.LazyFrame:
    """Where the plan of a user differs from that of the version before, between free and paid."""
    # Most users have one version only, and are passed over unsorted.
    several = versions.filter(pl.col("version") > 1).select("user_id").unique()
    ordered = versions.join(several, on="user_id", how="semi").sort("user_id", "version")
    before = ordered.with_columns(from_level=pl.col("level").shift(1).over("user_id")).filter(
        pl.col("level") != pl.col("from_level")
    )
    return before.select(
        "user_id",
        "version",
        "from_level",
        changed_at="valid_from",
        change_date=pl.col("valid_from").dt.convert_time_zone(timezone).dt.date(),
        to_level="level",
        change=pl.when(pl.col("level") == "paid").then(pl.lit("upgrade")).otherwise(pl.lit("downgrade")),
    ).filter((pl.col("from_level") == "paid") | (pl.col("to_level") == "paid"))
