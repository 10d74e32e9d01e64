"""The tables of listening and engagement, beside a plain reference: on random drops, in whatever order they come."""

import random
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from songify_assets.definitions import CATALOG
from songify_assets.foundation.lake import Lake
from songify_assets.orchestration.declare.datasets import Catalog
from songify_assets_tests.datasets.engagement.drops import SOURCES, drawn
from songify_assets_tests.datasets.engagement.events import Events, counting
from songify_assets_tests.datasets.engagement.reference_use import TABLES as ENGAGEMENT
from songify_assets_tests.datasets.listening.reference import TABLES as LISTENING
from songify_assets_tests.properties.engine import Engine, new_engine

CASES = 100
DATASETS = Catalog([one for one in CATALOG.datasets if one.name in ("viewing", "vendor", "listening", "engagement")])


def plain(value: Any) -> Any:
    """A value as it is compared: floating point numbers may be summed up in another order."""
    return float(f"{value:.9g}") if isinstance(value, float) else value


def assert_equal_to_reference(lake: Lake, events: Events) -> None:
    for dataset, tables in (("listening", LISTENING), ("engagement", ENGAGEMENT)):
        for table, (reference, columns) in tables.items():
            name = f"{dataset}/{table}"
            rows = lake.scan(name).select(columns or lake.tables[name].columns.names()).collect()
            found = Counter(tuple(map(plain, row)) for row in rows.iter_rows())
            wanted = Counter(tuple(map(plain, row)) for row in reference(events))
            assert found == wanted, f"{name}: too many {found - wanted}, missing {wanted - found}"


@pytest.mark.long
@pytest.mark.parametrize("case", range(CASES))
def test_every_table_is_that_of_the_reference_in_whatever_order_drops_come(tmp_path: Path, case: int):
    chance = random.Random(case)
    drops, engine = drawn(chance), new_engine(tmp_path / "home", 1.0, DATASETS)
    for drop in drops:
        arrive(engine, drop)
        if chance.random() < 0.3:
            engine.settle()
    engine.settle()
    assert_equal_to_reference(engine.store.lake, counting(drops))
    sessions = engine.store.lake.scan("engagement/sessions").collect()
    assert sessions["session_key"].is_unique().all()
    events = engine.store.lake.scan("listening/app_events").filter(pl.col("user_id").is_not_null()).collect()
    assert sessions.filter(pl.col("product") == "listening")["events"].sum() == len(events), "no event is lost"


def arrive(engine: Engine, drop: Any) -> None:
    engine.look_at(drop.write(engine.store.settings.home / "drops"), SOURCES[drop.feed])
