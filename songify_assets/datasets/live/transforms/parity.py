"""What was counted live beside what landed."""

from collections.abc import Mapping

import polars as pl

from songify_assets.datasets.live.transforms.events import counts
from songify_assets.foundation.sketches import LARGEST_ERROR, estimate_distinct

OF, ERRORS = ["date", "stream", "country"], 3
DAYS = {"logins": "login_date", "steps": "step_date"}


def compare(counted: Mapping[str, pl.LazyFrame], landed: Mapping[str, pl.LazyFrame]) -> pl.LazyFrame:
    """Events and users of each day, stream and country, as `counted` live and as they `landed`, by stream.

    Events that were mended in the quarantine were never counted live: they are those without arrival.
    """
    told = [_of_stream(rows, stream, "events", "users_sketch") for stream, rows in counted.items()]
    live = pl.concat(told).group_by(OF).agg(
        live_events=pl.col("events").sum(), live_users=estimate_distinct(pl.col("users_sketch"))
    )  # fmt: skip
    arrived = [
        _of_stream(rows.filter(pl.col("arrived_at").is_not_null()).rename({DAYS[stream]: "date"}), stream, "user_id")
        for stream, rows in landed.items()
    ]
    batch = pl.concat(arrived).group_by(OF).agg(**counts()).rename({"events": "batch_events", "users": "batch_users"})
    both = live.join(batch, on=OF, how="full", coalesce=True, nulls_equal=True)
    filled = both.with_columns(
        pl.col("live_events", "batch_events", "batch_users").fill_null(0),
        live_users=pl.when(pl.col("live_events").is_null()).then(0).otherwise("live_users"),
        users_error=pl.lit(LARGEST_ERROR),
    )
    apart = (pl.col("live_users") - pl.col("batch_users")).abs()
    is_near = (apart <= ERRORS * pl.col("users_error") * pl.col("batch_users")).fill_null(False)
    return filled.with_columns(is_equal=(pl.col("live_events") == pl.col("batch_events")) & is_near)


def _of_stream(rows: pl.LazyFrame, stream: str, *columns: str) -> pl.LazyFrame:
    """Columns of rows with the stream's name, and without country where it has none."""
    country = pl.lit(None, pl.String) if stream == "steps" else pl.col("country")
    return rows.select("date", *columns, stream=pl.lit(stream), country=country)
