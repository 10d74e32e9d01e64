"""Which runs to start now. Sensors, schedules and `songify load` all ask here.

It follows from the marks in the ledger and from Dagster's own runs, and nothing else is kept: a restart forgets nothing, and
whoever asks twice gets the same answer.
"""

import hashlib
import json
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from types import MappingProxyType
from typing import Any, NamedTuple

import dagster as dg

from songify_assets.foundation.calendar import Cadence
from songify_assets.foundation.ledger import PUBLISHED, Mark, by_asset
from songify_assets.foundation.store import Store
from songify_assets.orchestration.partitions import partitions
from songify_assets.orchestration.planner.gates import held_partitions
from songify_assets.orchestration.planner.triggers import END_TAG, PARTITION_TAG, START_TAG, PlannedRun, Triggers

PLANNED_AT = "songify/planned_at"
LOAD_TAG = {"songify/command": "load"}
RETRY_WITHIN_S = 120
# Halving finds one bad partition among 2,000 with so many runs; where all are bad, more would help nobody.
MOST_TRIES = 12
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
        self,
        instance: dg.DagsterInstance,
        scope: Collection[str] | None = None,
        since: float = 0,
        given_up: Collection[PlannedRun] = (),
    ) -> dict[str, PlannedRun]:
        """The runs of assets in `scope` (None: all) to start now, by run key.

        The key is a digest of the marks that a run answers, which come from content: planned again, it is the same. What a
        run since `since` (epoch seconds) has failed on is left alone until somebody asks for it again, and so is what the runs
        `given_up` cover. A range of partitions is tried again in halves first, so that one of them does not hold the others. Runs that were lost with their workers before this process began count as never started: it was a
        power cut, or somebody's kill.
        """
        state = self.state(instance, since)
        keys = self._keys()
        marks = [
            mark
            for mark in state.waiting
            if (not mark.partition or mark.partition in keys[self.triggers.nodes[mark.asset].cadence])
            and not any(run.covers(mark.asset, mark.partition) for run in given_up)
        ]
        ordered = {cadence: list(known) for cadence, known in keys.items()}
        runs = self.triggers.next_runs(self.store.lake, by_asset(marks), ordered, state.busy, scope, state.tried)
        return {_run_key(run, marks, state.lost): run for run in runs}

    def _keys(self) -> dict[Cadence | None, dict[str, None]]:
        """The partitions there are today, in order. A mark for another one, such as tomorrow, waits for its day."""
        settings = self.store.settings
        return {
            cadence: dict.fromkeys(definition.get_partition_keys() if definition else ())
            for cadence, definition in partitions(settings.start_date, settings.timezone).items()
        }

    def state(self, instance: dg.DagsterInstance, since: float = 0) -> "State":
        """How it stands with each mark: a run is about to answer it, has failed on it, a check holds it, or it waits."""
        marks = [mark for mark in self.store.ledger.marks() if mark.asset in self.triggers.nodes]
        if not marks:
            return State()
        unfinished = [Covering(record) for record in instance.get_run_records(dg.RunsFilter(statuses=UNFINISHED))]
        active = [run for run in unfinished if not run.is_stillborn]
        oldest = datetime.fromtimestamp(max(since, min(mark.marked_at for mark in marks)) - 1, UTC)
        ended = instance.get_run_records(dg.RunsFilter(statuses=FAILED, updated_after=oldest))
        failed = [Covering(record, instance) for record in ended]
        active += [run for run in failed if run.is_retried_soon]
        held = held_partitions(instance, self.gates, self.triggers, self.store.lake)
        unanswered = [mark for mark in marks if not any(run.covers(mark) for run in active)]
        tries = {mark: [run for run in failed if run.failed_on(mark, since)] for mark in unanswered}
        tried: dict[str, set[tuple[str, str]]] = {}
        for mark, runs in tries.items():
            tried.setdefault(mark.asset, set()).update((run.first, run.last) for run in runs)
        refused = {
            mark
            for mark, runs in tries.items()
            if len(tried[mark.asset]) >= MOST_TRIES or not all(mark.partition and run.can_be_split for run in runs)
        }
        held |= self._made_of_nothing(refused)
        gated = {mark for mark in unanswered if {(mark.asset, mark.partition), (mark.asset, None)} & held}
        return State(
            waiting=[mark for mark in unanswered if mark not in refused and mark not in gated],
            failed=[mark for mark in unanswered if mark in refused and mark not in gated],
            held=[mark for mark in unanswered if mark in gated],
            tried=tried,
            busy={asset for run in active for asset in run.assets if asset in self.triggers.nodes},
            lost=[run for run in failed if run.is_lost(since)],
        )

    def _made_of_nothing(self, failed: Iterable[Mark]) -> set[tuple[str, str | None]]:
        """What would be made of nothing, because a run failed on all that it is made from: it waits.

        What is made from something that failed, but is there from before, is made from that.
        """
        lake, nodes, waiting = self.store.lake, self.triggers.nodes, set[tuple[str, str | None]]()
        for mark in failed:
            if mark.asset in lake.tables and not lake.path(mark.asset, mark.partition).exists():
                children = [
                    node.key for node in nodes.values() if mark.asset in node.upstream and node.key != PUBLISHED
                ]
                cadence = nodes[mark.asset].cadence
                alike = [child for child in children if cadence is None or nodes[child].cadence == cadence]
                waiting |= {(child, mark.partition or None) for child in alike}
        return waiting


class State(NamedTuple):
    """Marks that wait for a run, that runs have failed on, or that are held by a check or for want of what they are made from.

    `tried` are the ranges (first, last) that runs of an asset have failed on; then the assets that runs are busy with, and the
    runs that a power cut took.
    """

    waiting: Sequence[Mark] = ()
    failed: Sequence[Mark] = ()
    held: Sequence[Mark] = ()
    tried: Mapping[str, Collection[tuple[str, str]]] = MappingProxyType({})
    busy: Collection[str] = ()
    lost: "Sequence[Covering]" = ()


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

    def failed_on(self, mark: Mark, since: float = 0) -> bool:
        """Whether the run failed on this very partition, not on something before it, after it was marked and `since`.

        A step counts from its own start: what it works on may have been marked by an earlier step of the same run.
        """
        moment = max(mark.marked_at, since)
        if not self.covers(mark) or (self.record.end_time or moment) < moment or self.is_lost(since):
            return False
        if not self.failed_steps:
            return self.planned_at > moment
        return self.failed_steps.get(mark.asset.replace("/", "__"), 0) > moment

    @property
    def can_be_split(self) -> bool:
        """Whether one partition may have failed the others: a step did, on several of them."""
        return self.first != self.last and bool(self.failed_steps)

    @cached_property
    def failed_steps(self) -> dict[str, float]:
        """The steps that failed and when they began; none where the run never got so far, or its worker died."""
        assert self.instance is not None, "only asked of runs that ended"
        stats = self.instance.get_run_step_stats(self.record.dagster_run.run_id)
        return {step.step_key: step.start_time or 0 for step in stats if step.status and step.status.value == "FAILURE"}

    def is_lost(self, since: float = 0) -> bool:
        """Whether its worker died before this process began, or with another load than the one since `since`."""
        died = self.record.dagster_run.status == dg.DagsterRunStatus.FAILURE and not self.failed_steps
        of_a_load = LOAD_TAG.items() <= self.tags.items() and (not since or self.planned_at < since)
        return died and (of_a_load or self.planned_at < BEGAN)

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
    before = sorted(run.record.dagster_run.run_id for run in lost if any(map(run.covers, answered)))
    content = sorted((mark.asset, mark.partition, mark.marked_at) for mark in answered)
    return hashlib.sha256(json.dumps([run.first, run.last, content, before]).encode()).hexdigest()[:32]
