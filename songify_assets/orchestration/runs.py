"""Runs of what is out of date, in this process and on the Dagster instance that the web UI shows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import dagster as dg

from songify_assets.foundation.deliveries import Store
from songify_assets.orchestration.tables import Cadence
from songify_assets.orchestration.triggers import PlannedRun, Triggers
from songify_assets.orchestration.warehouse import PUBLISHED

LOAD_TAG = {"songify/command": "load"}
START_TAG, END_TAG = "dagster/asset_partition_range_start", "dagster/asset_partition_range_end"
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
DAGSTER_YAML = """\
# Dagster's own storage lies beside this file (SQLite).
telemetry:
  enabled: false
nux:
  enabled: false
# Assets print nothing; capturing what they print would start four processes a step.
compute_logs:
  module: dagster._core.storage.noop_compute_log_manager
  class: NoOpComputeLogManager
"""


@dataclass(frozen=True)
class FailedCheck:
    """A check that did not hold: how bad, and what it says."""

    asset: str
    check: str
    severity: str
    blocking: bool
    says: str


@dataclass
class Outcome:
    """What a series of runs did: partitions computed an asset, failures in words, failed checks."""

    computed: dict[str, int] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    failed_checks: list[FailedCheck] = field(default_factory=list)
    runs: int = 0

    @property
    def blocked(self) -> bool:
        """Whether a run or a blocking check failed."""
        return bool(self.failures) or any(check.blocking for check in self.failed_checks)


def open_instance(home: Path) -> dg.DagsterInstance:
    """The Dagster instance of a home; the one of `DAGSTER_HOME` where that is set is the web UI's business."""
    folder = home / "dagster"
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "dagster.yaml").exists():
        (folder / "dagster.yaml").write_text(DAGSTER_YAML)
    return dg.DagsterInstance.from_config(str(folder))


def end_orphans(instance: dg.DagsterInstance) -> None:
    """Ends the runs of a load that was killed, which Dagster would show as running for ever; call it when no load runs."""
    unfinished = dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING], tags=LOAD_TAG)
    for run in instance.get_runs(unfinished):
        instance.report_run_failed(run, "The process of this run ended; what it had not done is done by the next load.")


def run_stale(
    definitions: dg.Definitions,
    store: Store,
    triggers: Triggers,
    partitions: Mapping[Cadence | None, Any],
    instance: dg.DagsterInstance,
    tell: Callable[[str], None],
) -> Outcome:
    """Computes everything that is out of date, upstream first; what fails is left out of date and does not stop the rest."""
    outcome, failed = Outcome(), set[tuple[str, str]]()
    job = definitions.resolve_implicit_global_asset_job_def()
    keys = {cadence: list(one.get_partition_keys()) if one else [] for cadence, one in partitions.items()}
    before: list[PlannedRun] = []
    while (planned := triggers.next_runs(_runnable(definitions, store, triggers, instance, failed), keys)) != before:
        before = planned
        for run in planned:
            tell(f"computing {', '.join(run.assets)}" + (f" for {run.first}" + (f" to {run.last}" if run.last != run.first else "") if run.first else ""))  # fmt: skip
            tags = LOAD_TAG | ({START_TAG: run.first, END_TAG: run.last} if run.first and run.last else {})
            selection = [dg.AssetKey(asset.split("/")) for asset in run.assets]
            result = job.execute_in_process(
                instance=instance, asset_selection=selection, tags=tags, raise_on_error=False, run_config=QUIET
            )
            outcome.runs += 1
            failed |= {
                (asset, key) for asset in _collect(outcome, result) for key in store.ledger.stale().get(asset, ())
            }
    return outcome


def _runnable(
    definitions: dg.Definitions,
    store: Store,
    triggers: Triggers,
    instance: dg.DagsterInstance,
    failed: set[tuple[str, str]],
) -> dict[str, set[str]]:
    """What is out of date, without what failed in this series and what a failed blocking check of a table holds back."""
    gates = _failing_gates(definitions, instance)
    stale = {}
    for asset, keys in store.ledger.stale().items():
        gated = asset in triggers.nodes and asset != PUBLISHED and gates & set(triggers.nodes[asset].upstream)
        if not gated and (left := {key for key in keys if (asset, key) not in failed}):
            stale[asset] = left
    return stale


def _failing_gates(definitions: dg.Definitions, instance: dg.DagsterInstance) -> set[str]:
    """The tables whose latest blocking check failed. Raw assets are no gates: whether a delivery counts is in the ledger."""
    graph = definitions.resolve_asset_graph()
    blocking = [key for key in graph.asset_check_keys if graph.get(key).blocking and key.asset_key.path[0] != "raw"]
    latest = instance.event_log_storage.get_latest_asset_check_execution_by_key(blocking)
    return {key.asset_key.to_user_string() for key, record in latest.items() if record.status.value == "FAILED"}


def _collect(outcome: Outcome, result: dg.ExecuteInProcessResult) -> set[str]:
    """Adds what a run did to the outcome; returns the assets that failed, not counting those of which only a check did."""
    failed = set()
    for event in result.all_events:
        if event.is_step_failure and "AssetCheckFailed" not in str(event.step_failure_data.error):
            outcome.failures.append(_in_words(event))
            failed.add((event.step_key or "").replace("__", "/"))
        if event.event_type == dg.DagsterEventType.ASSET_MATERIALIZATION and event.asset_key:
            name = event.asset_key.to_user_string()
            outcome.computed[name] = outcome.computed.get(name, 0) + 1
    for check in result.get_asset_check_evaluations():
        if not check.passed:
            outcome.failed_checks.append(
                FailedCheck(
                    check.asset_key.to_user_string(),
                    check.check_name,
                    check.severity.value,
                    bool(check.blocking),
                    check.description or "",
                )
            )
    return failed


def _in_words(event: dg.DagsterEvent) -> str:
    """The failure of a step as a person should read it; the blocking check that failed speaks for itself."""
    data = event.step_failure_data
    step = (event.step_key or "").replace("__", "/")
    if data.user_failure_data and data.user_failure_data.description:
        return f"{step}: {data.user_failure_data.description}"
    error = data.error
    while error and error.cause:
        error = error.cause
    lines = [line for line in (error.message if error else "unknown").strip().splitlines() if line.strip()]
    return f"{step}: {lines[0]} (the web UI shows the whole of it under run {event.logging_tags['run_id'] if event.logging_tags else ''})"
