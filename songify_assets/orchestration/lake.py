"""The IO manager: an asset returns one lazy frame, which is streamed into its partitions; inputs arrive as lazy frames."""

from typing import Any

import dagster as dg
import polars as pl

from songify_assets.foundation.deliveries import Store
from songify_assets.orchestration.metadata import table_metadata
from songify_assets.orchestration.triggers import Triggers

EVERYTHING = "songify/all_partitions"


class LakeIOManager(dg.IOManager):
    """Writes and reads the lake; marks what depends on what it writes as out of date."""

    def __init__(self, store: Store, triggers: Triggers) -> None:
        self.store, self.triggers = store, triggers

    def handle_output(self, context: dg.OutputContext, obj: pl.LazyFrame) -> None:
        """Replaces the partitions of this run by the frame's rows."""
        asset, keys = context.asset_key.to_user_string(), partition_keys(context)
        lake, ledger, step = self.store.lake, self.store.ledger, context.step_context
        ledger.mark(self.triggers.dependents(lake, asset, keys))
        rows = lake.write(asset, obj, keys)
        ledger.clear(asset, keys, step_started_at(step.instance, context.run_id, step.step.key))
        context.add_output_metadata(table_metadata(lake, asset, rows))

    def load_input(self, context: dg.InputContext) -> pl.LazyFrame:
        """The rows of the upstream partitions that the run needs; of all partitions where the input says so."""
        asset = context.asset_key.to_user_string()
        everything = (context.definition_metadata or {}).get(EVERYTHING)
        return self.store.lake.scan(asset, None if everything else partition_keys(context))


def partition_keys(context: Any) -> list[str]:
    """The partition keys an output or input stands for; the empty key for an unpartitioned asset."""
    return list(context.asset_partition_keys) if context.has_asset_partitions else [""]


def step_started_at(instance: dg.DagsterInstance, run_id: str, step_key: str) -> float:
    """When a step began (epoch seconds), before its inputs were looked up."""
    records = instance.get_records_for_run(run_id, of_type=dg.DagsterEventType.STEP_START).records
    return min(record.timestamp for record in records if record.event_log_entry.step_key == step_key)


def answer_marks(context: dg.AssetExecutionContext, store: Store) -> None:
    """Takes back the marks of an asset that stores its result outside of the lake."""
    step = context.get_step_execution_context().step.key
    keys = context.partition_keys if context.has_partition_key or context.has_partition_key_range else [""]
    store.ledger.clear(
        context.asset_key.to_user_string(), keys, step_started_at(context.instance, context.run.run_id, step)
    )
