"""Run workers that are gone or hang: Dagster's own launcher does not notice the first and cannot end the second."""

import contextlib
import signal
import threading
import time
from pathlib import Path
from typing import Any

import dagster as dg
import psutil
from dagster._core.launcher import CheckRunHealthResult, DefaultRunLauncher, LaunchRunContext, WorkerStatus

from songify_assets.orchestration.dagster_internals.run_workers import start_worker

# One that the UI does not show: the run, its process, and when it was launched.
WORKER_TAG = ".dagster/songify_worker"
GRACE_S = 15
CLOCK_STEP_S = 60  # by which time servers set a clock at most while runs go on


class WatchedRunLauncher(DefaultRunLauncher):
    """Dagster's launcher, for run workers on this machine: it knows whether they live, and ends those that do not end."""

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

    def terminate(self, run_id: str) -> bool:
        """Interrupts the worker; one that has not ended after `GRACE_S` is killed, as it may hold locks that others wait for.

        The code server is not asked to, as Dagster's launcher does: it would wait for the answer of a worker that hangs, and
        start no run meanwhile.
        """
        run, worker = self._instance.get_run_by_id(run_id), worker_of(self._instance, run_id)
        if run is None or run.is_finished or worker is None:
            return bool(super().terminate(run_id))  # type: ignore[no-untyped-call]
        self._instance.report_run_canceling(run)
        with contextlib.suppress(psutil.NoSuchProcess):
            worker.send_signal(signal.SIGINT)
        reaper = threading.Timer(GRACE_S, _kill, [worker])
        reaper.daemon = True
        reaper.start()
        return True


class ForkingRunLauncher(WatchedRunLauncher):
    """The same where daemon and code servers are started and stopped as one: run workers are forks, which start at once."""

    def launch_run(self, context: LaunchRunContext) -> None:
        """Starts the worker of a run; after an upgrade as Dagster does, until the daemon is started anew."""
        run, at = context.dagster_run, time.time()
        worker = start_worker(self._instance, run)
        if worker is None:
            super().launch_run(context)
            return
        self._instance.add_run_tags(run.run_id, {WORKER_TAG: f"{run.run_id} {worker.pid} {at}"})
        self._run_ids.add(run.run_id)


def is_alive(instance: dg.DagsterInstance, run_id: str) -> bool:
    """Whether the process of a run lives; True for a run that no process has begun yet."""
    return not _begun(instance, run_id) or worker_of(instance, run_id) is not None


def worker_of(instance: dg.DagsterInstance, run_id: str) -> psutil.Process | None:
    """The process of a run that has begun and not ended."""
    for pid, at in _begun(instance, run_id):
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(pid)
            # A process that is younger than the run only has its number, unless the clock was set since.
            is_older = _age_s(process) >= time.time() - at - CLOCK_STEP_S
            if process.status() != psutil.STATUS_ZOMBIE and is_older:
                return process
    return None


def _begun(instance: dg.DagsterInstance, run_id: str) -> list[tuple[int | None, float]]:
    """The processes that have begun a run, and when: the one it was launched in, and where else it says that it started."""
    records = instance.get_records_for_run(run_id, of_type=dg.DagsterEventType.RUN_START).records
    events = [(record.event_log_entry.dagster_event, record.timestamp) for record in records]
    begun = [(event.pid if event else None, at) for event, at in events]
    run = instance.get_run_by_id(run_id)
    # A run that is tried again has the tags of the one before it.
    if run and (told := run.tags.get(WORKER_TAG, "").split())[:1] == [run_id]:
        begun.append((int(told[1]), float(told[2])))
    return begun


def _age_s(process: psutil.Process) -> float:
    """How long a process has been there: counted from the start of the machine, whatever the clock was set to since."""
    uptime = float(Path("/proc/uptime").read_text().split()[0])
    return uptime - float(process.create_time() - psutil.boot_time())


def _kill(process: psutil.Process) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        process.kill()
