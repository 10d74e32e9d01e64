"""The IO manager: an asset returns one lazy frame, which is streamed into its partitions; inputs arrive as lazy frames."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import partial
from typing import Any

import dagster as dg
import polars as pl

from songify_assets.foundation.carried import Carried
from songify_assets.foundation.delivery.events import carried_columns
from songify_assets.foundation.delivery.history import carried_latest
from songify_assets.foundation.engines.spark_lake import SparkLake
from songify_assets.foundation.engines.spark_session import lazy_session
from songify_assets.foundation.feeds import Feed
from songify_assets.foundation.lake import Lake
from songify_assets.foundation.store import Store
from songify_assets.orchestration.assets.writing import step_started_at, writing
from songify_assets.orchestration.declare.inputs import Events
from songify_assets.orchestration.declare.tables import TableAsset
from songify_assets.orchestration.planner.triggers import Triggers
from songify_assets.orchestration.ui.metadata import show

LINEAGE = "dagster/column_lineage"


class LakeIOManager(dg.IOManager):
    """Writes and reads the lake; marks what depends on what it writes as out of date."""

    def __init__(self, store: Store, triggers: Triggers, assets: Sequence[TableAsset], feeds: Iterable[Feed]) -> None:
        self.store, self.triggers = store, triggers
        self.latest = {feed.table: feed for feed in feeds if feed.is_dump}
        self.pictures = {asset.key: asset.picture for asset in assets if asset.picture}
        self.portable = {asset.key for asset in assets if asset.portable}  # which the engine of the run writes
        self.carrying = {asset.key: asset for asset in assets if asset.carries}

    def handle_output(self, context: dg.OutputContext, obj: Any) -> None:
        """Replaces the partitions of this run by the frame's rows."""
        asset, keys = context.asset_key.to_user_string(), partition_keys(context)
        lake, ledger, step = self.store.lake, self.store.ledger, context.step_context
        with writing(self.store, asset, step.instance, context.run_id):
            ledger.mark(self.triggers.dependents(lake, asset, keys))
            engine = context.resources.engine if asset in self.portable else lake
            carried = self._carried(asset, keys) if engine is lake else None
            rows = engine.write(asset, obj, keys, before=partial(self._mark, asset, keys), carried=carried)
            ledger.clear(asset, keys, step_started_at(step.instance, context.run_id, step.step.key))
        lineage = (context.definition_metadata or {}).get(LINEAGE)
        show(step, lake, asset, rows, lineage, self.pictures.get(asset), engine.engine)

    def _carried(self, asset: str, keys: Sequence[str]) -> Carried | None:
        """What a table has of a delivery as it is stored: of events, if they are the whole of it, or of the newest dump."""
        if asset in self.latest:
            return carried_latest(self.store, self.latest[asset])
        declared = self.carrying.get(asset)
        column = self.store.lake.tables[asset].partition_column or ""
        if declared is None or len(keys) != 1 or declared.carries.get(column) != "event_date":
            return None
        [feed] = [one.feed for one in declared.inputs.values() if isinstance(one, Events)]
        return carried_columns(self.store, feed, date.fromisoformat(keys[0]), declared.carries)

    def _mark(self, asset: str, keys: Sequence[str], now: pl.LazyFrame) -> None:
        self.store.ledger.mark(self.triggers.dependents_by_rows(self.store.lake, asset, keys, now))

    def load_input(self, context: dg.InputContext) -> pl.LazyFrame:
        """All rows of the asset upstream; what a table declares is given to its function instead."""
        return self.store.lake.scan(context.asset_key.to_user_string())


def lake_io_manager(
    store: Store, triggers: Triggers, assets: Sequence[TableAsset], feeds: Iterable[Feed]
) -> dg.IOManagerDefinition:
    """The definition of the IO manager of these assets, and of the feeds' latest tables, which asks the engine of the run."""
    manager = LakeIOManager(store, triggers, assets, feeds)
    return dg.IOManagerDefinition(lambda _: manager, required_resource_keys={"engine"})


def engine_of_run(store: Store) -> dg.ResourceDefinition:
    """The resource `engine`: the lake, or the same lake on Spark, with one session a run, opened when it is needed."""

    @dg.resource(description="What scans and writes the portable tables: SONGIFY_ENGINE.")
    def engine(_: dg.InitResourceContext) -> Iterator[Lake]:
        if store.settings.engine == "polars":
            yield store.lake
            return
        with lazy_session(store.settings.spark_master, store.settings.home / "spark.log") as session:
            yield SparkLake(store.lake, session)

    return engine


def partition_keys(context: Any) -> list[str]:
    """The partition keys an output or input stands for; the empty key for an unpartitioned asset."""
    return list(context.asset_partition_keys) if context.has_asset_partitions else [""]
