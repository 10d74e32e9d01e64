"""What is wrong now: failed checks, and all that the other finders know. Computed from what is the case, never kept."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
from dagster import AssetCheckSeverity, MarkdownMetadataValue

from songify_assets.foundation.alerting.routing import Problem
from songify_assets.foundation.ledger import Ledger
from songify_assets.foundation.ledger.sources import unreachable
from songify_assets.orchestration.alerts.run_problems import failed_runs, slow_runs
from songify_assets.orchestration.alerts.tick_problems import failed_ticks, silent_location
from songify_assets.orchestration.alerts.view import View
from songify_assets.orchestration.checks.evaluations import failed_evaluations

UNREACHABLE_FOR = timedelta(minutes=15)
SAMPLE_CHARACTERS = 800
# That alerts do not get through cannot be told by an alert; the UI shows it.
OWN_CHECK = "alerts_delivered"
TITLES = {
    "mass_delete": "{where} is held for approval",
    "readable": "{where} cannot be read",
    "schema": "{where} breaks its schema",
}


def find_problems(view: View, home: Path, steady_since: float) -> list[Problem]:
    """Everything that is wrong now. `steady_since`: from when on the alerts sensor was evaluated without a gap."""
    return [
        *failed_checks(view),
        *failed_runs(view),
        *slow_runs(view),
        *failed_ticks(view),
        *silent_location(view, steady_since),
        *unreachable_sources(view, home),
    ]


def failed_checks(view: View) -> list[Problem]:
    """The partitions whose last evaluation of a check failed."""
    found, late = list[Problem](), dict[str, list[dg.AssetCheckEvaluation]]()
    for failed in failed_evaluations(view.instance):
        evaluation, partition = failed.evaluation, failed.partition
        asset, check = evaluation.asset_key.to_user_string(), evaluation.check_name
        if check == OWN_CHECK or view.has_lost(f"{asset}:{check}", failed.event.timestamp):
            continue
        if check == "freshness" and "source" in evaluation.metadata:
            late.setdefault(str(evaluation.metadata["source"].value), []).append(evaluation)
            continue
        where = f"{asset} {partition}" if partition else asset
        found.append(
            view.problem(
                f"check:{asset}:{check}" + (f":{partition}" if partition else ""),
                "warning" if evaluation.severity == AssetCheckSeverity.WARN else "error",
                TITLES.get(check, "{where}: check {check} failed").format(where=where, check=check),
                _in_words(evaluation, partition),
                f"/assets/{asset}?view=checks",
                [asset],
            )
        )
    return found + [_late(view, source, evaluations) for source, evaluations in late.items()]


def _late(view: View, source: str, evaluations: Sequence[dg.AssetCheckEvaluation]) -> Problem:
    """A source that is late is one problem, however many feeds it has."""
    says = {evaluation.asset_key.to_user_string(): evaluation.description or "" for evaluation in evaluations}
    lines = [f"{asset}: {text}" for asset, text in sorted(says.items())]
    link = f"/assets/{min(says)}?view=checks"
    return view.problem(f"late:{source}", "warning", f"{source} is late", "\n".join(lines), link, sorted(says))


def unreachable_sources(view: View, home: Path) -> list[Problem]:
    """The sources that could not be reached for a while."""
    path = home / "ledger.sqlite"
    now = datetime.fromtimestamp(view.now, UTC)
    return [
        view.problem(
            f"source:{source}",
            "error",
            f"{source} cannot be reached",
            f"{what}\nSince {since.astimezone():%Y-%m-%d %H:%M %Z}. The sensor {source}_drops goes on trying; what was "
            "delivered meanwhile is loaded then.",
            "/automation",
        )
        for source, (since, what) in (unreachable(Ledger(path)) if path.exists() else {}).items()
        if now - since > UNREACHABLE_FOR
    ]


def _in_words(evaluation: dg.AssetCheckEvaluation, partition: str | None) -> str:
    asset, check = evaluation.asset_key.to_user_string(), evaluation.check_name
    weight = " It is blocking: what follows from this partition waits." if evaluation.blocking else ""
    lines = [f"{evaluation.description or 'The check did not hold.'}", f"Check {check} of {asset}.{weight}"]
    if check == "mass_delete":
        lines.append(
            f"Ask the source first. To release it: songify approve {asset} {partition} --reason TEXT, or launch the job "
            "approve in the web UI. If it is a mistake of theirs, a corrected dump replaces it."
        )
    sample = evaluation.metadata.get("some")
    if isinstance(sample, MarkdownMetadataValue) and sample.value:
        lines += ["", sample.value[:SAMPLE_CHARACTERS] + " …" * (len(sample.value) > SAMPLE_CHARACTERS)]
    return "\n".join(lines)
