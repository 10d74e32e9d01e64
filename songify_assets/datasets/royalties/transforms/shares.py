"""The business of royalties: which plays count, and whose share of a country's plays they are."""

import polars as pl

from songify_assets.foundation.keys import normalized_key
from songify_assets.foundation.sums import share_of
from songify_assets.foundation.versions.as_of import as_of

COUNTED_MS = 60_000


def enrich_plays(plays: pl.LazyFrame, locations: pl.LazyFrame, tracks: pl.LazyFrame) -> pl.LazyFrame:
    """Plays with country and licensor as of their day (from the histories of locations and tracks), and whether they count."""
    dated = plays.rename({"event_date": "play_date"})
    location, track = normalized_key(pl.col("location_id")), normalized_key(pl.col("track_id"))
    placed = as_of(dated, locations, key={"location_key": location}, day="play_date", take={"country": "country"})
    licensed = as_of(placed, tracks, key={"track_key": track}, day="play_date", take={"licensor": "licensor"})
    return licensed.with_columns(is_counted=pl.col("played_ms") >= COUNTED_MS)


def aggregate_day(plays: pl.LazyFrame) -> pl.LazyFrame:
    """Counted plays a day, country and licensor.

    >>> from datetime import date
    >>> plays = pl.LazyFrame({"play_date": [date(2021, 12, 1)] * 3, "country": ["SE"] * 3, "licensor": ["A", "A", None],
    ...                       "is_counted": [True, False, True]})
    >>> aggregate_day(plays).sort("licensor").collect().rows()
    [(datetime.date(2021, 12, 1), 'SE', None, 1), (datetime.date(2021, 12, 1), 'SE', 'A', 1)]
    """
    counted = plays.filter("is_counted").group_by("play_date", "country", "licensor").agg(plays=pl.len().cast(pl.Int64))
    return counted.sort("play_date", "country", "licensor")


def combine_month(days: pl.LazyFrame) -> pl.LazyFrame:
    """Days to months: each licensor's plays, its country's plays and its share of them.

    >>> from datetime import date
    >>> days = pl.LazyFrame({"play_date": [date(2021, 12, 1), date(2021, 12, 2)], "country": ["SE", "SE"],
    ...                      "licensor": ["A", "B"], "plays": [3, 1]})
    >>> combine_month(days).collect().rows()[0]
    (datetime.date(2021, 12, 1), 'SE', 'A', 3, 4, 0.75)
    """
    licensors = days.group_by("country", "licensor", month=pl.col("play_date").dt.truncate("1mo")).agg(
        pl.col("plays").sum()
    )
    of, plays = ["month", "country"], pl.col("plays")
    return licensors.select(
        *of, "licensor", "plays", country_plays=plays.sum().over(of), share=share_of(plays, of)
    ).sort(*of, "licensor")
