"""Logins by minute and day, and how long steps took: exactly, from the events themselves."""

import polars as pl

MINUTE_S, SECOND_US = 60, 1_000_000
SHARES = {"p50_ms": 50, "p90_ms": 90, "p99_ms": 99}  # percent


def count_minutes(logins: pl.LazyFrame) -> pl.LazyFrame:
    """Logins and their users by minute and country."""
    minute = pl.col("occurred_at").dt.truncate("1m")
    return logins.group_by("login_date", "country", minute=minute).agg(**counts())


def count_days(logins: pl.LazyFrame, lateness_s: float) -> pl.LazyFrame:
    """Logins and their users by day and country, and how many came later than `lateness_s` after the end of their minute."""
    after = pl.col("arrived_at") - pl.col("occurred_at").dt.truncate("1m")
    is_late = after.dt.total_microseconds() > round((MINUTE_S + lateness_s) * SECOND_US)
    return logins.group_by("login_date", "country").agg(**counts(), late=is_late.sum().cast(pl.Int64))


def counts() -> dict[str, pl.Expr]:
    """How many events a group has, and of how many users."""
    return {"events": pl.len().cast(pl.Int64), "users": pl.col("user_id").n_unique().cast(pl.Int64)}


def time_steps(steps: pl.LazyFrame) -> pl.LazyFrame:
    """How long each step of a feature took, by day; a share's value is the one whose rank is the share of them, rounded up."""
    took, many = pl.col("duration_ms"), pl.len().cast(pl.Int64)
    return steps.group_by("step_date", "feature", "step").agg(
        n=many,
        mean_ms=took.mean(),
        variance=took.var(),
        min_ms=took.min(),
        max_ms=took.max(),
        **{name: took.sort().get((many * percent + 99) // 100 - 1) for name, percent in SHARES.items()},
    )
