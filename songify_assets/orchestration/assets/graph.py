"""The assets and checks of all datasets, which are the same in every home."""

from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

import dagster as dg

from songify_assets.orchestration.assets.feed_assets import feed_assets
from songify_assets.orchestration.assets.table_assets import table_asset
from songify_assets.orchestration.checks.table_checks import checks_of
from songify_assets.orchestration.declare.datasets import Catalog
from songify_assets.orchestration.partitions import partitions
from songify_assets.orchestration.planner.triggers import Triggers


class Graph(NamedTuple):
    """The assets of feeds and tables, and the checks of tables."""

    assets: tuple[Any, ...]
    checks: tuple[dg.AssetChecksDefinition, ...]


@lru_cache(maxsize=2)  # to make them takes half a second, and forks of a process that has made them need not
def build_graph(catalog: Catalog, triggers: Triggers, start: date, timezone: str) -> Graph:
    """The graph of these datasets, with partitions from this day on."""
    calendar, models, assets = partitions(start, timezone), catalog.models, list[Any]()
    for dataset in catalog.datasets:
        for feed in dataset.feeds:
            assets += feed_assets(feed, calendar["day"], catalog.lookups(feed), dataset.owner)
        for asset in catalog.of(dataset):
            assets.append(table_asset(asset, triggers, calendar, catalog, dataset.owner))
    dates = {node.key: calendar[node.cadence] for node in triggers.nodes.values()}
    checks = [checks_of(table, models.get(table), catalog.checks_on(table), dates[table]) for table in catalog.checked]
    return Graph(tuple(assets), tuple(checks))
