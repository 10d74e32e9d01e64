"""The rehearsal: a dataset of one folder that uses every kind of feed, format, field type and input, beside a plain reference."""

import random
from collections import Counter
from pathlib import Path

import pytest

from songify_assets.orchestration.declare.datasets import Catalog
from songify_assets_tests.properties.engine import Engine, new_engine
from songify_assets_tests.rehearsal import reference
from songify_assets_tests.rehearsal.assets import REHEARSAL
from songify_assets_tests.rehearsal.drops import Drop, drawn

CASES = 100
CATALOG = Catalog([REHEARSAL])


def arrive(engine: Engine, drop: Drop) -> None:
    engine.look_at(drop.write(engine.store.settings.home / "drops" / "rehearsal"), "rehearsal")


@pytest.mark.long
@pytest.mark.usefixtures("one_core")
@pytest.mark.parametrize("case", range(CASES))
def test_every_table_is_that_of_the_reference_in_whatever_order_drops_come(tmp_path: Path, case: int):
    chance = random.Random(case)
    drops, engine = drawn(chance), new_engine(tmp_path / "home", 1.0, CATALOG)
    for drop in drops:
        arrive(engine, drop)
        if chance.random() < 0.6:
            engine.settle()
    engine.settle()
    expected = reference.tables(drops)
    for asset in REHEARSAL.assets:
        name = asset.key.removeprefix("rehearsal/")
        found = Counter(engine.store.lake.scan(asset.key).collect().rows())
        wanted = Counter(expected[name])
        assert found == wanted, f"{name}: too many {found - wanted}, missing {wanted - found}"
    for delivery in engine.store.ledger.rows("SELECT * FROM deliveries"):
        assert delivery["accepted"] + delivery["refused"] + delivery["collapsed"] == delivery["received"]
