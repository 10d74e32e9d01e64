"""The checks that fail now, a partition at a time, as Dagster's storage knows them."""

from dataclasses import dataclass

import dagster as dg
import sqlalchemy as sa
from dagster._core.events.log import EventLogEntry
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable
from dagster._core.storage.event_log.sql_event_log import SqlEventLogStorage
from dagster._serdes import deserialize_value


@dataclass(frozen=True)
class FailedEvaluation:
    """The last completed evaluation of a check for a partition (None: the check has none), where it failed."""

    partition: str | None
    event: EventLogEntry

    @property
    def evaluation(self) -> dg.AssetCheckEvaluation:
        """What the check found."""
        return self.event.get_dagster_event().asset_check_evaluation_data


def failed_evaluations(instance: dg.DagsterInstance) -> list[FailedEvaluation]:
    """The checks that failed when they were last evaluated, by asset, check and partition.

    Dagster lists checks only for a graph, which may be what cannot be loaded, and it hides a result as soon as another run
    has planned the check: so its table is asked. A run of several partitions has one more evaluation that belongs to none of
    them and sums them up; it is left out.
    """
    storage = instance.event_log_storage
    assert isinstance(storage, SqlEventLogStorage), "SQLite and Postgres both are"
    table = AssetCheckExecutionsTable.c
    of = (table.asset_key, table.check_name, table.partition)
    completed = table.execution_status.in_(("SUCCEEDED", "FAILED"))
    last = sa.select(sa.func.max(table.evaluation_event_storage_id)).where(completed).group_by(*of)
    partitioned = sa.select(*of[:2]).where(completed, table.partition.is_not(None)).distinct()
    failed = sa.select(*of, table.evaluation_event).where(
        table.execution_status == "FAILED", table.evaluation_event_storage_id.in_(last)
    )
    with storage.index_connection() as connection:
        rows = connection.execute(failed.order_by(*of)).all()
        by_partition = {tuple(row) for row in connection.execute(partitioned)} if rows else set()
    return [
        FailedEvaluation(row.partition, deserialize_value(row.evaluation_event, EventLogEntry))
        for row in rows
        if row.partition or (row.asset_key, row.check_name) not in by_partition
    ]
