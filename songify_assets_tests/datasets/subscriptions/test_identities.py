"""Each blocking check of subscriptions finds what breaks it."""

import random
from pathlib import Path

import polars as pl
import pytest

from songify_assets.datasets.subscriptions import DATASET
from songify_assets.datasets.subscriptions.checks import CHECKS
from songify_assets.orchestration.declare.datasets import Catalog
from songify_assets_tests.datasets.subscriptions.drops import HEADERS, drawn
from songify_assets_tests.properties.engine import Engine, new_engine

BLOCKING = {check.name: check for check in CHECKS if check.blocking}
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
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """A home with some revenue."""
    engine = new_engine(Path(tmp_path_factory.mktemp("subscriptions") / "home"), 1.0, Catalog([DATASET]))
    for drop in (drop for seed in range(4) for drop in drawn(random.Random(seed))):
        engine.look_at(
            drop.write(engine.store.settings.home / "drops/subscriptions", HEADERS[drop.file]), "subscriptions"
        )
    engine.settle()
    return engine


def offenders(engine: Engine, name: str, change: pl.Expr | None = None) -> int:
    check = BLOCKING[name]
    table, *others = (engine.store.lake.scan(key) for key in (check.table, *check.reads))
    broken = table if change is None else table.with_columns(change)
    return len(check.offenders(broken, *others).collect())


@pytest.mark.parametrize("name", BLOCKING)
def test_what_is_right_passes(loaded: Engine, name: str):
    assert offenders(loaded, name) == 0


@pytest.mark.parametrize(("name", "change"), BREAKS)
def test_a_number_that_is_off_by_one_is_found(loaded: Engine, name: str, change: pl.Expr):
    assert offenders(loaded, name, change) > 0


def test_every_blocking_check_is_tried():
    assert {name for name, _ in BREAKS} == set(BLOCKING)
