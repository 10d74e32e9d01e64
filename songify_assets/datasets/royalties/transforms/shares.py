"""The business of royalties: which plays count, and whose share of a country's plays they are."""

import narwhals as nw

from songify_assets.foundation.engines.portable import Frame, portable
from songify_assets.foundation.keys import NormalizedKey
from songify_assets.foundation.sums import share_of
from songify_assets.foundation.versions.as_of import as_of

COUNTED_MS = 60_000


@portable
def enrich_plays(plays: Frame, locations: Frame, tracks: Frame, *, categories: bool = False) -> Frame:
    """Plays with country and licensor as of their day (from the histories of locations and tracks), and whether they count.

    With `categories`, country and licensor are left as such where the engine has them.
    """
    dated = plays.rename({"event_date": "play_date"})
    location, track = {"location_key": NormalizedKey("location_id")}, {"track_key": NormalizedKey("track_id")}
    placed = as_of(dated, locations, key=location, day="play_date", take={"country": "country"}, categories=categories)
    licensed = as_of(placed, tracks, key=track, day="play_date", take={"licensor": "licensor"}, categories=categories)
    return licensed.with_columns(is_counted=nw.col("played_ms") >= COUNTED_MS)


@portable
def aggregate_day(plays: Frame) -> Frame:
    """Counted plays a day, country and licensor.

    >>> from datetime import date
    >>> import polars as pl
    >>> plays = pl.LazyFrame({"play_date": [date(2021, 12, 1)] * 3, "country": ["SE"] * 3, "licensor": ["A", "A", None],
    ...                       "is_counted": [True, False, True]})
    >>> aggregate_day(plays).sort("licensor").collect().rows()
    [(datetime.date(2021, 12, 1), 'SE', None, 1), (datetime.date(2021, 12, 1), 'SE', 'A', 1)]
    """
    of = ["play_date", "country", "licensor"]
    counted = plays.filter(nw.col("is_counted")).group_by(of).agg(plays=nw.len().cast(nw.Int64))
    return counted.sort(of)


@portable
def combine_month(days: Frame) -> Frame:
    """Days to months: each licensor's plays, its country's plays and its share of them.

    >>> from datetime import date
    >>> import polars as pl
    >>> days = pl.LazyFrame({"play_date": [date(2021, 12, 1), date(2021, 12, 2)], "country": ["SE", "SE"],
    ...                      "licensor": ["A", "B"], "plays": [3, 1]})
    >>> combine_month(days).collect().rows()[0]
    (datetime.date(2021, 12, 1), 'SE', 'A', 3, 4, 0.75)
    """
    month = nw.col("play_date").dt.truncate("1mo").cast(nw.Date).alias("month")
    licensors = days.group_by(nw.col("country"), nw.col("licensor"), month).agg(nw.col("plays").sum())
    of, plays = ["month", "country"], nw.col("plays")
    return licensors.select(
        *of, "licensor", "plays", country_plays=plays.sum().over(*of), share=share_of(plays, of)
    ).sort(*of, "licensor")
