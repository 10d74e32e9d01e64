"""The whole: the datasets in business order, and the Dagster definitions that they make together."""

import dagster as dg
from dagster_duckdb import DuckDBResource

from songify_assets.datasets import engagement, royalties, vendor, viewing
from songify_assets.foundation.deliveries import QUARANTINE, Store, feed_tables
from songify_assets.foundation.landing import Landing
from songify_assets.foundation.ledger import PUBLISHED, Ledger
from songify_assets.foundation.tables import Lake
from songify_assets.orchestration.alerts.delivery import delivery_check
from songify_assets.orchestration.assets import published_asset, table_asset
from songify_assets.orchestration.automation import automated
from songify_assets.orchestration.checks import checks_of
from songify_assets.orchestration.feed_assets import feed_assets, feed_nodes
from songify_assets.orchestration.freshness import freshness_checks
from songify_assets.orchestration.gates import blocking_checks
from songify_assets.orchestration.inputs import Everything
from songify_assets.orchestration.lake import LakeIOManager
from songify_assets.orchestration.planning import Planner
from songify_assets.orchestration.tables import declared_table, names_are_unique, partitions, readers, sights
from songify_assets.orchestration.triggers import Node, Triggers
from songify_assets.settings import Settings, keep_private, load_settings

DATASETS = (viewing, vendor, royalties, engagement)
FEEDS = tuple(feed for dataset in DATASETS for feed in dataset.FEEDS)
ASSETS = tuple(asset for dataset in DATASETS for asset in dataset.ASSETS)
CHECKS = tuple(check for dataset in DATASETS for check in dataset.CHECKS)
MODELS = {key: model for dataset in DATASETS for key, (model, _) in dataset.TABLES.items()}


def build_store(settings: Settings) -> Store:
    """The places where deliveries and tables are kept under `SONGIFY_HOME`."""
    tables = [table for feed in FEEDS for table in feed_tables(feed)]
    tables += [declared_table(key, *declared) for dataset in DATASETS for key, declared in dataset.TABLES.items()]
    ledger = Ledger(settings.home / "ledger.sqlite", settings.home / "landing")
    return Store(
        settings,
        ledger,
        Landing(settings.home / "landing", ledger),
        Lake(settings.home / "lake", [*tables, QUARANTINE], replacing=ledger.transaction),
        {feed.name: readers(feed, ASSETS) for feed in FEEDS},
    )


def build_triggers() -> Triggers:
    """The graph as the triggers see it."""
    nodes = [node for feed in FEEDS for node in feed_nodes(feed)]
    nodes += [Node(asset.key, asset.cadence, asset.inputs, asset.code_version) for asset in ASSETS]
    tables = {node.key: Everything(node.key) for node in nodes if not node.key.startswith("raw/")}
    return Triggers([*nodes, Node(PUBLISHED, None, tables)], last=[PUBLISHED])


def build_definitions(settings: Settings) -> dg.Definitions:
    """Every asset, check and resource, for these settings; ValueError if a name is taken twice."""
    names_are_unique(FEEDS, ASSETS)
    store, triggers, calendar = build_store(settings), build_triggers(), partitions(settings)
    lake, cadences = store.lake, {node.key: node.cadence for node in triggers.nodes.values()}
    assets = []
    for dataset in DATASETS:
        for feed in dataset.FEEDS:
            assets += feed_assets(feed, calendar["day"], sights(feed, ASSETS, lake.tables), dataset.OWNER)
        for asset in dataset.ASSETS:
            assets.append(table_asset(asset, cadences, calendar, lake, MODELS.get(asset.key), dataset.OWNER))
    checks = [
        checks_of(table, MODELS.get(table), [one for one in CHECKS if one.table == table], calendar[cadences[table]])
        for table in checked_tables()
    ]
    planner = Planner(store, triggers, blocking_checks(dg.Definitions(assets=assets, asset_checks=checks)))
    assets.append(published_asset(FEEDS, MODELS, planner))
    graph = dg.Definitions(
        assets=dg.with_source_code_references(assets),
        asset_checks=[*checks, freshness_checks(FEEDS), delivery_check(settings)],
        resources={
            "store": store,
            "io_manager": LakeIOManager(
                store, triggers, {asset.key: asset.picture for asset in ASSETS if asset.picture}
            ),
            "duckdb": DuckDBResource(database=":memory:"),
        },
        executor=dg.in_process_executor,
    )
    return automated(graph, planner, FEEDS)


def checked_tables() -> list[str]:
    """The tables with a declared schema or checks of their own, each once."""
    return list(dict.fromkeys([*MODELS, *(check.table for check in CHECKS)]))


@dg.definitions
def defs() -> dg.Definitions:
    """What Dagster loads."""
    keep_private()
    return build_definitions(load_settings())
