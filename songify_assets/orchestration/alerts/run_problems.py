"""Runs that failed and were not made good since, and runs that take much longer than they used to."""

from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

import dagster as dg
from dagster import AssetKey, DagsterEventType, DagsterRunStatus, RunRecord, RunsFilter

from songify_assets.foundation.alerting.routing import Problem
from songify_assets.orchestration.alerts.view import View, innermost

LOOK_BACK = timedelta(days=7)
SLOW_FROM_S, SLOW_FACTOR = 600, 4
COMPARED, COMPARED_AT_LEAST = 20, 3
RETRY_WITHIN_S = 120
SHOWN = 5
ROOT, RETRIED_AS = "dagster/root_run_id", "dagster/auto_retry_run_id"
PARTITION, START, END = "dagster/partition", "dagster/asset_partition_range_start", "dagster/asset_partition_range_end"
ENDED_BADLY = (DagsterRunStatus.FAILURE, DagsterRunStatus.CANCELED)

# An asset and one of its partitions, None for an asset without.
Part = tuple[AssetKey, str | None]


def failed_runs(view: View) -> list[Problem]:
    """Runs that failed, unless a check speaks for them, a retry is on its way, or what they failed to do was done since.

    What several runs failed on, a range and then its halves or the same once more, is told once.
    """
    failed = _runs(view, [DagsterRunStatus.FAILURE], updated_after=datetime.fromtimestamp(view.now, UTC) - LOOK_BACK)
    last_of_root = {_root(record): record for record in reversed(failed)}
    told, problems = set[Part](), list[Problem]()
    for root, record in last_of_root.items():
        if _is_tried_again(view, root, record) or _was_made_good(view, record) or _a_check_speaks_for(view, record):
            continue
        undone = _left_undone(view, record)
        if not undone or not undone <= told:
            problems.append(_failure(view, root, record, undone))
        told |= undone
    return problems


def slow_runs(view: View) -> list[Problem]:
    """Runs under way for four times as long as runs of the same assets usually take, and for ten minutes at least."""
    problems = []
    for record in _runs(view, [DagsterRunStatus.STARTED]):
        took = view.now - (record.start_time or view.now)
        if took < SLOW_FROM_S:
            continue
        usual = _usual_seconds(view, record)
        if usual is None or took < SLOW_FACTOR * usual:
            continue
        body = (
            f"It is under way since {datetime.fromtimestamp(record.start_time or 0, UTC).astimezone():%Y-%m-%d %H:%M %Z}; "
            f"runs of the same assets usually take {_minutes(usual)}. Its page shows what it is doing, and ends it."
        )
        run_id, assets = record.dagster_run.run_id, _assets(view, record)
        title = f"a run of {_subject(record, assets)} takes long"
        problems.append(view.problem(f"slow:{run_id}", "warning", title, body, f"/runs/{run_id}", assets))
    return problems


def _failure(view: View, root: str, record: RunRecord, undone: Collection[Part]) -> Problem:
    steps, assets = list(_step_failures(view, record)), _assets(view, record)
    why = [f"{(event.step_key or '').replace('__', '/')}: {_reason(event)}" for event in steps[:SHOWN]]
    if not why:
        ended = view.instance.get_records_for_run(
            record.dagster_run.run_id, of_type=DagsterEventType.RUN_FAILURE
        ).records
        why = [entry.event_log_entry.get_dagster_event().message or "Its process ended." for entry in ended[-1:]]
    body = [
        *why,
        f"Assets: {', '.join(assets) or 'none'}",
        f"Partitions: {_partitions(record) or 'none'}",
    ]
    if undone:
        left = sorted(f"{asset.to_user_string()} {key or ''}".strip() for asset, key in undone)
        body.append(
            f"Not done since: {', '.join(left[:SHOWN])}" + f" and {len(left) - SHOWN} more" * (len(left) > SHOWN)
        )
    body.append("What it had not done stays out of date. Re-execute it from its page once the cause is mended.")
    title, link = f"a run of {_subject(record, assets)} failed", f"/runs/{record.dagster_run.run_id}"
    return view.problem(f"run:{root}", "error", title, "\n".join(body), link, assets)


def _is_tried_again(view: View, root: str, record: RunRecord) -> bool:
    tags, ended = record.dagster_run.tags, record.end_time or 0
    if tags.get("dagster/will_retry") == "true" and RETRIED_AS not in tags and view.now - ended < RETRY_WITHIN_S:
        return True
    family = view.instance.get_run_records(RunsFilter(tags={ROOT: root}))
    later = [other for other in family if other.storage_id > record.storage_id]
    return any(other.dagster_run.status not in ENDED_BADLY for other in later)


def _was_made_good(view: View, record: RunRecord) -> bool:
    """Whether all that the run left undone, or all that it did if it left nothing undone, was materialized later."""
    run = record.dagster_run
    if not _parts(view, record, DagsterEventType.ASSET_MATERIALIZATION_PLANNED):
        return any(
            other.storage_id > record.storage_id and other.dagster_run.status == DagsterRunStatus.SUCCESS
            for other in view.instance.get_run_records(RunsFilter(job_name=run.job_name), limit=COMPARED)
        )
    return not _left_undone(view, record)


def _left_undone(view: View, record: RunRecord) -> set[Part]:
    """What a run did not do (all that it did if it left nothing undone), and no run has done since."""
    planned = _parts(view, record, DagsterEventType.ASSET_MATERIALIZATION_PLANNED)
    missing = (planned - _parts(view, record, DagsterEventType.ASSET_MATERIALIZATION)) or planned
    since = {asset: _materialized_since(view, asset, record) for asset in {asset for asset, _ in missing}}
    return {(asset, key) for asset, key in missing if key not in since[asset]}


def _materialized_since(view: View, asset: AssetKey, record: RunRecord) -> set[str | None]:
    since = dg.AssetRecordsFilter(asset_key=asset, after_timestamp=record.end_time)
    partitions: set[str | None] = set()
    cursor, has_more = None, True
    while has_more:
        page = view.instance.fetch_materializations(since, limit=1000, cursor=cursor)
        partitions |= {event.partition_key for event in page.records}
        cursor, has_more = page.cursor, page.has_more
    return partitions


def _a_check_speaks_for(view: View, record: RunRecord) -> bool:
    errors = [str(event.step_failure_data.error) for event in _step_failures(view, record)]
    return bool(errors) and all("AssetCheckFailed" in error for error in errors)


def _parts(view: View, record: RunRecord, kind: DagsterEventType) -> set[Part]:
    """The assets and partitions that these events of a run name."""
    parts: set[Part] = set()
    for entry in view.instance.get_records_for_run(record.dagster_run.run_id, of_type=kind).records:
        event = entry.event_log_entry.get_dagster_event()
        subset = getattr(event.event_specific_data, "partitions_subset", None)
        keys: Sequence[str | None] = list(subset.get_partition_keys()) if subset else [event.partition]
        if event.asset_key:
            parts |= {(event.asset_key, key) for key in keys}
    return parts


def _step_failures(view: View, record: RunRecord) -> Iterator[dg.DagsterEvent]:
    for entry in view.instance.get_records_for_run(
        record.dagster_run.run_id, of_type=DagsterEventType.STEP_FAILURE
    ).records:
        yield entry.event_log_entry.get_dagster_event()


def _reason(event: dg.DagsterEvent) -> str:
    said = event.step_failure_data.user_failure_data
    return (said.description if said else None) or innermost(event.step_failure_data.error)


def _usual_seconds(view: View, record: RunRecord) -> float | None:
    """The median of the last runs of the same assets; None if there were too few to say."""
    run = record.dagster_run
    done = view.instance.get_run_records(
        RunsFilter(job_name=run.job_name, statuses=[DagsterRunStatus.SUCCESS]), limit=500
    )
    took = [
        earlier.end_time - earlier.start_time
        for earlier in done
        if earlier.dagster_run.asset_selection == run.asset_selection and earlier.end_time and earlier.start_time
    ][:COMPARED]
    return median(took) if len(took) >= COMPARED_AT_LEAST else None


def _runs(view: View, statuses: Sequence[DagsterRunStatus], **limits: Any) -> Sequence[RunRecord]:
    """Runs of these statuses, newest first."""
    return view.instance.get_run_records(RunsFilter(statuses=statuses, **limits))


def _root(record: RunRecord) -> str:
    return record.dagster_run.tags.get(ROOT, record.dagster_run.run_id)


def _assets(view: View, record: RunRecord) -> list[str]:
    planned = _parts(view, record, DagsterEventType.ASSET_MATERIALIZATION_PLANNED)
    return sorted({asset.to_user_string() for asset, _ in planned})


def _partitions(record: RunRecord) -> str:
    tags = record.dagster_run.tags
    return f"{tags[START]} to {tags[END]}" if START in tags and END in tags else tags.get(PARTITION, "")


def _subject(record: RunRecord, assets: Sequence[str]) -> str:
    """What a run is about, in a line."""
    shown = ", ".join(assets[:SHOWN]) or record.dagster_run.job_name
    more = f" and {len(assets) - SHOWN} more" if len(assets) > SHOWN else ""
    partitions = _partitions(record)
    return shown + more + (f" ({partitions})" if partitions else "")


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.0f} minutes" if seconds >= 90 else f"{seconds:.0f} seconds"
