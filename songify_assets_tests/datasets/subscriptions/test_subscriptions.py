"""Every table of subscriptions beside a plain reference, in whatever order random drops come."""

import random
from pathlib import Path

import pytest

from songify_assets.datasets.subscriptions import DATASET
from songify_assets.orchestration.declare.datasets import Catalog
from songify_assets_tests.datasets.random_cases import loaded_as_the_reference_says
from songify_assets_tests.datasets.subscriptions import reference
from songify_assets_tests.datasets.subscriptions.drops import HEADERS, drawn

CATALOG = Catalog([DATASET])


@pytest.mark.long
@pytest.mark.usefixtures("one_core")
@pytest.mark.parametrize("case", range(100))
def test_every_table_is_that_of_the_reference_in_whatever_order_drops_come(tmp_path: Path, case: int):
    chance = random.Random(case)
    loaded_as_the_reference_says(tmp_path, chance, drawn(chance), HEADERS, CATALOG, reference.tables)
