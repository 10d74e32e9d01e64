"""The business of viewing: streams with their films, and which books films are based on."""

import polars as pl

from songify_assets.foundation.keys import normalized_key, stable_id
from songify_assets.foundation.versions.as_of import as_of


def enrich_streams(streams: pl.LazyFrame, movies: pl.LazyFrame) -> pl.LazyFrame:
    """Streams with an id, their duration, and the duration of the film as of their day (from the history of movies)."""
    dated = streams.rename({"event_date": "stream_date"})
    take = {"duration_mins": "movie_duration_mins"}
    filmed = as_of(dated, movies, key={"movie_key": "movie_key"}, day="stream_date", take=take)
    timed = filmed.with_columns(
        duration_s=(pl.col("end_at") - pl.col("start_at")).dt.total_microseconds() / 1e6,
        __start=pl.col("start_at").dt.epoch("us").cast(pl.String),
    )
    fraction = pl.col("duration_s") / 60 / pl.col("movie_duration_mins")
    return timed.with_columns(
        stable_id("user_key", "movie_key", "__start").alias("stream_id"),
        watched_fraction=pl.when(pl.col("movie_duration_mins") > 0).then(fraction),
    ).drop("__start")


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
