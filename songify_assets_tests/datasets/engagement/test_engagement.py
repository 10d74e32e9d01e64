"""The tables of listening and engagement, beside a plain reference: on random drops, in whatever order they come."""

import random
from collections.abc import Iterable
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


def apart(rows: Iterable[tuple[Any, ...]]) -> dict[tuple[Any, ...], list[tuple[float, ...]]]:
    """The floating point numbers of rows by all else that is in them: they may be summed up in another order."""
    found: dict[tuple[Any, ...], list[tuple[float, ...]]] = {}
    for row in rows:
        exact = tuple("~" if isinstance(value, float) else value for value in row)
        found.setdefault(exact, []).append(tuple(value for value in row if isinstance(value, float)))
    return {exact: sorted(numbers) for exact, numbers in found.items()}


def assert_equal_to_reference(lake: Lake, events: Events) -> None:
    for dataset, tables in (("listening", LISTENING), ("engagement", ENGAGEMENT)):
        for table, (reference, columns) in tables.items():
            name = f"{dataset}/{table}"
            rows = lake.scan(name).select(columns or lake.tables[name].columns.names()).collect()
            found, wanted = apart(rows.iter_rows()), apart(reference(events))
            assert found.keys() == wanted.keys(), (
                f"{name}: too many {found.keys() - wanted.keys()}, missing {wanted.keys() - found.keys()}"
            )
            for exact, numbers in wanted.items():
                told = found[exact]
                assert len(told) == len(numbers), f"{name}: {exact} is there {len(told)} times"
                for one, other in zip(told, numbers, strict=True):
                    assert one == pytest.approx(other, rel=1e-9, abs=1e-9), f"{name}: {exact}"


@pytest.mark.long
@pytest.mark.usefixtures("one_core")
@pytest.mark.parametrize("case", range(CASES))
def test_every_table_is_that_of_the_reference_in_whatever_order_drops_come(tmp_path: Path, case: int):
    chance = random.Random(case)
    drops, engine = drawn(chance), new_engine(tmp_path / "home", 1.0, DATASETS)
    for drop in drops:
        arrive(engine, drop)
        if chance.random() < 0.15:
            engine.settle()
    engine.settle()
    assert_equal_to_reference(engine.store.lake, counting(drops))
    sessions = engine.store.lake.scan("engagement/sessions").collect()
    assert sessions["session_key"].is_unique().all()
    events = engine.store.lake.scan("listening/app_events").filter(pl.col("user_id").is_not_null()).collect()
    assert sessions.filter(pl.col("product") == "listening")["events"].sum() == len(events), "no event is lost"


def arrive(engine: Engine, drop: Any) -> None:
    engine.look_at(drop.write(engine.store.settings.home / "drops"), SOURCES[drop.feed])
