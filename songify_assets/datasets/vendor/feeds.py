"""What the vendor delivers, always its whole dataset: authors, books and reviews.

Its dumps are padded with fillers, which are no data: a nationality without slug, a film titled `end`.
"""

from datetime import date
from typing import Annotated

import pandera.polars as pa
import polars as pl

from songify_assets.foundation.feeds import Feed
from songify_assets.foundation.keys import normalized_key

SOURCE = "vendor"
Instant = Annotated[pl.Datetime, "us", "UTC"]
Texts = Annotated[pl.List, pl.String]


class DeliveredAuthor(pa.DataFrameModel):
    """An author; `nationalities` are slugs, fillers included."""

    name: str = pa.Field(description="the author")
    birth_date: date = pa.Field(nullable=True, description="day of birth, as written")
    died_at: date = pa.Field(nullable=True, description="day of death, as written; NULL while alive or unknown")
    nationalities: Texts = pa.Field(
        nullable=True, description="slugs of the nationalities, without fillers, in the order of the dump"
    )


class DeliveredBook(pa.DataFrameModel):
    """A book."""

    name: str = pa.Field(description="the title")
    pages: int = pa.Field(ge=0, nullable=True, description="number of pages")
    author: str = pa.Field(nullable=True, description="name of the author")
    publisher: str = pa.Field(nullable=True, description="the publisher")


class DeliveredReview(pa.DataFrameModel):
    """A review of films and books; the titles with their fillers."""

    text: str = pa.Field(nullable=True, description="what the reviewer wrote")
    rating: int = pa.Field(
        in_range={"min_value": 1, "max_value": 5}, nullable=True, description="1 (worst) to 5 (best)"
    )
    book_titles: Texts = pa.Field(nullable=True, description="titles of the reviewed books, without fillers")
    movie_titles: Texts = pa.Field(nullable=True, description="titles of the reviewed films, without fillers")
    created: Instant
    updated: Instant = pa.Field(nullable=True)


def conform_author(authors: pl.LazyFrame) -> pl.LazyFrame:
    """The entity's columns: author_key, name, birth_date, died_at, nationalities (slugs without fillers)."""
    return authors.select(
        normalized_key(pl.col("name")).alias("author_key"),
        "name",
        "birth_date",
        "died_at",
        _without_fillers("nationalities"),
    )


def conform_book(books: pl.LazyFrame) -> pl.LazyFrame:
    """The entity's columns: book_key, name, pages, author, author_key, publisher."""
    return books.select(
        normalized_key(pl.col("name")).alias("book_key"),
        "name",
        "pages",
        "author",
        normalized_key(pl.col("author")).alias("author_key"),
        "publisher",
    )


def conform_review(reviews: pl.LazyFrame) -> pl.LazyFrame:
    """The entity's columns: review_key, text, rating, book_titles, movie_titles (without fillers), created_at, updated_at.

    The key is the instant of creation (UTC) and the normalised titles, whatever their order.
    """
    cleaned = reviews.with_columns(_without_fillers("book_titles"), _without_fillers("movie_titles", filler="end"))
    created = pl.col("created").dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ")
    key = pl.concat_str(created, _titles_key("book_titles"), _titles_key("movie_titles"), separator=" | ")
    return cleaned.select(
        key.alias("review_key"),
        "text",
        "rating",
        "book_titles",
        "movie_titles",
        created_at="created",
        updated_at="updated",
    )


def _without_fillers(name: str, filler: str = "") -> pl.Expr:
    text = pl.element().str.strip_chars()
    real = pl.element().is_not_null() & (text != "")
    real = real & (text.str.to_lowercase() != filler) if filler else real
    return pl.col(name).fill_null([]).list.eval(pl.element().filter(real))


def _titles_key(name: str) -> pl.Expr:
    keys = pl.col(name).list.eval(normalized_key(pl.element()))
    return keys.map_batches(_distinct_in_order, return_dtype=pl.String, is_elementwise=True)


def _distinct_in_order(lists: pl.Series) -> pl.Series:
    """The distinct texts of each list in order, joined. Most lists hold one, and sorting lists takes long.

    >>> _distinct_in_order(pl.Series([["dune"], ["ulysses", "dune", "ulysses"], []])).to_list()
    ['dune', 'dune + ulysses', '']
    """
    joined = lists.list.first().fill_null("")
    several = (lists.list.len() > 1).arg_true()
    if not len(several):
        return joined
    # Not `list.sort`: in Polars 2.1 it takes forty times as long.
    ordered = lists.gather(several).list.eval(pl.element().unique().sort())
    return joined.scatter(several, ordered.list.join(" + "))


AUTHORS = Feed(
    name="authors",
    source=SOURCE,
    kind="full dump",
    format="json",
    files=("authors.json",),
    fields={
        "name": "$.metadata.name",
        "birth_date": "$.metadata.birth_date",
        "died_at": "$.metadata.died_at",
        "nationalities": "$.nationalities[*].slug",
    },
    model=DeliveredAuthor,
    conform=conform_author,
    key=("author_key",),
)
BOOKS = Feed(
    name="books",
    source=SOURCE,
    kind="full dump",
    format="json",
    files=("books.json",),
    fields={"name": "$.name", "pages": "$.pages", "author": "$.author", "publisher": "$.publisher"},
    model=DeliveredBook,
    conform=conform_book,
    key=("book_key",),
)
REVIEWS = Feed(
    name="reviews",
    source=SOURCE,
    kind="full dump",
    format="json",
    files=("reviews.json",),
    fields={
        "text": "$.content.text",
        "rating": "$.rating.rate",
        "book_titles": "$.books[*].metadata.title",
        "movie_titles": "$.movies[*].title",
        "created": "$.created",
        "updated": "$.updated",
    },
    model=DeliveredReview,
    conform=conform_review,
    describes={
        "review_key": "the review: instant of creation (UTC), titles of books and films as compared",
        "created_at": "when it was written, an instant (UTC)",
        "updated_at": "when it was last changed, an instant (UTC)",
    },
    key=("review_key",),
)
FEEDS = (AUTHORS, BOOKS, REVIEWS)
