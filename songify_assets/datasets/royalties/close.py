"""The statements of closed months for people who use spreadsheets: what was paid, what it is now, the difference, and its causes."""

import polars as pl

from songify_assets.foundation.sheets.close import Part
from songify_assets.foundation.store import Store

UNKNOWN = "unknown"
DIFFERENCE = [
    "month", "country", "licensor", "plays_before", "plays_after", "plays_difference", "share_before", "share_after",
    "share_difference",
]  # fmt: skip
CAUSE = ["month", "country", "licensor", "cause", "plays_difference", "feed", "delivered_on", "files"]


def with_files(causes: pl.DataFrame, store: Store) -> pl.DataFrame:
    """Causes with the delivered files behind them, by the places where they lay."""
    of = causes.select("feed", "delivered_on").unique().drop_nulls().rows()
    files = [(feed, day, ", ".join(file.place for file in store.ledger.files(feed, day))) for feed, day in of]
    schema = {"feed": pl.String(), "delivered_on": pl.Date(), "files": pl.String()}
    return causes.join(pl.DataFrame(files, schema=schema, orient="row"), on=["feed", "delivered_on"], how="left")


def statement_parts(
    version: int, statements: pl.DataFrame, restatements: pl.DataFrame, causes: pl.DataFrame
) -> list[Part]:
    """The sheets of a version: its rows, what it corrects, and what has moved since, the latter two with their causes."""
    named = [
        frame.with_columns(pl.col("country", "licensor").fill_null(UNKNOWN))
        for frame in (statements, restatements, causes)
    ]
    rows, moved, why = named
    own = rows.filter(pl.col("version") == version).drop("version")
    corrected = pl.col("version_to") == version
    since = (pl.col("version_from") == version) & pl.col("version_to").is_null()
    return [
        Part("statement", own, totals=["plays"], per=("country",)),
        Part("corrected", moved.filter(corrected).select(DIFFERENCE)),
        Part("corrected_causes", why.filter(corrected).select(CAUSE)),
        Part("moved_since", moved.filter(since).select(DIFFERENCE)),
        Part("moved_since_causes", why.filter(since).select(CAUSE)),
    ]
