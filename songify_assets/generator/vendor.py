"""The vendor of authors, books and reviews: full dumps that change a little every day, with the quirks of real ones.

Every author has a nationality without a label, every review a film called `end`, titles in reviews are upper-case,
and some reviews were updated before they were created.
"""

import json
from functools import lru_cache

import numpy as np
import polars as pl

from songify_assets.generator import words
from songify_assets.generator.chance import (
    Index,
    Mask,
    birthday,
    bits,
    pick,
    popular,
    population,
    present,
    uniform,
    version,
    versioned,
)
from songify_assets.generator.feeds import Drop, Feed
from songify_assets.generator.plan import Plan, Span, local_day
from songify_assets.generator.texts import choose, joined, local_times, quoted
from songify_assets.generator.viewing import MOVIES, movie_titles

AUTHORS, BOOKS, REVIEWS = 200, 100, 500
SINGAPOREAN = 25  # one author in so many
_DAY = 86_400_000
_FILLER = '{"id":null,"label":"","slug":null}'
_END = '{"id":0,"title":"end"}'
_RATES = ("ONE", "TWO", "THREE", "FOUR", "FIVE")

AUTHORS_FEED = Feed(
    "authors", "array",
    '{"metadata":{"name":$name,"birth_date":$birth_date,"died_at":$died_at},"nationalities":[$nationalities]}',
    key="name", text="name", number="birth_date",
    conflicting=(pl.lit('"1900-01-01T00:00:00.000+0000"').alias("birth_date"),),
)  # fmt: skip
BOOKS_FEED = Feed(
    "books", "array", '{"name":$name,"pages":$pages,"author":$author,"publisher":"$publisher"}',
    key="name", text="publisher", number="pages", impossible=((-1 - pl.col("pages")).alias("pages"),),
    conflicting=(pl.lit("Conflicting Press").alias("publisher"),),
)  # fmt: skip
REVIEWS_FEED = Feed(
    "reviews", "array",
    '{"content":{"text":"$text"},"rating":{"rate":$rate,"label":"$label"},'
    '"books":[{"id":null,"metadata":{"title":$book,"pages":"unknown"}}],'
    '"movies":[$movies],"updated":"$updated","created":$created}',
    key="created", text="text", number="rate", impossible=((pl.col("rate") + 10).alias("rate"),),
    conflicting=(pl.lit("Conflicting opinion.").alias("text"),),
)  # fmt: skip


def drops(plan: Plan, day: int) -> list[Drop]:
    """What the vendor delivers for a day."""
    authors = Span(day, 0, population(plan.root(AUTHORS), day))
    books = Span(day, 0, population(plan.root(BOOKS), day))
    reviews = Span(day, 0, population(plan.linear(REVIEWS), day))
    return [
        Drop(AUTHORS_FEED, "authors.json", day, [authors], _authors, present=_author_present, can_shrink=True),
        Drop(BOOKS_FEED, "books.json", day, [books], _books, present=_book_present, can_shrink=True),
        Drop(REVIEWS_FEED, "reviews.json", day, [reviews], _reviews, present=_review_present, can_shrink=True),
    ]


def _author_present(plan: Plan, day: int, index: Index) -> Mask:
    return present(plan.seed, "author", index, day, period=60)


def _book_present(plan: Plan, day: int, index: Index) -> Mask:
    return present(plan.seed, "book", index, day, period=60)


def _review_present(plan: Plan, day: int, index: Index) -> Mask:
    return present(plan.seed, "review", index, day, period=60)


def _dates(days: Index) -> pl.Series:
    return pl.Series(days).cast(pl.Int32).cast(pl.Date).dt.strftime("%Y-%m-%dT00:00:00.000+0000")


@lru_cache(maxsize=1)
def _nationalities() -> tuple[str, ...]:
    """Every nationality as its JSON text, the Singaporeans first."""
    labels = ("Singaporeans", *words.NATIONALITIES)
    slugs = [label.lower().replace("(", "").replace(")", "").replace(" ", "-") for label in labels]
    records = [{"id": None, "label": label, "slug": slug} for label, slug in zip(labels, slugs, strict=True)]
    return tuple(json.dumps(record, ensure_ascii=False, separators=(",", ":")) for record in records)


def _either_side(plan: Plan, what: str, index: Index, filler: str, record: pl.Series) -> pl.Series:
    """A record and the vendor's filler, which may come first or last."""
    first = pl.Series(pick(plan.seed, what + " filler", index, 2) == 0)
    return joined(filler, ",", record).zip_with(first, joined(record, ",", filler))


def _authors(plan: Plan, day: int, index: Index) -> pl.DataFrame:
    # Dates are corrected now and then; days since 1970, from 1850 to 2000.
    born = pick(plan.seed, "born", index, 54_000) - 43_000 + version(plan.seed, "author", index, day, period=50)
    died = born + 9_000 + pick(plan.seed, "died", index, 25_000)
    nations = _nationalities()
    nation = 1 + pick(plan.seed, "nation", index, len(nations) - 1)
    nation = np.where(index % SINGAPOREAN == 0, 0, nation)
    return pl.DataFrame(
        {
            "name": quoted(choose(words.authors(population(plan.root(AUTHORS), day)), index)),
            "birth_date": quoted(_dates(born)),
            "died_at": quoted(_dates(died), missing=died > local_day(plan.first_day)[0] // _DAY),
            "nationalities": _either_side(plan, "author", index, _FILLER, choose(nations, nation)),
        }
    )


def _books(plan: Plan, day: int, index: Index) -> pl.DataFrame:
    edition = version(plan.seed, "book", index, day, period=50)
    authors = words.authors(population(plan.root(AUTHORS), day))
    author = pick(plan.seed, "author of", index, plan.root(AUTHORS))
    author = np.where(index % SINGAPOREAN == 0, 0, author)  # so that a question about Singaporeans has an answer
    author = np.where(uniform(plan.seed, "author unknown", index) < plan.share("unknown"), len(authors), author)
    publisher = pick(plan.seed, "publisher", versioned(index, edition), len(words.PUBLISHERS))
    return pl.DataFrame(
        {
            "name": quoted(choose(words.books(population(plan.root(BOOKS), day)), index)),
            "pages": 90 + pick(plan.seed, "pages", index, 900) + edition,
            "author": quoted(choose((*authors, "Nobody, Anonymous"), author)),
            "publisher": choose(words.PUBLISHERS, publisher),
        }
    )


def _reviews(plan: Plan, day: int, index: Index) -> pl.DataFrame:
    changes = version(plan.seed, "review", index, day, period=40)
    edit = versioned(index, changes)
    rate = 1 + pick(plan.seed, "rate", edit, 5)
    # What a review is about never changes, so it is drawn from the films and books of the first day.
    film = popular(uniform(plan.seed, "reviewed film", index), plan.root(MOVIES))
    title = quoted(movie_titles(plan, "review", 0, index, film).str.to_uppercase())
    book = words.books(plan.root(BOOKS))
    created, updated = _review_times(plan, index, changes)
    return pl.DataFrame(
        {
            "text": _opinion(plan, edit),
            "rate": rate,
            "label": choose(_RATES, rate - 1),
            "book": quoted(choose(book, pick(plan.seed, "reviewed book", index, len(book))).str.to_uppercase()),
            "movies": _either_side(plan, "review", index, _END, joined('{"id":0,"title":', title, "}")),
            "updated": local_times(updated),
            "created": quoted(local_times(created)),
        }
    )


def _opinion(plan: Plan, edit: Index) -> pl.Series:
    count = len(words.LATIN)
    one, two, three, four = (choose(words.LATIN, pick(plan.seed, f"word {n}", edit, count)) for n in range(4))
    return joined(one.str.to_titlecase(), " ", two, " ", three, ". ", four.str.to_titlecase(), ".")


def _review_times(plan: Plan, index: Index, changes: Index) -> tuple[Index, Index]:
    """When reviews were created and last updated; a tenth were updated before they were created."""
    born = birthday(plan.linear(REVIEWS), index)
    earlier = np.where(born == 0, pick(plan.seed, "review age", index, 60), 0)
    moment = (bits(plan.seed, "review moment", index) % np.uint64(_DAY)).astype(np.int64)
    created = local_day(plan.first_day)[0] + (born - earlier) * _DAY + moment
    since = ((uniform(plan.seed, "review updated", index) - 0.1) * 20 * _DAY).astype(np.int64)
    return created, created + since + changes * _DAY
