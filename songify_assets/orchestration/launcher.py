"""Tells Dagster which run workers are gone: its own launcher does not, and their runs would count as running for ever."""

from typing import Any

import dagster as dg
import psutil
from dagster._core.launcher import CheckRunHealthResult, DefaultRunLauncher, WorkerStatus


class WatchedRunLauncher(DefaultRunLauncher):
    """Dagster's launcher, and whether the process of a run on this machine still lives."""

    @classmethod
    def from_config_value(cls, inst_data: Any, config_value: Any) -> "WatchedRunLauncher":
        """What `dagster.yaml` makes."""
        return cls(inst_data=inst_data, **config_value)

    @property
    def supports_check_run_worker_health(self) -> bool:
        """Run monitoring asks for it."""
        return True

    def check_run_worker_health(self, run: dg.DagsterRun) -> CheckRunHealthResult:
        """FAILED when the process that began the run has ended, whoever started it and however that went."""
        if is_alive(self._instance, run.run_id):
            return CheckRunHealthResult(WorkerStatus.RUNNING)
        return CheckRunHealthResult(WorkerStatus.FAILED, "its process has ended without a word")


def is_alive(instance: dg.DagsterInstance, run_id: str) -> bool:
    """Whether the process of a run lives; True for a run that has not begun yet."""
    began = instance.get_records_for_run(run_id, of_type=dg.DagsterEventType.RUN_START).records
    if not began:
        return True
    last = began[-1]
    event = last.event_log_entry.dagster_event
    try:
        process = psutil.Process(event.pid if event else None)
        # A process that is younger than the run only has its number.
        return bool(process.status() != psutil.STATUS_ZOMBIE and process.create_time() <= last.timestamp)
    except psutil.NoSuchProcess:
        return False
