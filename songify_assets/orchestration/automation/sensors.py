"""The sensors: one a source watches its drops, and one starts what follows from what was computed."""

import time
from collections.abc import Mapping, Sequence

import dagster as dg

from songify_assets.foundation.feeds import Feed
from songify_assets.foundation.landing import Look
from songify_assets.foundation.ledger import PUBLISHED
from songify_assets.foundation.published import is_lost
from songify_assets.orchestration.automation.looks import BackgroundLook, look_at
from songify_assets.orchestration.checks.freshness import report_freshness
from songify_assets.orchestration.planner.new_day import mark_new_day
from songify_assets.orchestration.planner.planner import PLANNED_AT, Planner
from songify_assets.orchestration.planner.triggers import PlannedRun
from songify_assets.orchestration.planner.upgrades import mark_changed
from songify_assets.orchestration.ui.attempts import FAILURES, why
from songify_assets.texts import printable

LOOK_S, MOST_NOTES = 20, 20
Checks = Mapping[str, Sequence[dg.AssetCheckKey]]


def drops_sensor(source: str, feeds: Sequence[Feed], planner: Planner, checks: Checks) -> dg.SensorDefinition:
    """Watches the drops of a source: what it delivers becomes runs of its raw, history and latest assets."""
    own = [feed for feed in feeds if feed.source == source]
    scope = feed_scope(own)
    looks = BackgroundLook(lambda tell: look_at(planner.store, source, own, tell))

    @dg.sensor(
        name=f"{source}_drops",
        asset_selection=dg.AssetSelection.assets(*(key.split("/") for key in scope)),
        minimum_interval_seconds=30,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=f"Looks at the drops of {source}, lands what is complete and new, and has it computed.",
    )
    def drops(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        look = looks.result(within_s=LOOK_S)
        _report_freshness(context, planner, own)
        if look is None:
            return dg.SensorResult(skip_reason=f"Still looking: {looks.doing}")
        says, runs = _said(context, look), planner.plan(context.instance, scope)
        if look.errors and not runs:  # first what has landed
            raise look.errors[0]
        return _requests(runs, checks, says)

    return drops


def follow_up_sensor(feeds: Sequence[Feed], planner: Planner, checks: Checks) -> dg.SensorDefinition:
    """Has computed what is out of date because something upstream was computed: facts, marts, then the warehouse, once."""
    scope = sorted(set(planner.triggers.nodes) - set(feed_scope(feeds)))

    @dg.sensor(
        name="follow_ups",
        asset_selection=dg.AssetSelection.assets(*(key.split("/") for key in scope)),
        minimum_interval_seconds=1,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Has everything computed that new data has put out of date, upstream first, in ranges of partitions; the "
        "warehouse is published last, once.",
    )
    def follow_ups(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        if is_lost(planner.store) and PUBLISHED not in planner.store.ledger.stale():
            planner.store.ledger.mark([(PUBLISHED, "")])
        for line in mark_changed(planner.store, planner.triggers.nodes):
            context.log.info(line)
        mark_new_day(planner.store, planner.triggers.nodes)
        return _requests(planner.plan(context.instance, scope), checks, "Nothing waits for a run.")

    return follow_ups


def _report_freshness(context: dg.SensorEvaluationContext, planner: Planner, feeds: Sequence[Feed]) -> None:
    """That a check cannot be evaluated keeps nothing from being landed and computed."""
    try:
        report_freshness(context.instance, planner.store, feeds)
    except FAILURES as error:
        context.log.error(f"the freshness of {', '.join(feed.name for feed in feeds)} is not known: {why(error)}")


def feed_scope(feeds: Sequence[Feed]) -> list[str]:
    """The assets that a sensor on drops has computed."""
    dumps = [feed for feed in feeds if feed.is_dump]
    return [*(feed.raw for feed in feeds), *(key for feed in dumps for key in (feed.history, feed.table))]


def run_request(run_key: str, run: PlannedRun, checks: Checks) -> dg.RunRequest:
    """The request of a planned run, with the checks of its assets."""
    return dg.RunRequest(
        run_key=run_key,
        asset_selection=[dg.AssetKey(asset.split("/")) for asset in run.assets],
        asset_check_keys=[key for asset in run.assets for key in checks.get(asset, ())],
        tags={**run.tags, PLANNED_AT: f"{time.time():.3f}"},
    )


def _requests(runs: Mapping[str, PlannedRun], checks: Checks, otherwise: str) -> dg.SensorResult:
    requests = [run_request(run_key, run, checks) for run_key, run in runs.items()]
    return dg.SensorResult(run_requests=requests) if requests else dg.SensorResult(skip_reason=otherwise)


def _said(context: dg.SensorEvaluationContext, look: Look) -> str:
    """Says what came of a look."""
    said = [*map(str, (*look.unreachable, *look.errors, *look.refused)), *look.notes]
    for note in said[:MOST_NOTES]:
        context.log.info(printable(note))
    if len(said) > MOST_NOTES:
        context.log.info(f"… and {len(said) - MOST_NOTES} more files")
    waiting = f", {len(look.waiting)} files are not complete yet" if look.waiting else ""
    counts = f"{len(look.landed)} new files{waiting}."
    if look.unreachable:
        return f"{counts} {look.unreachable[0]}" if look.landed else str(look.unreachable[0])
    return counts
