"""What must be true of the live tables, or is odd enough to be shown."""

from datetime import datetime

import polars as pl

from songify_assets.foundation.store import Store
from songify_assets.orchestration.declare.checks import Check

PARITY = "live/parity"


def apart(parity: pl.LazyFrame, store: Store) -> pl.LazyFrame:
    """What was counted live of days that are over, and is not what landed."""
    today = datetime.now(store.settings.zone).date()
    return parity.filter(~pl.col("is_equal"), pl.col("date") < today)


def told_apart(rows: pl.DataFrame) -> str:
    """What differs most, in words."""
    first = rows.row(0, named=True)
    where = f" of {first['country'] or 'an unknown country'}" if first["stream"] == "logins" else ""
    return f"{first['stream']}{where}: {first['live_events']:,} counted live, {first['batch_events']:,} landed; users {first['live_users']} and {first['batch_users']:,}"


def unknown_countries(logins: pl.LazyFrame) -> pl.LazyFrame:
    """Logins whose country is no two letters, or is not told."""
    is_known = pl.col("country").str.contains("^[A-Z]{2}$").fill_null(False)
    return logins.filter(~is_known).select("login_date", "occurred_at", "user_id", "country")


CHECKS = (
    Check("live/logins", "known_countries", "Every login tells its country.", unknown_countries),
    Check(
        PARITY, "live_is_batch", "What was counted live of a day that is over is what landed.", apart,
        severity="error", blocking=True, needs_store=True, summary=told_apart,
    ),
)  # fmt: skip
