"""One random case: drops that come in some order, with loads in between, and then all tables beside the reference's."""

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from songify_assets.orchestration.declare.datasets import Catalog
from songify_assets_tests.datasets.drop import Drop
from songify_assets_tests.properties.engine import Engine, new_engine

Tables = Mapping[str, list[tuple[Any, ...]]]


def loaded_as_the_reference_says(
    folder: Path,
    chance: random.Random,
    drops: Sequence[Drop],
    headers: Mapping[str, Sequence[str]],
    catalog: Catalog,
    reference: Callable[[Sequence[Drop]], Tables],
) -> Engine:
    """Loads the drops of one dataset, settling at random moments; the home, for more questions."""
    engine, [dataset] = new_engine(folder / "home", 1.0, catalog), catalog.datasets
    for drop in drops:
        path = drop.write(engine.place_of(dataset.name), headers.get(drop.file, ()))
        engine.look_at(path, dataset.name)
        if chance.random() < 0.5:
            engine.settle()
    engine.settle()
    expected = reference(drops)
    for asset in (asset for asset in dataset.assets if asset.stored):
        name = asset.key.partition("/")[2]
        if name not in expected:
            continue
        rows = engine.store.lake.scan(asset.key).collect().rows()
        found, wanted = (Counter(map(_rounded, some)) for some in (rows, expected[name]))
        assert found == wanted, f"{name}: too many {found - wanted}, missing {wanted - found}"
    for delivery in engine.store.ledger.rows("SELECT * FROM deliveries"):
        assert delivery["accepted"] + delivery["refused"] + delivery["collapsed"] == delivery["received"]
    for check in catalog.checks:
        if check.blocking:
            frames = [engine.store.lake.scan(table) for table in (check.table, *check.reads)]
            given = {"store": engine.store} if check.needs_store else {}
            broken = check.offenders(*frames, **given).collect()
            assert broken.is_empty(), (check.name, broken)
    return engine


def _rounded(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Fractions to nine digits: a reference adds them in another order."""
    return tuple(float(f"{value:.9g}") if isinstance(value, float) else value for value in row)
