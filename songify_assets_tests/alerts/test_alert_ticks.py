"""Sensors and schedules that fail, a code location that no longer loads, a source that cannot be reached."""

import time
from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest
from dagster._core.definitions.run_request import InstigatorType
from dagster._core.remote_origin import RegisteredCodeLocationOrigin, RemoteInstigatorOrigin, RemoteRepositoryOrigin
from dagster._core.scheduler.instigation import (
    InstigatorState,
    InstigatorStatus,
    ScheduleInstigatorData,
    TickData,
    TickStatus,
)
from dagster_shared.error import SerializableErrorInfo

from songify_assets.foundation.ledger import Ledger
from songify_assets.foundation.ledger.sources import reached
from songify_assets.orchestration.alerts import graph
from songify_assets.orchestration.alerts.graph import Graph, read_graph
from songify_assets.orchestration.alerts.problems import unreachable_sources
from songify_assets.orchestration.alerts.tick_problems import failed_ticks, silent_location, why_not_loaded
from songify_assets.orchestration.alerts.view import View
from songify_assets_tests.home import plain_environment

ERROR = SerializableErrorInfo("wrapped\n", [], "Wrapped", SerializableErrorInfo("KeyError: 'x'\n", [], "KeyError"))


@pytest.fixture
def instance():
    with dg.instance_for_test() as one:
        yield one


def view(instance: dg.DagsterInstance, known: Graph | None = None) -> View:
    return View(instance, time.time(), known, ui_url="http://127.0.0.1:3000")


def tick(instance, name, status, ago=0.0, kind=InstigatorType.SENSOR, is_on=True):
    """A tick, as the daemon leaves it."""
    place = RemoteRepositoryOrigin(RegisteredCodeLocationOrigin("songify_assets"), "__repository__")
    running = InstigatorStatus.DECLARED_IN_CODE if is_on else InstigatorStatus.STOPPED
    data = ScheduleInstigatorData("0 6 1 * *") if kind == InstigatorType.SCHEDULE else None
    state = InstigatorState(RemoteInstigatorOrigin(place, name), kind, running, data)
    if not instance.get_instigator_state(state.instigator_origin_id, state.selector_id):
        instance.add_instigator_state(state)
    instance.create_tick(
        TickData(
            state.instigator_origin_id,
            name,
            kind,
            status,
            time.time() - ago,
            error=ERROR if status == TickStatus.FAILURE else None,
            selector_id=state.selector_id,
        )
    )


def test_a_sensor_that_fails_is_a_problem_until_it_works_again(instance):
    tick(instance, "vendor_drops", TickStatus.SKIPPED, 60)
    tick(instance, "vendor_drops", TickStatus.FAILURE, 30)
    tick(instance, "vendor_drops", TickStatus.STARTED, 1)
    (found,) = failed_ticks(view(instance))
    assert found.title == "sensor vendor_drops fails"
    assert found.body.startswith("KeyError: 'x'")
    assert found.groups == ()
    tick(instance, "vendor_drops", TickStatus.SKIPPED)
    assert failed_ticks(view(instance)) == []


def test_a_schedule_that_failed_is_a_problem_until_its_next_success(instance):
    tick(instance, "monthly", TickStatus.FAILURE, 86400, InstigatorType.SCHEDULE)
    tick(instance, "vendor_drops", TickStatus.SKIPPED)
    assert [one.key for one in failed_ticks(view(instance))] == ["schedule:monthly"]


def test_what_is_stopped_or_no_longer_there_is_no_problem(instance):
    tick(instance, "stopped", TickStatus.FAILURE, is_on=False)
    tick(instance, "removed", TickStatus.FAILURE, 3600)
    tick(instance, "gone", TickStatus.FAILURE, 5, InstigatorType.SCHEDULE)
    tick(instance, "vendor_drops", TickStatus.SKIPPED)
    assert failed_ticks(view(instance, Graph({}, frozenset({"vendor_drops"}), time.time() + 1))) == []


def test_a_location_without_ticks_is_a_problem_with_its_cause(instance, monkeypatch, tmp_path):
    (tmp_path / "broken_definitions.py").write_text("def defs():\n    raise ValueError('no such feed: bookz')\n")
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{plain_environment()['PYTHONPATH']}")
    monkeypatch.setattr(graph, "MAIN", "broken_definitions")
    why_not_loaded.cache_clear()
    now = time.time()
    tick(instance, "vendor_drops", TickStatus.SKIPPED, 400)
    tick(instance, "alerts", TickStatus.SKIPPED, 1)
    (found,) = silent_location(view(instance), steady_since=now - 900)
    assert found.title == "the code location songify_assets does not load"
    assert "ValueError: no such feed: bookz" in found.body
    assert silent_location(view(instance), steady_since=now - 60) == [], "this sensor itself was away until now"
    tick(instance, "viewing_drops", TickStatus.FAILURE, 10)
    assert silent_location(view(instance), steady_since=now - 900) == [], "it fails, but it is evaluated"


def test_a_location_that_never_loaded_is_a_problem(instance, monkeypatch):
    monkeypatch.setattr(graph, "MAIN", "no_such_module")
    why_not_loaded.cache_clear()
    (found,) = silent_location(view(instance), steady_since=time.time() - 900)
    assert "No module named 'no_such_module'" in found.body


def test_a_location_whose_sensors_are_all_stopped_is_no_problem(instance):
    tick(instance, "vendor_drops", TickStatus.SKIPPED, 4000, is_on=False)
    assert silent_location(view(instance), steady_since=time.time() - 900) == []


def test_a_source_is_a_problem_when_it_was_unreachable_for_a_while(instance, tmp_path):
    assert unreachable_sources(view(instance), tmp_path) == [], "nothing was ever loaded"
    ledger = Ledger(tmp_path / "ledger.sqlite")
    reached(ledger, "vendor", "connection refused")
    assert unreachable_sources(view(instance), tmp_path) == []
    with ledger.transaction() as db:
        db.execute("UPDATE unreachable SET since = ?", (str(datetime.now(UTC) - timedelta(minutes=16)),))
    (found,) = unreachable_sources(view(instance), tmp_path)
    assert (found.key, found.title) == ("source:vendor", "vendor cannot be reached")
    assert "connection refused" in found.body
    reached(ledger, "vendor")
    assert unreachable_sources(view(instance), tmp_path) == []


def test_the_graph_of_the_product_is_read(monkeypatch, tmp_path):
    monkeypatch.setenv("SONGIFY_HOME", str(tmp_path))
    found = read_graph(7)
    assert isinstance(found, Graph)
    assert found.assets["viewing/streams"][0] == ("viewing",)
    assert {"raw/books:mass_delete", "vendor_drops", "follow_ups"} <= found.names
    assert found.read_at == 7
