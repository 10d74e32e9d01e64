"""What must be true of the viewing tables, or is odd enough to be shown."""

import polars as pl

from songify_assets.orchestration.declare.checks import Check

LONGEST_S = 24 * 3600
UNKNOWN_LIMIT = 0.05


def by_unknown_users(streams: pl.LazyFrame, users: pl.LazyFrame) -> pl.LazyFrame:
    """Streams by users that users.csv never listed."""
    # By hashes: there are millions of users.
    known = users.select(hash=pl.col("user_key").hash())
    who = streams.select("stream_date", "user_email", hash=pl.col("user_key").hash())
    return who.join(known, on="hash", how="anti", build_side="force_right").drop("hash")


def of_unknown_films(streams: pl.LazyFrame, movies: pl.LazyFrame) -> pl.LazyFrame:
    """Streams of films that movies.csv never listed."""
    films = streams.select("stream_date", "movie_title", "movie_key")
    return films.join(movies.select("movie_key"), on="movie_key", how="anti")


def longer_than_their_film(streams: pl.LazyFrame) -> pl.LazyFrame:
    """Streams that lasted longer than the film."""
    longer = streams.filter(pl.col("watched_fraction") > 1)
    return longer.select("stream_date", "movie_title", "movie_duration_mins", "duration_s")


def over_a_day(streams: pl.LazyFrame) -> pl.LazyFrame:
    """Streams of more than 24 hours."""
    return streams.filter(pl.col("duration_s") > LONGEST_S).select(
        "stream_date", "user_email", "movie_title", "duration_s"
    )


def repeated(streams: pl.LazyFrame) -> pl.LazyFrame:
    """Stream ids that occur more than once."""
    # By hashes first: to group millions of ids takes gigabytes.
    ids = streams.select("stream_date", "stream_id", hash=pl.col("stream_id").hash())
    again = ids.group_by("hash").len().filter(pl.col("len") > 1)
    same = ids.join(again, on="hash", how="semi", build_side="force_right")
    return same.group_by("stream_date", "stream_id").len().filter(pl.col("len") > 1)


CHECKS = (
    Check(
        "viewing/streams", "unique_streams", "Every stream is there once.", repeated, severity="error", blocking=True
    ),
    Check(
        "viewing/streams",
        "known_users",
        "users.csv lists the user of every stream.",
        by_unknown_users,
        reads=["viewing/users"],
        error_above=UNKNOWN_LIMIT,
    ),
    Check(
        "viewing/streams",
        "known_films",
        "movies.csv lists the film of every stream.",
        of_unknown_films,
        reads=["viewing/movies"],
        error_above=UNKNOWN_LIMIT,
    ),
    Check("viewing/streams", "within_their_film", "Streams last no longer than their film.", longer_than_their_film),
    Check("viewing/streams", "within_a_day", "Streams last no longer than 24 hours.", over_a_day),
)
