"""What a row of each viewing table is: Pandera models, whose columns are also the lake's and the warehouse's."""

from datetime import date
from typing import Annotated

import pandera.polars as pa
import polars as pl

Instant = Annotated[pl.Datetime, "us", "UTC"]
# The six questions, in the order in which they are shown; each stands in a file of its name in the folder sql.
QUESTIONS = ["books_share", "outage_users", "singaporean_movies", "average_duration", "median_size", "half_watchers"]


class Streams(pa.DataFrameModel):
    """One stream of a film by a user, cleaned; belongs to the local day on which it started."""

    stream_id: str = pa.Field(
        description="hash of user, film and start; the same for ever",
        metadata={"from": ["raw/streams.user_key", "raw/streams.movie_key", "raw/streams.start_at"]},
    )
    stream_date: date = pa.Field(
        description="local day on which it started", metadata={"from": ["raw/streams.start_at"]}
    )
    user_email: str = pa.Field(description="the user as delivered")
    user_key: str = pa.Field(description="the user as compared")
    movie_title: str = pa.Field(description="the film as delivered")
    movie_key: str = pa.Field(description="the film as compared")
    start_at: Instant = pa.Field(description="start, an instant (UTC)")
    end_at: Instant = pa.Field(description="end, an instant (UTC)")
    duration_s: float = pa.Field(
        ge=0,
        description="end minus start, in seconds",
        metadata={"from": ["raw/streams.start_at", "raw/streams.end_at"]},
    )
    size_mb: float = pa.Field(ge=0, description="data transferred, in megabytes")
    movie_duration_mins: int = pa.Field(
        nullable=True,
        description="duration of the film as of that day, in minutes; NULL if unknown",
        metadata={"from": ["viewing/movies_history.duration_mins"]},
    )
    watched_fraction: float = pa.Field(
        nullable=True,
        ge=0,
        description="duration of the stream over that of the film",
        metadata={"from": ["raw/streams.start_at", "raw/streams.end_at", "viewing/movies_history.duration_mins"]},
    )
    delivered_on: date = pa.Field(description="delivery date of the record that counts")


class MovieBooks(pa.DataFrameModel):
    """A film and a book it is based on, according to the vendor's reviews."""

    movie_key: str = pa.Field(description="the film", metadata={"from": ["vendor/reviews.movie_titles"]})
    book_key: str = pa.Field(description="the book", metadata={"from": ["vendor/reviews.book_titles"]})
    reviews: int = pa.Field(
        gt=0, description="reviews that tie the two", metadata={"from": ["vendor/reviews.review_key"]}
    )
    first_review_on: date = pa.Field(
        description="local day of the first of these reviews", metadata={"from": ["vendor/reviews.created_at"]}
    )


class Answers(pa.DataFrameModel):
    """The answer to one of the six business questions for a month."""

    month: date = pa.Field(description="first day of the month", metadata={"from": ["viewing/streams.stream_date"]})
    question: str = pa.Field(isin=QUESTIONS, description="which question")
    value: float = pa.Field(
        nullable=True,
        description="the answer; NULL where there is none",
        metadata={
            "from": [
                *(f"viewing/streams.{column}" for column in ("start_at", "end_at", "size_mb", "movie_key", "user_key")),
                "viewing/movie_books.book_key",
                "vendor/books.author_key",
                "vendor/authors.nationalities",
            ]
        },
    )
    unit: str = pa.Field(description="what the value counts")
    sql: str = pa.Field(description="the query; it runs as it stands on the warehouse")


TABLES = {
    "viewing/streams": (Streams, "stream_date"),
    "viewing/movie_books": (MovieBooks, None),
    "viewing/answers": (Answers, "month"),
}
# What identifies a row.
KEYS: dict[str, tuple[str, ...]] = {
    "viewing/streams": ("stream_id",),
    "viewing/movie_books": ("movie_key", "book_key"),
    "viewing/answers": ("month", "question"),
}
