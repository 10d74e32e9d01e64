"""What must be true of the vendor's tables, or is odd enough to be shown."""

import polars as pl

from songify_assets.orchestration.declare.checks import Check


def by_unlisted_authors(books: pl.LazyFrame, authors: pl.LazyFrame) -> pl.LazyFrame:
    """Books whose author is not among the authors."""
    return books.join(authors.select("author_key"), on="author_key", how="anti")


def of_unlisted_books(reviews: pl.LazyFrame, books: pl.LazyFrame) -> pl.LazyFrame:
    """Reviews of a book that is not among the books (titles compared in lower case)."""
    titles = reviews.select("review_key", "book_titles").explode("book_titles", empty_as_null=False)
    return titles.with_columns(book_key=pl.col("book_titles").str.strip_chars().str.to_lowercase()).join(
        books.select("book_key"), on="book_key", how="anti"
    )


def of_unlisted_movies(reviews: pl.LazyFrame, movies: pl.LazyFrame) -> pl.LazyFrame:
    """Films of reviews that our catalogue does not have (titles compared in lower case)."""
    titles = reviews.select("movie_titles").explode("movie_titles", empty_as_null=False).unique()
    return titles.with_columns(movie_key=pl.col("movie_titles").str.strip_chars().str.to_lowercase()).join(
        movies.select("movie_key"), on="movie_key", how="anti"
    )


def updated_before_created(reviews: pl.LazyFrame) -> pl.LazyFrame:
    """Reviews that were updated before they were created."""
    return reviews.filter(pl.col("updated_at") < pl.col("created_at")).select("review_key", "created_at", "updated_at")


def dead_before_birth(authors: pl.LazyFrame) -> pl.LazyFrame:
    """Authors who died before they were born."""
    return authors.filter(pl.col("died_at") < pl.col("birth_date"))


CHECKS = (
    Check("vendor/authors", "died_after_birth", "Authors die after they are born.", dead_before_birth),
    Check(
        "vendor/books",
        "known_authors",
        "The author of every book is among the authors.",
        by_unlisted_authors,
        reads=["vendor/authors"],
    ),
    Check(
        "vendor/reviews",
        "known_books",
        "The books of every review are among the books.",
        of_unlisted_books,
        reads=["vendor/books"],
    ),
    Check(
        "vendor/reviews",
        "known_movies",
        "Our catalogue has every reviewed film.",
        of_unlisted_movies,
        reads=["viewing/movies"],
    ),
    Check(
        "vendor/reviews",
        "updated_after_created",
        "Reviews are updated after they were created.",
        updated_before_created,
    ),
)
