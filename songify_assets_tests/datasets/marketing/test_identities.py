"""Each blocking check of marketing finds what breaks it."""

import random
from pathlib import Path

import polars as pl
import pytest

from songify_assets.datasets.marketing import DATASET
from songify_assets_tests.datasets.homes import Home
from songify_assets_tests.datasets.identities import blocking, offenders
from songify_assets_tests.datasets.marketing.drops import HEADERS, drawn

BREAKS = [
    ("credits_add_up", pl.col("credit_minor") + 1),
    ("credits_add_up", pl.col("share") / 2),
    ("credits_add_up", pl.lit("linear").alias("model")),
    ("models_add_up", pl.col("value_minor") + 1),
    ("models_add_up", pl.col("cost_minor") + 1),
    ("campaigns_add_up", pl.col("value_minor") + 1),
    ("campaigns_add_up", pl.col("cost_minor") + 1),
]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home with sales and costs."""
    home = Home(Path(tmp_path_factory.mktemp("marketing")), DATASET, HEADERS)
    for drop in (drop for seed in range(5) for drop in drawn(random.Random(seed))):
        home.land(drop)
    home.engine.settle()
    return home


def test_what_is_right_passes(home: Home):
    assert {name: offenders(home, name) for name in blocking(home)} == dict.fromkeys(blocking(home), 0)


@pytest.mark.parametrize(("name", "change"), BREAKS)
def test_a_number_that_is_off_is_found(home: Home, name: str, change: pl.Expr):
    assert offenders(home, name, change) > 0


def test_every_blocking_check_is_tried(home: Home):
    assert {name for name, _ in BREAKS} == blocking(home)
