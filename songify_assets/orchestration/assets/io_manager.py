"""The IO manager: an asset returns one lazy frame, which is streamed into its partitions; inputs arrive as lazy frames."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import dagster as dg
import polars as pl

from songify_assets.foundation.engines.spark_lake import SparkLake
from songify_assets.foundation.engines.spark_session import lazy_session
from songify_assets.foundation.lake import Lake
from songify_assets.foundation.store import Store
from songify_assets.orchestration.assets.writing import step_started_at, writing
from songify_assets.orchestration.declare.tables import TableAsset
from songify_assets.orchestration.planner.triggers import Triggers
from songify_assets.orchestration.ui.drawn import Picture
from songify_assets.orchestration.ui.metadata import show

LINEAGE = "dagster/column_lineage"


class LakeIOManager(dg.IOManager):
    """Writes and reads the lake; marks what depends on what it writes as out of date."""

    def __init__(
        self, store: Store, triggers: Triggers, pictures: Mapping[str, Picture], portable: Collection[str]
    ) -> None:
        """`portable` are the assets that the engine of the run writes."""
        self.store, self.triggers, self.pictures, self.portable = store, triggers, pictures, portable

    def handle_output(self, context: dg.OutputContext, obj: Any) -> None:
        """Replaces the partitions of this run by the frame's rows."""
        asset, keys = context.asset_key.to_user_string(), partition_keys(context)
        lake, ledger, step = self.store.lake, self.store.ledger, context.step_context
        with writing(self.store, asset, step.instance, context.run_id):
            ledger.mark(self.triggers.dependents(lake, asset, keys))
            engine = context.resources.engine if asset in self.portable else lake
            rows = engine.write(asset, obj, keys, before=partial(self._mark, asset, keys))
            ledger.clear(asset, keys, step_started_at(step.instance, context.run_id, step.step.key))
        lineage = (context.definition_metadata or {}).get(LINEAGE)
        show(step, lake, asset, rows, lineage, self.pictures.get(asset), engine.engine)

    def _mark(self, asset: str, keys: Sequence[str], now: pl.LazyFrame) -> None:
        self.store.ledger.mark(self.triggers.dependents_by_rows(self.store.lake, asset, keys, now))

    def load_input(self, context: dg.InputContext) -> pl.LazyFrame:
        """All rows of the asset upstream; what a table declares is given to its function instead."""
        return self.store.lake.scan(context.asset_key.to_user_string())


def lake_io_manager(store: Store, triggers: Triggers, assets: Sequence[TableAsset]) -> dg.IOManagerDefinition:
    """The definition of the IO manager of these assets, which asks the engine of the run."""
    pictures = {asset.key: asset.picture for asset in assets if asset.picture}
    portable = {asset.key for asset in assets if asset.portable}
    manager = LakeIOManager(store, triggers, pictures, portable)
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
