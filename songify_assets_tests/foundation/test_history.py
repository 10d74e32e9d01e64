"""Histories while a late dump is compared and its successor not yet."""

from datetime import date

import polars as pl

from songify_assets.foundation.versions.as_of import as_of
from songify_assets.foundation.versions.differences import latest

ENTITY = pl.Schema({"key": pl.String(), "pages": pl.Int64()})
LATE, SUCCESSOR = date(2021, 11, 30), date(2021, 12, 1)
BETWEEN = pl.LazyFrame(
    [("a", 1, LATE, "added"), ("b", 2, LATE, "added"), ("a", 1, SUCCESSOR, "added"), ("c", 3, SUCCESSOR, "added")],
    schema=["key", "pages", "delivered_on", "event"],
    orient="row",
)


def test_a_key_that_two_dumps_added_has_one_latest_row() -> None:
    assert latest(BETWEEN, ENTITY, ["key"]).sort("key").collect().rows() == [
        ("a", 1, False),
        ("b", 2, False),
        ("c", 3, False),
    ]


def test_a_fact_of_a_key_that_two_dumps_added_stays_one_fact() -> None:
    facts = pl.LazyFrame({"of": ["a", "a", "b"], "on": [LATE, SUCCESSOR, SUCCESSOR]})
    seen = as_of(facts, BETWEEN, key={"key": "of"}, day="on", take={"pages": "pages"})
    assert seen.sort("of", "on").collect().rows() == [("a", LATE, 1), ("a", SUCCESSOR, 1), ("b", SUCCESSOR, 2)]
