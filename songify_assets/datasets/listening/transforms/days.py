"""What was played a day, by whom, and what had been heard by then."""

from collections.abc import Sequence
from datetime import date

import polars as pl


def rank_daily(plays: pl.LazyFrame, name: str) -> pl.LazyFrame:
    """Plays a day and `name` (a user or an artist), ranked by plays, then by name (by code point)."""
    counted = plays.drop_nulls(name).group_by(name, date="play_date").agg(plays=pl.len().cast(pl.Int64))
    ordered = counted.sort("date", "plays", name, descending=[False, True, False])
    return ordered.with_columns(rank=pl.int_range(1, pl.len() + 1).over("date"))


def find_first_plays(plays: pl.LazyFrame, known: pl.LazyFrame) -> pl.LazyFrame:
    """The first day of each user and artist that is not `known` from the days before."""
    played = [
        plays.select(kind=pl.lit(kind), name=column, first_date="play_date")
        for kind, column in (("user", "user_id"), ("artist", "artist_name"))
    ]
    firsts = pl.concat(played).drop_nulls("name").group_by("kind", "name").agg(pl.col("first_date").min())
    return firsts.join(known, on=["kind", "name"], how="anti")


def total_days(users: pl.LazyFrame, firsts: pl.LazyFrame, delivered_days: Sequence[date]) -> pl.LazyFrame:
    """A row for each day from the first play to the newest delivered one, from the plays of each user and day and first plays."""
    counts = users.group_by("date").agg(pl.col("plays").sum(), users=pl.len().cast(pl.Int64))
    new = firsts.group_by(date="first_date").agg(
        new_users=(pl.col("kind") == "user").sum().cast(pl.Int64),
        new_artists=(pl.col("kind") == "artist").sum().cast(pl.Int64),
    )
    newest = pl.lit(max(delivered_days, default=None), pl.Date)
    days = counts.select(pl.date_ranges(pl.col("date").min(), newest).alias("date")).explode("date").drop_nulls()
    whole = days.join(counts, on="date", how="left").join(new, on="date", how="left").sort("date")
    return whole.with_columns(pl.col("plays", "users", "new_users", "new_artists").fill_null(0)).with_columns(
        users_to_date=pl.col("new_users").cum_sum(),
        artists_to_date=pl.col("new_artists").cum_sum(),
        plays_per_user=pl.when(pl.col("users") > 0).then(pl.col("plays") / pl.col("users")),
    )
