"""Dagster's table of checks: the rows of many events in one statement, where Dagster compiles one for each.

A run of a range has a planned check and a verdict for each check and partition: more events than of all other kinds together.
"""

from collections.abc import Sequence
from typing import Any

import dagster as dg
import sqlalchemy as sa
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus as Status
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable
from sqlalchemy import Connection

Numbered = tuple[dg.EventLogEntry, dict[str, Any], int]  # an event, its row in the log, and the number of that row
_TABLE = AssetCheckExecutionsTable
_OF = ("asset_key", "check_name", "run_id", "partition")
_PLANNED = _TABLE.update().where(*(_TABLE.c[name].is_(sa.bindparam(f"of_{name}")) for name in _OF))


def store_planned(connection: Connection, planned: Sequence[Numbered]) -> None:
    """Enters a row for each partition of planned checks; one for a check without partitions."""
    rows = []
    for event, row, number in planned:
        told = event.get_dagster_event().asset_check_planned_data
        keys = told.partitions_subset.get_partition_keys() if told.partitions_subset else [None]
        of_check = _values(told.asset_check_key, event, row, number) | {"execution_status": Status.PLANNED.value}
        rows += [{**of_check, "partition": key} for key in keys]
    if rows:
        connection.execute(_TABLE.insert(), rows)


def store_verdicts(connection: Connection, verdicts: Sequence[Numbered]) -> bool:
    """Enters verdicts into the rows that were planned for them; False where there was none for one of them."""
    rows = []
    for event, row, number in verdicts:
        told = event.get_dagster_event().asset_check_evaluation_data
        target = told.target_materialization_data
        values = _values(told.asset_check_key, event, row, number) | {
            "partition": told.partition,
            "execution_status": (Status.SUCCEEDED if told.passed else Status.FAILED).value,
            "materialization_event_storage_id": target.storage_id if target else None,
        }
        rows.append(values | {f"of_{name}": values[name] for name in _OF})
    return not rows or connection.execute(_PLANNED, rows).rowcount == len(rows)


def _values(key: dg.AssetCheckKey, event: dg.EventLogEntry, row: dict[str, Any], number: int) -> dict[str, Any]:
    return {
        "asset_key": key.asset_key.to_string(),
        "check_name": key.name,
        "run_id": event.run_id,
        "evaluation_event": row["event"],
        "evaluation_event_timestamp": row["timestamp"],
        "evaluation_event_storage_id": number,
    }
