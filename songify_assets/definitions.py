"""The whole: the datasets in business order, and the Dagster definitions that they make together."""

from functools import lru_cache
from importlib import import_module

import dagster as dg
from dagster_duckdb import DuckDBResource

import songify_assets.foundation.pandera_alone  # noqa: F401  (before anything imports it)
from songify_assets.foundation.feed_tables import QUARANTINE
from songify_assets.foundation.lake import Lake
from songify_assets.foundation.landing import Landing
from songify_assets.foundation.ledger import PUBLISHED, Ledger
from songify_assets.foundation.store import Store
from songify_assets.orchestration.alerts.delivery import delivery_check
from songify_assets.orchestration.assets.graph import build_graph
from songify_assets.orchestration.assets.io_manager import engine_of_run, lake_io_manager
from songify_assets.orchestration.automation.automated import automated
from songify_assets.orchestration.checks.freshness import freshness_checks
from songify_assets.orchestration.declare.datasets import Catalog
from songify_assets.orchestration.declare.inputs import Everything
from songify_assets.orchestration.declare.nodes import Node
from songify_assets.orchestration.planner.gates import blocking_checks
from songify_assets.orchestration.planner.planner import Planner
from songify_assets.orchestration.planner.triggers import Triggers
from songify_assets.orchestration.publish.postgres.publishing import Postgres
from songify_assets.orchestration.publish.published_asset import comments, published_asset
from songify_assets.orchestration.publish.warehouse import Warehouse
from songify_assets.settings import Settings, keep_private, load_settings

# The folders of `datasets`, in business order.
NAMES = ("viewing", "vendor", "royalties", "listening", "engagement", "playlists", "subscriptions", "payments", "marketing", "live")  # fmt: skip
CATALOG = Catalog([import_module(f"songify_assets.datasets.{name}").DATASET for name in NAMES])


def build_store(settings: Settings, catalog: Catalog | None = None) -> Store:
    """The places where deliveries and tables are kept under `SONGIFY_HOME`."""
    catalog = catalog or CATALOG
    triggers = build_triggers(catalog)
    ledger = Ledger(settings.home / "ledger.sqlite", settings.home / "landing")
    return Store(
        settings,
        ledger,
        Landing(settings.home / "landing", ledger),
        Lake(settings.home / "lake", [*catalog.tables.values(), QUARANTINE], replacing=ledger.transaction),
        {feed.name: catalog.readers(feed) for feed in catalog.feeds},
        triggers.dependents,
    )


@lru_cache(maxsize=2)
def build_triggers(catalog: Catalog) -> Triggers:
    """The graph as the triggers see it."""
    nodes = catalog.nodes
    tables = {node.key: Everything(node.key) for node in nodes}  # of raw ones it shows the quarantine
    return Triggers([*nodes, Node(PUBLISHED, None, tables)], last=[PUBLISHED])


def build_definitions(settings: Settings, catalog: Catalog | None = None) -> dg.Definitions:
    """Every asset, check and resource, for these settings."""
    catalog = catalog or CATALOG
    store, triggers = build_store(settings, catalog), build_triggers(catalog)
    assets, checks = build_graph(catalog, triggers, settings.start_date, settings.timezone)
    planner = Planner(store, triggers, blocking_checks(dg.Definitions(assets=assets, asset_checks=checks)))
    texts = comments(catalog.feeds, catalog.models)
    warehouse = Warehouse(store, triggers, catalog.feeds, texts, catalog.keys, checks)
    days = {table.name: table.partition_column for table in store.lake.tables.values()}
    postgres = Postgres(settings.postgres_url, settings.home, days, catalog.keys) if settings.postgres_url else None
    graph = dg.Definitions(
        assets=[*assets, published_asset(warehouse, planner, postgres)],
        asset_checks=[*checks, freshness_checks(catalog.feeds), delivery_check(settings)],
        resources={
            "store": store,
            "io_manager": lake_io_manager(store, triggers, catalog.assets, catalog.feeds),
            "engine": engine_of_run(store),
            "duckdb": DuckDBResource(database=":memory:"),
        },
        executor=dg.in_process_executor,
    )
    return automated(graph, planner, catalog)


# Dagster asks for them twice a run, and forks of a process that has built them need not build them again.
definitions_of = lru_cache(maxsize=1)(build_definitions)


@dg.definitions
def defs() -> dg.Definitions:
    """What Dagster loads."""
    keep_private()
    return definitions_of(load_settings())
