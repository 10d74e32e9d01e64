"""The assets of viewing: streams, the books that films are based on, and the six answers of a month."""

from importlib import resources

import dagster as dg
import polars as pl
from dagster_duckdb import DuckDBResource

from songify_assets.datasets.viewing.feeds import STREAMS
from songify_assets.datasets.viewing.questions import ask
from songify_assets.datasets.viewing.tables import QUESTIONS
from songify_assets.datasets.viewing.transforms import enrich_streams, tie_movies_to_books
from songify_assets.foundation.store import Store
from songify_assets.orchestration.declare.inputs import AsOf, Events, Table
from songify_assets.orchestration.declare.tables import table
from songify_assets.orchestration.publish.warehouse import define_views
from songify_assets.orchestration.ui.drawn import rows_a_day

ASKED = ("viewing/streams", "viewing/movie_books", "vendor/books", "vendor/authors")


@table(
    "viewing/streams",
    cadence="day",
    inputs={
        "delivered": Events(STREAMS),
        "movies": AsOf("viewing/movies_history", by="movie_key", fills="movie_duration_mins"),
    },
    picture=rows_a_day("viewing/streams"),
    portable=True,
)
def streams(delivered: pl.LazyFrame, movies: pl.LazyFrame) -> pl.LazyFrame:
    """One stream of a film by a user, with the film's duration as of the day it started.

    Source: our film service's `streams.csv`, nightly; streams may be delivered days late, and again: of records with one
    user, film and start the latest delivered counts. A user may watch several films at once, and longer than a film lasts.
    """
    return enrich_streams(delivered, movies)


@table("viewing/movie_books", inputs={"reviews": Table("vendor/reviews")})
def movie_books(store: dg.ResourceParam[Store], reviews: pl.LazyFrame) -> pl.LazyFrame:
    """Which films are based on which books, according to the vendor's reviews, deleted ones included."""
    return tie_movies_to_books(reviews, store.settings.timezone)


@table("viewing/answers", cadence="month", inputs={key: Table(key) for key in ASKED}, code_version="2")
def answers(context: dg.AssetExecutionContext, store: dg.ResourceParam[Store], duckdb: DuckDBResource) -> pl.LazyFrame:
    """The six questions the business asks of every month, each with the SQL that answers it on the warehouse."""
    folder = resources.files(__package__) / "sql"
    with duckdb.get_connection() as connection:
        define_views(connection, store, ASKED)
        questions = {name: (folder / f"{name}.sql").read_text("utf-8") for name in QUESTIONS}
        return ask(connection, questions, context.partition_keys, store.settings.timezone)


ASSETS = (streams, movie_books, answers)
