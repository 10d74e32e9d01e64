"""Each blocking check of subscriptions finds what breaks it."""

import random
from pathlib import Path

import polars as pl
import pytest

from songify_assets.datasets.subscriptions import DATASET
from songify_assets_tests.datasets.homes import Home
from songify_assets_tests.datasets.identities import blocking, offenders
from songify_assets_tests.datasets.subscriptions.drops import HEADERS, drawn

BREAKS = [
    ("waterfall_adds_up", pl.col("new_minor") + 1),
    ("waterfall_adds_up", pl.col("churn_minor") + 1),
    ("waterfall_adds_up", pl.col("reactivated_customers") + 1),
    ("waterfall_adds_up", pl.col("closing_customers") + 1),
    ("opening_is_closing_before", pl.col("opening_minor") + 1),
    ("opening_is_closing_before", pl.col("opening_customers") + 1),
    ("closing_is_current", pl.col("closing_minor") + 1),
    ("movements_follow", pl.col("before_minor") + 1),
    ("movements_follow", pl.col("amount_minor") + 1),
    ("cohorts_add_up", pl.col("mrr_minor") + 1),
    ("cohorts_add_up", pl.col("active_customers") + 1),
]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home with some revenue."""
    home = Home(Path(tmp_path_factory.mktemp("subscriptions")), DATASET, HEADERS)
    for drop in (drop for seed in range(4) for drop in drawn(random.Random(seed))):
        home.land(drop)
    home.engine.settle()
    return home


def test_what_is_right_passes(home: Home):
    assert {name: offenders(home, name) for name in blocking(home)} == dict.fromkeys(blocking(home), 0)


@pytest.mark.parametrize(("name", "change"), BREAKS)
def test_a_number_that_is_off_by_one_is_found(home: Home, name: str, change: pl.Expr):
    assert offenders(home, name, change) > 0


def test_every_blocking_check_is_tried(home: Home):
    assert {name for name, _ in BREAKS} == blocking(home)
