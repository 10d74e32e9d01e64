"""What our own film service delivers: users and movies (full dumps), streams (an increment)."""

from typing import Annotated

import pandera.polars as pa
import polars as pl
from pandera.api.polars.types import PolarsData

from songify_assets.foundation.feeds import Feed
from songify_assets.foundation.keys import normalized_key

SOURCE = "viewing"
Instant = Annotated[pl.Datetime, "us", "UTC"]


class DeliveredUser(pa.DataFrameModel):
    """A user of the film service."""

    first_name: str = pa.Field(nullable=True, description="first name")
    last_name: str = pa.Field(nullable=True, description="last name")
    email: str = pa.Field(description="e-mail address")


class DeliveredMovie(pa.DataFrameModel):
    """A film of the catalogue."""

    title: str = pa.Field(description="the title")
    duration_mins: int = pa.Field(ge=0, nullable=True, description="duration, in minutes")
    original_language: str = pa.Field(nullable=True, description="original language")
    size_mb: float = pa.Field(ge=0, nullable=True, description="size, in megabytes")


class DeliveredStream(pa.DataFrameModel):
    """One stream of a film by a user. Times carry their UTC offset."""

    movie_title: str = pa.Field(description="the film as delivered")
    user_email: str = pa.Field(description="the user as delivered")
    size_mb: float = pa.Field(ge=0, description="data transferred, in megabytes")
    start_at: Instant = pa.Field(description="start, an instant (UTC)")
    end_at: Instant = pa.Field(description="end, an instant (UTC)")

    @pa.dataframe_check(error="it ends before it starts")
    def ends_after_its_start(cls, data: PolarsData) -> pl.LazyFrame:
        """A stream cannot end before it starts."""
        return data.lazyframe.select((pl.col("end_at") >= pl.col("start_at")).fill_null(True))


def conform_user(users: pl.LazyFrame) -> pl.LazyFrame:
    """The entity's columns: user_key, email, first_name, last_name."""
    return users.select("email", "first_name", "last_name", user_key=normalized_key(pl.col("email"))).select(
        "user_key", "email", "first_name", "last_name"
    )


def conform_movie(movies: pl.LazyFrame) -> pl.LazyFrame:
    """The entity's columns: movie_key, title, duration_mins, original_language, size_mb."""
    return movies.select(
        normalized_key(pl.col("title")).alias("movie_key"), "title", "duration_mins", "original_language", "size_mb"
    )


def conform_stream(streams: pl.LazyFrame) -> pl.LazyFrame:
    """The kept columns of a stream, with the keys of its user and its film."""
    return streams.with_columns(
        user_key=normalized_key(pl.col("user_email")), movie_key=normalized_key(pl.col("movie_title"))
    ).select("user_email", "user_key", "movie_title", "movie_key", "start_at", "end_at", "size_mb")


USERS = Feed(
    name="users",
    source=SOURCE,
    kind="full dump",
    format="csv",
    files=("users.csv",),
    fields={"first_name": "first_name", "last_name": "last_name", "email": "email"},
    model=DeliveredUser,
    conform=conform_user,
    key=("user_key",),
)
MOVIES = Feed(
    name="movies",
    source=SOURCE,
    kind="full dump",
    format="csv",
    files=("movies.csv",),
    fields={
        "title": "title",
        "duration_mins": "duration_mins",
        "original_language": "original_language",
        "size_mb": "size_mb",
    },
    model=DeliveredMovie,
    conform=conform_movie,
    key=("movie_key",),
)
STREAMS = Feed(
    name="streams",
    source=SOURCE,
    kind="increment",
    format="csv",
    files=("streams.csv",),
    fields={name: name for name in ("movie_title", "user_email", "size_mb", "start_at", "end_at")},
    model=DeliveredStream,
    conform=conform_stream,
    key=("user_key", "movie_key", "start_at"),
    event_at="start_at",
    past=("start_at", "end_at"),
)
FEEDS = (USERS, MOVIES, STREAMS)
