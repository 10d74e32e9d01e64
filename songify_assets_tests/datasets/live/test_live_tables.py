"""Every live table beside a plain reference, in whatever order random segments come."""

import random
from pathlib import Path

import pytest

from songify_assets.datasets.live import DATASET
from songify_assets.orchestration.declare.datasets import Catalog
from songify_assets_tests.datasets.live import reference
from songify_assets_tests.datasets.live.drops import drawn
from songify_assets_tests.datasets.random_cases import loaded_as_the_reference_says

CATALOG = Catalog([DATASET])


@pytest.mark.long
@pytest.mark.usefixtures("one_core")
@pytest.mark.parametrize("case", range(60))
def test_every_table_is_that_of_the_reference_in_whatever_order_segments_come(tmp_path: Path, case: int):
    chance = random.Random(case)
    drops = drawn(chance)
    engine = loaded_as_the_reference_says(tmp_path, chance, drops, {}, CATALOG, reference.tables)
    told = sorted((row["feed"], row["reasons"], row["raw"]) for row in engine.rows("quarantine.rows"))
    last = {(drop.delivered_on, drop.file): drop for drop in drops}.values()
    assert told == sorted(
        (drop.file.partition("-")[0], [record["refused_reason"]], record["refused_raw"])
        for drop in last
        for record in drop.records
        if record.get("refused_reason")
    )
