"""The business of viewing: streams with their films, and which books films are based on."""

import narwhals as nw
import polars as pl

from songify_assets.foundation.engines.derived import Microseconds, SecondsBetween, StableId, derive
from songify_assets.foundation.engines.portable import Frame, portable
from songify_assets.foundation.keys import normalized_key
from songify_assets.foundation.versions.as_of import as_of

STREAM = ("user_key", "movie_key", "__start")


@portable
def enrich_streams(streams: Frame, movies: Frame) -> Frame:
    """Streams with an id, their duration, and the duration of the film as of their day (from the history of movies)."""
    dated = streams.rename({"event_date": "stream_date"})
    take = {"duration_mins": "movie_duration_mins"}
    filmed = as_of(dated, movies, key={"movie_key": "movie_key"}, day="stream_date", take=take)
    timed = derive(filmed, duration_s=SecondsBetween("start_at", "end_at"), __start=Microseconds("start_at"))
    named = derive(timed, stream_id=StableId(STREAM))
    # Multiplied, since engines divide by a constant in two ways, which differ in the last digit.
    fraction = nw.col("duration_s") * (1 / 60) / nw.col("movie_duration_mins")
    return named.with_columns(watched_fraction=nw.when(nw.col("movie_duration_mins") > 0).then(fraction)).drop(
        "__start"
    )


def tie_movies_to_books(reviews: pl.LazyFrame, timezone: str) -> pl.LazyFrame:
    """Every film of a review with every book of it: how many reviews say so, and the local day of the first.

    >>> from datetime import UTC, datetime
    >>> reviews = pl.LazyFrame({"review_key": ["r"], "movie_titles": [["DUNE"]], "book_titles": [["Dune"]],
    ...                         "created_at": [datetime(2021, 12, 1, 23, 30, tzinfo=UTC)]})
    >>> tie_movies_to_books(reviews, "Europe/Stockholm").collect().rows()
    [('dune', 'dune', 1, datetime.date(2021, 12, 2))]
    """
    ties = (
        reviews.select(
            _distinct_keys("movie_titles").alias("movie_key"), _distinct_keys("book_titles").alias("book_key"),
            reviewed_on=pl.col("created_at").dt.convert_time_zone(timezone).dt.date(),
        )
        .explode("movie_key", empty_as_null=True)
        .explode("book_key", empty_as_null=True)
        .drop_nulls(["movie_key", "book_key"])
    )  # fmt: skip
    return (
        ties.group_by("movie_key", "book_key")
        .agg(reviews=pl.len().cast(pl.Int64), first_review_on=pl.col("reviewed_on").min())
        .sort("movie_key", "book_key")
    )


def _distinct_keys(titles: str) -> pl.Expr:
    return pl.col(titles).list.eval(normalized_key(pl.element())).list.unique()
