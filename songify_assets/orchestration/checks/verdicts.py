"""What a check found, a partition at a time, and how Dagster is told: the web UI shows it per partition, in range runs too."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ParamSpec

import dagster as dg
import polars as pl
from dagster._core.events import DagsterEventBatchMetadata

from songify_assets.orchestration.declare.checks import Severity
from songify_assets.orchestration.ui.attempts import FAILURES, why
from songify_assets.orchestration.ui.metadata import markdown

Of = ParamSpec("Of")
SHOWN = 5


@dataclass(frozen=True)
class Verdict:
    """Whether a partition passed, in words why not, and what to show."""

    passed: bool
    says: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    severity: Severity = "error"

    @property
    def level(self) -> dg.AssetCheckSeverity:
        """The severity as Dagster knows it."""
        return dg.AssetCheckSeverity.WARN if self.severity == "warn" else dg.AssetCheckSeverity.ERROR


def judged(judge: Callable[Of, Verdict], *args: Of.args, **named: Of.kwargs) -> Verdict:
    """What `judge` finds; where it fails itself, a verdict that says so: nobody knows whether the check holds."""
    try:
        return judge(*args, **named)
    except FAILURES as error:
        return Verdict(False, f"The check itself failed: {why(error)}")


def sample(offenders: pl.DataFrame) -> dict[str, dg.MetadataValue[Any]]:
    """A few offending rows as metadata."""
    return {"some": dg.MetadataValue.md(markdown(offenders.head(SHOWN)))}


def result_of(
    context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext,
    spec: dg.AssetCheckSpec,
    verdicts: Mapping[str, Verdict],
) -> dg.AssetCheckResult:
    """The result of a check for the partitions of a run.

    Dagster records one result a run, and with several partitions it belongs to none of them: so each partition's verdict is
    reported by itself, and the run's result sums them up.
    """
    several = _is_range(context) and spec.partitions_def is not None
    if several:
        report(context.instance, context.run, spec, verdicts)
    one = _summed_up(verdicts, spec.blocking) if several else next(iter(verdicts.values()), Verdict(True))
    return dg.AssetCheckResult(
        asset_key=spec.asset_key,
        check_name=spec.name,
        passed=one.passed,
        severity=one.level,
        description=one.says,
        metadata=one.metadata,
    )


def report(
    instance: dg.DagsterInstance, run: dg.DagsterRun, spec: dg.AssetCheckSpec, verdicts: Mapping[str, Verdict]
) -> None:
    """Shows verdicts on single partitions, as found by this run; written at once where the storage can.

    (`report_runless_asset_event` would not do: a second event for the same partition breaks its table's unique index.)
    """
    batch = uuid.uuid4().hex
    for number, (key, verdict) in enumerate(verdicts.items(), 1):
        event = dg.DagsterEvent(
            event_type_value=dg.DagsterEventType.ASSET_CHECK_EVALUATION.value,
            event_specific_data=evaluation(spec, key, verdict),
            job_name=run.job_name,
        )
        last = DagsterEventBatchMetadata(batch, is_end=number == len(verdicts))
        instance.report_dagster_event(event, run.run_id, batch_metadata=last)


def evaluation(spec: dg.AssetCheckSpec, key: str | None, verdict: Verdict) -> dg.AssetCheckEvaluation:
    """A verdict as Dagster's event (`key` is None for a check without partitions)."""
    return dg.AssetCheckEvaluation(
        asset_key=spec.asset_key,
        check_name=spec.name,
        passed=verdict.passed,
        severity=verdict.level,
        description=verdict.says,
        metadata=dict(verdict.metadata),
        blocking=spec.blocking,
        partition=key,
    )


def _is_range(context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext) -> bool:
    if not context.has_partition_key_range:
        return False
    span = context.partition_key_range
    return bool(span.start != span.end)


def _summed_up(verdicts: Mapping[str, Verdict], blocking: bool) -> Verdict:
    """One verdict for several partitions, that names the worst first: it has their severity."""
    failed = [(key, verdict) for key, verdict in verdicts.items() if not verdict.passed]
    failed.sort(key=lambda one: one[1].severity != "error")
    metadata: dict[str, Any] = {"partitions": len(verdicts), "failed_partitions": len(failed)}
    for verdict in verdicts.values():
        for name, value in verdict.metadata.items():
            if isinstance(value, int | float) and not isinstance(value, bool):
                metadata[name] = metadata.get(name, 0) + value
    if failed and "some" in failed[0][1].metadata:
        metadata["some"] = failed[0][1].metadata["some"]
    says = [f"{key}: {verdict.says}" for key, verdict in failed]
    shown = SHOWN if blocking else 1  # what waits for somebody is named
    more = f" And {len(says) - shown} more partitions." if len(says) > shown else ""
    judged_by = [verdict.severity for _, verdict in failed] or [verdict.severity for verdict in verdicts.values()]
    worst: Severity = "error" if "error" in judged_by else "warn"
    return Verdict(not failed, " ".join(says[:shown]) + more if says else None, metadata, worst)
