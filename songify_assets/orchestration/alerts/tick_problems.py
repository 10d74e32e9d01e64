"""Sensors and schedules that fail, and a code location that no longer loads."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache

from dagster._core.definitions.run_request import InstigatorType
from dagster._core.scheduler.instigation import InstigatorState, InstigatorStatus, InstigatorTick, TickStatus

from songify_assets.foundation.alerting.routing import Problem
from songify_assets.orchestration.alerts.graph import read_graph
from songify_assets.orchestration.alerts.view import View, innermost

OWN_NAME = "alerts"
SILENT_FOR_S = 300
RECENT_S = 900
COMPLETED = [TickStatus.SUCCESS, TickStatus.SKIPPED, TickStatus.FAILURE]


def failed_ticks(view: View) -> list[Problem]:
    """Sensors and schedules whose last tick failed."""
    last = [(state, _last_tick(view, state)) for state in _others(view) if state.status != InstigatorStatus.STOPPED]
    newest = max((tick.timestamp for _, tick in last if tick), default=0.0)
    found = []
    for state, tick in last:
        if tick is None or tick.status != TickStatus.FAILURE or view.has_lost(state.name, tick.timestamp):
            continue
        is_sensor = state.instigator_type == InstigatorType.SENSOR
        # A sensor ticks all the time: one that has stopped to do so while others go on is no longer there.
        if is_sensor and newest - tick.timestamp > RECENT_S:
            continue
        kind = "sensor" if is_sensor else "schedule"
        body = f"{innermost(tick.error)}\nAs long as it fails it starts no runs. Its page shows the whole error."
        link = f"/locations/{_location(state)}/{kind}s/{state.name}"
        found.append(view.problem(f"{kind}:{state.name}", "error", f"{kind} {state.name} fails", body, link))
    return found


def silent_location(view: View, steady_since: float) -> list[Problem]:
    """The main code location, when none of its running sensors was evaluated for minutes while this one always was."""
    states = [state for state in _others(view) if state.instigator_type == InstigatorType.SENSOR]
    running = [state for state in states if state.status != InstigatorStatus.STOPPED]
    newest = max((tick.timestamp for state in running if (tick := _last_tick(view, state))), default=0.0)
    if (states and not running) or view.now - max(newest, steady_since) < SILENT_FOR_S:
        return []
    since = f" since {datetime.fromtimestamp(newest, UTC).astimezone():%Y-%m-%d %H:%M %Z}" if newest else ""
    body = (
        f"No sensor of it is evaluated{since}: nothing is looked at, loaded or computed.\n{why_not_loaded(newest)}\n"
        "Mend that, then reload the code location in the web UI under Deployment."
    )
    title = "the code location songify_assets does not load"
    return [view.problem("location:songify_assets", "error", title, body, "/locations")]


@lru_cache(maxsize=1)
def why_not_loaded(silent_since: float) -> str:
    """What is wrong with the definitions, looked up once for each silence."""
    found = read_graph(time.time())
    return found if isinstance(found, str) else "A new process can load it: it may be mended, or the daemon is stuck."


def _others(view: View) -> Sequence[InstigatorState]:
    return [state for state in view.instance.all_instigator_state() if state.name != OWN_NAME]


def _last_tick(view: View, state: InstigatorState) -> InstigatorTick | None:
    ticks = view.instance.get_ticks(state.instigator_origin_id, state.selector_id, limit=1, statuses=COMPLETED)
    return next(iter(ticks), None)


def _location(state: InstigatorState) -> str:
    return state.origin.repository_origin.code_location_origin.location_name
