"""What must be true of the engagement tables."""

from collections.abc import Callable
from datetime import date

import polars as pl

from songify_assets.foundation.keys import stable_hash
from songify_assets.foundation.store import Store
from songify_assets.orchestration.declare.checks import Check

FIRST_DAYS = "engagement/first_days"


def repeated(sessions: pl.LazyFrame) -> pl.LazyFrame:
    """Session keys that occur more than once. Hashes are put in order; only keys whose hash another one has are compared."""
    hashed = sessions.with_columns(hash=stable_hash("session_key", bits=64))
    hashes = hashed.select("hash").sort("hash")
    several = hashes.filter(pl.col("hash") == pl.col("hash").shift(1)).collect(engine="streaming")
    if several.is_empty():  # nearly always: then the keys are not read a second time
        hashed = hashed.head(0)
    some = hashed.join(several.lazy(), on="hash", how="semi")
    return some.group_by("session_date", "session_key").len().filter(pl.col("len") > 1)


def not_counted(days: pl.LazyFrame, streams: pl.LazyFrame, plays: pl.LazyFrame) -> pl.LazyFrame:
    """Days on which the users' events are not as many as the streams and song plays."""
    told = days.group_by("date").agg(pl.col("events").sum())
    # As a list, so that the files of other days are passed over.
    dates = told.select("date").collect(engine="streaming")["date"].to_list()
    delivered = [streams.select(date="stream_date"), plays.select(date="play_date")]
    due = pl.concat(rows.filter(pl.col("date").is_in(dates)) for rows in delivered)
    counted = due.group_by("date").agg(due=pl.len().cast(pl.Int64))
    return told.join(counted, on="date", how="left").filter(pl.col("events") != pl.col("due").fill_null(0))


def with_several_first_days(firsts: pl.LazyFrame, every: pl.LazyFrame, store: Store) -> pl.LazyFrame:
    """Users who have a first day on several days; days that are out of date say nothing until they are computed again."""
    waiting = [date.fromisoformat(key) for key in store.ledger.stale().get(FIRST_DAYS, ())]
    settled = every.filter(~pl.col("first_day").is_in(waiting))
    several = settled.group_by("product", "user_id").len().filter(pl.col("len") > 1)
    return firsts.join(several, on=["product", "user_id"], how="semi")


def not_in_order(active: pl.LazyFrame) -> pl.LazyFrame:
    """Days with more users than the week that ends with them, or a week with more than its 28 days."""
    return active.filter((pl.col("dau") > pl.col("wau")) | (pl.col("wau") > pl.col("mau")))


def not_all_in_their_own_week(retention: pl.LazyFrame) -> pl.LazyFrame:
    """Cohorts whose retention in period 0 is not 1."""
    return retention.filter((pl.col("period") == 0) & (pl.col("retention") != 1))


def of_several_sizes(retention: pl.LazyFrame) -> pl.LazyFrame:
    """Cohorts whose size differs from period to period."""
    sizes = retention.group_by("product", "cohort").agg(pl.col("cohort_size").n_unique())
    return sizes.filter(pl.col("cohort_size") > 1)


def more_than_unbounded(retention: pl.LazyFrame) -> pl.LazyFrame:
    """Cells in which more users are active in a period than in it or a later one."""
    cell = ["product", "grain", "cohort", "period"]
    exact, unbounded = (retention.filter(pl.col("form") == form) for form in ("exact", "unbounded"))
    both = exact.join(unbounded.select(*cell, or_later="active_users"), on=cell)
    return both.filter(pl.col("active_users") > pl.col("or_later"))


def not_conserved(churn: pl.LazyFrame) -> pl.LazyFrame:
    """Months in which those who stayed and those who left are not all who were there."""
    return churn.filter(pl.col("retained") + pl.col("churned") != pl.col("active_before"))


def lost_on_the_way(funnels: pl.LazyFrame) -> pl.LazyFrame:
    """Steps whose entries are not all converted, dropped or open, or not those that the step before converted."""
    of = ["product", "funnel", "entry_date"]
    before = pl.col("converted").shift(1).over(of, order_by="step")
    parts = pl.col("converted") + pl.col("dropped") + pl.col("open")
    return funnels.filter((parts != pl.col("entered")) | (before != pl.col("entered")).fill_null(False))


def wrong(table: str, name: str, description: str, offenders: Callable[..., pl.LazyFrame], *reads: str) -> Check:
    """A check that is an error when it fails."""
    return Check(f"engagement/{table}", name, description, offenders, reads=reads, severity="error")


CHECKS = (
    wrong(
        "user_days",
        "accounted",
        "Every stream and every song play is an event of a user and day.",
        not_counted,
        "viewing/streams",
        "listening/song_plays",
    ),
    Check(
        FIRST_DAYS,
        "one_first_day",
        "A user has one first day in a product.",
        with_several_first_days,
        reads=[FIRST_DAYS],
        severity="error",
        needs_store=True,
    ),
    wrong("active_users", "in_order", "A day has no more users than its week, a week than its 28 days.", not_in_order),
    wrong("cohort_retention", "starts_at_one", "Everybody is active in the first week.", not_all_in_their_own_week),
    wrong("cohort_retention", "one_size", "A cohort has one size.", of_several_sizes),
    wrong("retention", "unbounded_is_more", "Who comes in a period comes in it or later.", more_than_unbounded),
    wrong("churn", "conserved", "Who was there has stayed or left.", not_conserved),
    wrong("sessions", "unique_sessions", "Every session is there once.", repeated),
    wrong("funnels", "conserved", "Every entry goes on, drops or is open, step by step.", lost_on_the_way),
)
