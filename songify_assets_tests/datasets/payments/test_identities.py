"""Each blocking check of payments finds what breaks it."""

import random
from pathlib import Path

import polars as pl
import pytest

from songify_assets.datasets.payments import DATASET
from songify_assets_tests.datasets.homes import Home
from songify_assets_tests.datasets.identities import blocking, offenders
from songify_assets_tests.datasets.payments.drops import HEADERS, drawn

BREAKS = [
    ("states_add_up", pl.col("items") + 1),
    ("states_add_up", pl.col("amount_minor") + 1),
    ("states_add_up", pl.lit("bank").alias("level")),
    ("matched_groups_agree", pl.when(pl.col("match_id").is_not_null()).then(pl.lit("matched")).otherwise("state").alias("state")),
    ("matched_groups_agree", pl.col("difference_minor") + 1),
    *(("balances_add_up", pl.col(f"{name}_minor") + 1) for name in ("opening", "payments", "fees", "payouts", "closing")),
]  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home in which some things match."""
    home = Home(Path(tmp_path_factory.mktemp("payments")), DATASET, HEADERS)
    for drop in (drop for seed in range(6) for drop in drawn(random.Random(seed))):
        home.land(drop)
    home.engine.settle()
    return home


def test_what_is_right_passes(home: Home):
    assert {name: offenders(home, name) for name in blocking(home)} == dict.fromkeys(blocking(home), 0)


@pytest.mark.parametrize(("name", "change"), BREAKS)
def test_a_number_that_is_off_by_one_is_found(home: Home, name: str, change: pl.Expr):
    assert offenders(home, name, change) > 0


def test_a_row_with_two_states_is_found(home: Home):
    assert offenders(home, "one_state", pl.lit("matched").alias("state"), again=True) > 0


def test_every_blocking_check_is_tried(home: Home):
    assert {name for name, _ in BREAKS} | {"one_state"} == blocking(home)
