"""Who was active when, and counts of it that add up: those of any window or cohort follow without looking at users again."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import get_args

import polars as pl

from songify_assets.datasets.engagement.declared import Product
from songify_assets.foundation.keys import stable_hash
from songify_assets.foundation.sequences import with_previous
from songify_assets.foundation.sums import seconds_of

USER = ["product", "user_id"]
# Products as numbers are told apart in less time than as texts.
PRODUCT = pl.Enum(get_args(Product))


def list_user_days(streams: pl.LazyFrame, plays: pl.LazyFrame) -> pl.LazyFrame:
    """A row for each product, day and active user: how many streams or songs, and for how long."""
    viewing = streams.group_by(date="stream_date", user_id="user_key").agg(_events(), exact_sum("duration_s"))
    listening = plays.group_by("user_id", date="play_date").agg(_events(), exact_sum("duration_s"))
    columns = ("product", "date", "user_id", "events", "seconds")
    both = [
        days.rename({"duration_s": "seconds"}).select(pl.lit(product).alias("product"), *columns[1:])
        for product, days in (("viewing", viewing), ("listening", listening))
    ]
    return pl.concat(both)


def _events() -> pl.Expr:
    return pl.len().cast(pl.Int64).alias("events")


def exact_sum(seconds: str) -> pl.Expr:
    """The sum of seconds, added up as whole microseconds: it is the same in whatever order they are added."""
    return seconds_of((pl.col(seconds) * 1e6).round().cast(pl.Int64).sum())


def find_first_days(days: pl.LazyFrame, known: pl.LazyFrame) -> pl.LazyFrame:
    """The first day of each user who is not `known` from the days before."""
    firsts = days.group_by(pl.col("product").cast(PRODUCT), "user_id").agg(first_day=pl.col("date").min())
    return firsts.with_columns(pl.col("product").cast(pl.String)).join(known, on=USER, how="anti")


def list_calendar(firsts: pl.LazyFrame, delivered: Mapping[str, Sequence[date]], today: date) -> pl.LazyFrame:
    """The days of each product, from the first that was delivered or active to the newest delivered.

    A day is complete when it was delivered and lies before `today`.
    """
    began = firsts.group_by("product").agg(first=pl.col("first_day").min())
    frames = []
    for product, days in delivered.items():
        rows = pl.LazyFrame({"date": days}, schema={"date": pl.Date}).unique()
        span = rows.select(date=pl.date_range(pl.col("date").min(), pl.col("date").max())) if days else rows
        complete = rows.select("date", is_complete=pl.col("date") < today)
        frames.append(span.join(complete, on="date", how="left").with_columns(product=pl.lit(product)))
    return pl.concat(frames).join(began, on="product", how="left").select(
        "product",
        "date",
        is_counted=(pl.col("date") >= pl.col("first")).fill_null(False),
        is_complete=pl.col("is_complete").fill_null(False),
    ).sort("product", "date")  # fmt: skip


def list_users(days: pl.LazyFrame, every: str, column: str) -> pl.LazyFrame:
    """Who was active in each week or month (`every` is 1w or 1mo)."""
    every_day = days.select(pl.col("product").cast(PRODUCT), "user_id", pl.col("date").dt.truncate(every).alias(column))
    return every_day.unique().with_columns(pl.col("product").cast(pl.String))


def count_days(days: pl.LazyFrame, firsts: pl.LazyFrame, reach: int) -> pl.LazyFrame:
    """Active users of each day, by their first day and the day before on which they were active, if `reach` days back at most."""
    farthest = timedelta(days=reach)
    seen = _with_previous(days, "date").join(number_users(firsts).select("user", "first_day"), on="user", how="left")
    near = [
        pl.when(pl.col("date") - pl.col(name) <= farthest).then(name).alias(name) for name in ("first_day", "previous")
    ]
    counted = seen.with_columns(near).group_by("product", "date", "first_day", "previous")
    return counted.agg(users=pl.len().cast(pl.Int64)).rename({"first_day": "first"})


def count_periods(users: pl.LazyFrame, firsts: pl.LazyFrame, every: str, column: str, reach: str) -> pl.LazyFrame:
    """Active users of each week or month, by that of their first day, and the one before in which they were active.

    One before that is farther back than `reach` (such as 52w) is none.
    """
    began = number_users(firsts).select("user", first=pl.col("first_day").dt.truncate(every))
    seen = _with_previous(users, column).join(began, on="user", how="left")
    is_near = pl.col("previous").dt.offset_by(reach) >= pl.col(column)
    near = seen.with_columns(previous=pl.when(is_near).then("previous"))
    return near.group_by("product", column, "first", "previous").agg(users=pl.len().cast(pl.Int64))


def number_users(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Rows with a number of their user, which is another one in each product."""
    product = pl.col("product").cast(PRODUCT).to_physical().cast(pl.UInt64)
    return rows.with_columns(user=stable_hash("user_id", bits=64) ^ product)


def _with_previous(rows: pl.LazyFrame, at: str) -> pl.LazyFrame:
    """Rows with when their user was active before, as far as there are rows of it."""
    return with_previous(number_users(rows).select("product", at, "user"), "user", at)
