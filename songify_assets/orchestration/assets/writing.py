"""One writer a table: what a run writes counts only as long as no other run has taken the table over from it."""

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from songify_assets.errors import SongifyError
from songify_assets.foundation.store import Store


@contextmanager
def writing(store: Store, asset: str, instance: dg.DagsterInstance, run_id: str) -> Iterator[None]:
    """Takes over the writing of an asset for a step of this run.

    A worker that was given up and comes back to life finds its run ended, or that another one has taken the table over:
    SongifyError, and nothing of what its successor wrote is touched. Pools keep healthy runs from meeting here.
    """
    run = instance.get_run_by_id(run_id)
    if run is None or run.is_finished:
        raise SongifyError(
            "this run was given up", where=asset, remedy="Nothing to do: another run has done, or will do, its work."
        )
    with store.ledger.writing(asset):
        yield


@contextmanager
def writing_asset(context: dg.AssetExecutionContext, store: Store) -> Iterator[None]:
    """`writing` for an asset that stores its result by itself; takes back its marks when it is done."""
    asset, run_id = context.asset_key.to_user_string(), context.run.run_id
    keys = context.partition_keys if context.has_partition_key or context.has_partition_key_range else [""]
    with writing(store, asset, context.instance, run_id):
        yield
        step = context.get_step_execution_context().step.key
        store.ledger.clear(asset, keys, step_started_at(context.instance, run_id, step))


def step_started_at(instance: dg.DagsterInstance, run_id: str, step_key: str) -> float:
    """When a step of a run began (epoch seconds), before its inputs were looked up."""
    records = instance.get_records_for_run(run_id, of_type=dg.DagsterEventType.STEP_START).records
    return min(record.timestamp for record in records if record.event_log_entry.step_key == step_key)
