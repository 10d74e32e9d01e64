"""Runs of what is out of date, in this process and on the Dagster instance that the web UI shows."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import dagster as dg
from dagster._core.definitions.job_base import InMemoryJob
from dagster._core.execution.execute_in_process import core_execute_in_process

from songify_assets.orchestration.dagster_internals.launcher import is_alive
from songify_assets.orchestration.instance import in_short
from songify_assets.orchestration.planner.gates import checks_by_asset
from songify_assets.orchestration.planner.planner import LOAD_TAG, PLANNED_AT, UNFINISHED, Planner
from songify_assets.orchestration.planner.triggers import PlannedRun
from songify_assets.orchestration.ui.canvas import begin_to_import

# Nobody but the next load, or the sensors, does what a killed one has not done: they know it from the marks.
NO_RETRY = {"dagster/max_retries": "0"}
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass(frozen=True)
class FailedCheck:
    """A check that did not hold: how bad, what it says of the worst partition, of how many, and of how many rows in all."""

    asset: str
    check: str
    severity: str
    blocking: bool
    says: str
    partitions: int = 1
    offenders: int = 0

    @property
    def text(self) -> str:
        """What it says, in one line."""
        if self.partitions == 1:
            return self.says
        rows = f", {self.offenders:,} rows in all" if self.offenders else ""
        return f"{self.says} The same in {self.partitions - 1:,} more partitions{rows}."


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


def end_orphans(instance: dg.DagsterInstance) -> None:
    """Ends the runs whose process is gone, and gives back their pools: without its daemon Dagster does neither, ever.

    Two loads never run at once in a home, so every run of a load that has not ended is one of a load that was killed.
    """
    started = instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED]))
    loads = instance.get_runs(dg.RunsFilter(statuses=UNFINISHED, tags=LOAD_TAG))
    for run in {run.run_id: run for run in [*started, *loads]}.values():
        if LOAD_TAG.items() <= run.tags.items() or not is_alive(instance, run.run_id):
            instance.report_run_failed(
                run, "The process of this run ended; what it had not done is done by the next run."
            )
            instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)


class Failure(NamedTuple):
    """What failed in a run (empty asset: it could not be started), in words."""

    run: PlannedRun
    asset: str
    says: str

    def is_tried_again_by(self, run: PlannedRun) -> bool:
        """Whether a run computes half of the partitions of this one, because it failed on them."""
        if self.asset not in run.assets or not (self.run.first and self.run.last and run.first and run.last):
            return False
        within = self.run.first <= run.first and run.last <= self.run.last
        return within and (run.first, run.last) != (self.run.first, self.run.last)


def run_stale(
    definitions: dg.Definitions, planner: Planner, instance: dg.DagsterInstance, tell: Callable[[str], None]
) -> Outcome:
    """Computes everything that is out of date, upstream first; what fails is left out of date and does not stop the rest."""
    outcome, started_at, done, given_up = Outcome(), time.time(), set[str](), list[PlannedRun]()
    compute, failures = _computing(definitions, instance), list[Failure]()
    while planned := planner.plan(instance, since=started_at, given_up=given_up):
        new = {key: run for key, run in planned.items() if key not in done}
        # What is asked for again, though it has run, would be asked for for ever: what follows does not wait for it.
        given_up += [run for key, run in planned.items() if not new]
        for run_key, run in new.items():
            done.add(run_key)
            tell(f"computing {run.text}")
            outcome.runs += 1
            failures = [failure for failure in failures if not failure.is_tried_again_by(run)]
            try:
                result = compute(run)
            except Exception as error:
                failures.append(Failure(run, "", f"{run.text}: it could not be started: {in_short(error)}"))
            else:
                failures += _collect(outcome, result, run)
    outcome.failures = [failure.says for failure in failures]
    return outcome


def _computing(
    definitions: dg.Definitions, instance: dg.DagsterInstance
) -> Callable[[PlannedRun], dg.ExecuteInProcessResult]:
    """How to compute a planned run in this process; Dagster knows the assets of the run, as with a run worker."""
    checks = checks_by_asset(definitions)

    def compute(run: PlannedRun) -> dg.ExecuteInProcessResult:
        begin_to_import()
        job = definitions.resolve_implicit_global_asset_job_def()  # where nothing is to be computed it is not made
        assets = frozenset(dg.AssetKey(asset.split("/")) for asset in run.assets)
        wanted = {key for asset in run.assets for key in checks.get(asset, ())}
        return core_execute_in_process(
            run_config=QUIET,
            job=InMemoryJob(job.get_subset(asset_selection=assets, asset_check_selection=wanted)),
            instance=instance,
            output_capturing_enabled=False,
            raise_on_error=False,
            run_tags={**LOAD_TAG, **NO_RETRY, **run.tags, PLANNED_AT: f"{time.time():.3f}"},
            asset_selection=assets,
        )

    return compute


def _collect(outcome: Outcome, result: dg.ExecuteInProcessResult, run: PlannedRun) -> list[Failure]:
    """Adds what a run did to the outcome, and returns its failures; where only a check failed, that is none."""
    failures = []
    for event in result.all_events:
        if event.is_step_failure and "AssetCheckFailed" not in str(event.step_failure_data.error):
            asset = (event.step_key or "").replace("__", "/")
            failures.append(Failure(run, asset, f"{asset}{run.span}: {_in_words(event)}"))
        if event.event_type == dg.DagsterEventType.ASSET_MATERIALIZATION and event.asset_key:
            name = event.asset_key.to_user_string()
            outcome.computed[name] = outcome.computed.get(name, 0) + 1
    for check in result.get_asset_check_evaluations():
        if not check.passed:
            _add(outcome.failed_checks, _failed(check))
    return failures


def _failed(check: dg.AssetCheckEvaluation) -> FailedCheck:
    partitions, says = _number(check, "failed_partitions", 1), check.description or ""
    if check.partition and check.partition not in says:
        says = f"{check.partition}: {says}"
    return FailedCheck(
        check.asset_key.to_user_string(),
        check.check_name,
        check.severity.value,
        bool(check.blocking),
        says if check.blocking else says.removesuffix(f" And {partitions - 1} more partitions."),
        1 if check.blocking else partitions,
        _number(check, "offenders", 0),
    )


def _number(check: dg.AssetCheckEvaluation, name: str, otherwise: int) -> int:
    value = check.metadata[name].value if name in check.metadata else otherwise
    return value if isinstance(value, int) else otherwise


def _add(failed: list[FailedCheck], check: FailedCheck) -> None:
    """One check is one line, in however many runs it failed; but what waits for somebody is named each time."""
    for number, other in enumerate(failed):
        if (other.asset, other.check) == (check.asset, check.check) and not check.blocking:
            worst = min(other, check, key=lambda one: one.severity)  # ERROR, then WARN; of equals the first
            partitions, offenders = other.partitions + check.partitions, other.offenders + check.offenders
            failed[number] = replace(worst, partitions=partitions, offenders=offenders)
            return
    failed.append(check)


def _in_words(event: dg.DagsterEvent) -> str:
    """The failure of a step as a person should read it; the blocking check that failed speaks for itself."""
    data = event.step_failure_data
    if data.user_failure_data and data.user_failure_data.description:
        return data.user_failure_data.description
    error = data.error
    while error and error.cause:
        error = error.cause
    said = re.sub(r"^songify_assets\.errors\.\w+: ", "", (error.message if error else "unknown").strip())
    lines = [line for line in said.splitlines() if line.strip()]
    return f"{lines[0]} (the web UI shows the whole of it under run {event.logging_tags['run_id'] if event.logging_tags else ''})"
