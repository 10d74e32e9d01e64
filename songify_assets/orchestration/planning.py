"""Which runs to start now. Sensors, schedules and `songify load` all ask here.

It follows from the marks in the ledger and from Dagster's own runs, and nothing else is kept: a restart forgets nothing, and
whoever asks twice gets the same answer.
"""

import hashlib
import json
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, NamedTuple

import dagster as dg

from songify_assets.foundation.deliveries import Store
from songify_assets.foundation.ledger import Mark, by_asset
from songify_assets.orchestration.gates import held_partitions
from songify_assets.orchestration.tables import Cadence, partitions
from songify_assets.orchestration.triggers import END_TAG, PARTITION_TAG, START_TAG, PlannedRun, Triggers

PLANNED_AT = "songify/planned_at"
LOAD_TAG = {"songify/command": "load"}
RETRY_WITHIN_S = 120
BEGAN = time.time()
UNFINISHED = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]
FAILED = [dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]


@dataclass(frozen=True)
class Planner:
    """Knows the marks, the graph, and the blocking checks that can hold something back."""

    store: Store
    triggers: Triggers
    gates: Sequence[dg.AssetCheckKey]

    def plan(
        self, instance: dg.DagsterInstance, scope: Collection[str] | None = None, since: float = 0
    ) -> dict[str, PlannedRun]:
        """The runs of assets in `scope` (None: all) to start now, by run key.

        The key is a digest of the marks that a run answers, which come from content: planned again, it is the same. What a
        run since `since` (epoch seconds) has failed on is left alone until somebody asks for it again. Runs that were lost with
        their workers before this process began count as never started: it was a power cut, or somebody's kill.
        """
        marks, busy, lost = self.waiting(instance, since)
        calendar = partitions(self.store.settings)
        keys: dict[Cadence | None, list[str]] = {
            cadence: list(one.get_partition_keys()) if one else [] for cadence, one in calendar.items()
        }
        return {_run_key(run, marks, lost): run for run in self.triggers.next_runs(by_asset(marks), keys, busy, scope)}

    def failed(self, instance: dg.DagsterInstance) -> list[Mark]:
        """The marks that a run has failed on, and that nobody has asked for since."""
        waiting = self.waiting(instance).marks
        asked_again = self.waiting(instance, since=time.time()).marks
        return [mark for mark in asked_again if mark not in waiting]

    def waiting(self, instance: dg.DagsterInstance, since: float = 0) -> "Waiting":
        """What waits for a run: marks that no run is about to answer or has failed on and no gate holds."""
        marks = [mark for mark in self.store.ledger.marks() if mark.asset in self.triggers.nodes]
        if not marks:
            return Waiting([], set(), [])
        unfinished = [Covering(record) for record in instance.get_run_records(dg.RunsFilter(statuses=UNFINISHED))]
        active = [run for run in unfinished if not run.is_stillborn]
        oldest = datetime.fromtimestamp(max(since, min(mark.marked_at for mark in marks)) - 1, UTC)
        ended = instance.get_run_records(dg.RunsFilter(statuses=FAILED, updated_after=oldest))
        failed = [Covering(record, instance) for record in ended]
        active += [run for run in failed if run.is_retried_soon]
        held = held_partitions(instance, self.gates, self.triggers, self.store.lake)
        waiting = [
            mark
            for mark in marks
            if not any(run.covers(mark) for run in active)
            and not any(run.planned_at > max(mark.marked_at, since) and run.failed_on(mark) for run in failed)
            and not {(mark.asset, mark.partition), (mark.asset, None)} & held
        ]
        busy = {asset for run in active for asset in run.assets if asset in self.triggers.nodes}
        return Waiting(waiting, busy, [run for run in failed if run.is_lost])


class Waiting(NamedTuple):
    """Marks that wait for a run, the assets that runs are busy with, and the runs that a power cut took."""

    marks: list[Mark]
    busy: set[str]
    lost: "list[Covering]"


class Covering:
    """The partitions that a run of Dagster computes, and how it went."""

    def __init__(self, record: dg.RunRecord, instance: dg.DagsterInstance | None = None) -> None:
        self.record, self.instance, run = record, instance, record.dagster_run
        self.tags: dict[str, Any] = dict(run.tags)
        self.assets = {key.to_user_string() for key in run.asset_selection or ()}
        only = self.tags.get(PARTITION_TAG, "")
        self.first, self.last = self.tags.get(START_TAG, only), self.tags.get(END_TAG, only)
        self.planned_at = float(self.tags.get(PLANNED_AT, record.create_timestamp.timestamp()))

    def covers(self, mark: Mark) -> bool:
        """Whether the run computes this partition."""
        return mark.asset in self.assets and (not mark.partition or self.first <= mark.partition <= self.last)

    def failed_on(self, mark: Mark) -> bool:
        """Whether the run failed on this partition itself, not on something before it."""
        if not self.covers(mark) or self.is_lost:
            return False
        return not self.failed_steps or mark.asset.replace("/", "__") in self.failed_steps

    @cached_property
    def failed_steps(self) -> set[str]:
        """The steps that failed; none where the run never got so far, or its worker died."""
        assert self.instance is not None, "only asked of runs that ended"
        stats = self.instance.get_run_step_stats(self.record.dagster_run.run_id)
        return {one.step_key for one in stats if one.status and one.status.value == "FAILURE"}

    @property
    def is_lost(self) -> bool:
        """Whether its worker died before this process began."""
        died = self.record.dagster_run.status == dg.DagsterRunStatus.FAILURE and not self.failed_steps
        return died and self.planned_at < BEGAN

    @property
    def is_stillborn(self) -> bool:
        """Whether a load was killed between making the run and starting it; nobody else will ever start it."""
        run = self.record.dagster_run
        ours = run.status == dg.DagsterRunStatus.NOT_STARTED and LOAD_TAG.items() <= self.tags.items()
        return ours and time.time() - self.planned_at > RETRY_WITHIN_S

    @property
    def is_retried_soon(self) -> bool:
        """Whether Dagster is about to start a retry of this run, whose worker died."""
        waits = self.tags.get("dagster/will_retry") == "true" and "dagster/auto_retry_run_id" not in self.tags
        return waits and time.time() - (self.record.end_time or 0) < RETRY_WITHIN_S


def _run_key(run: PlannedRun, marks: Sequence[Mark], lost: Sequence[Covering]) -> str:
    answered = [
        mark
        for mark in marks
        if mark.asset in run.assets and (not mark.partition or (run.first or "") <= mark.partition <= (run.last or ""))
    ]
    before = sorted(one.record.dagster_run.run_id for one in lost if any(map(one.covers, answered)))
    content = sorted((mark.asset, mark.partition, mark.marked_at) for mark in answered)
    return hashlib.sha256(json.dumps([run.first, run.last, content, before]).encode()).hexdigest()[:32]
