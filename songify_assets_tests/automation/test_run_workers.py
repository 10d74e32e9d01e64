"""The process of a run: known from its launch on, and forked from a server that has imported the product as it is."""

import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import dagster as dg
import psutil
import pytest

from songify_assets.definitions import CATALOG, build_definitions, definitions_of
from songify_assets.foundation.ledger import Ledger
from songify_assets.orchestration.dagster_internals import run_workers
from songify_assets.orchestration.dagster_internals.launcher import WORKER_TAG, is_alive, worker_of
from songify_assets.orchestration.instance import open_instance
from songify_assets.settings import Settings
from songify_assets_tests.home import plain_environment


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    with open_instance(tmp_path / "home") as opened:
        yield opened


def launched(instance: dg.DagsterInstance, pid: int, run_id: str = "") -> str:
    """A run that was launched in this process; its tag may be that of another run."""
    run = instance.add_run(dg.DagsterRun(job_name="__ASSET_JOB"))
    instance.add_run_tags(run.run_id, {WORKER_TAG: f"{run_id or run.run_id} {pid} {time.time()}"})
    return run.run_id


def test_a_run_is_known_to_live_before_it_says_so(instance: dg.DagsterInstance) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        assert worker_of(instance, launched(instance, process.pid)) == psutil.Process(process.pid)
        process.kill()


def test_a_worker_that_died_before_its_run_began_is_noticed(instance: dg.DagsterInstance) -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    assert not is_alive(instance, launched(instance, process.pid))


def test_a_run_that_is_tried_again_is_not_taken_for_the_one_whose_tags_it_has(instance: dg.DagsterInstance) -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    assert is_alive(instance, launched(instance, process.pid, run_id="the one before"))


FORK = """
import os, sys
import songify_assets.preloaded
threads = {open(f"/proc/self/task/{task}/comm").read().strip() for task in os.listdir("/proc/self/task")}
assert not any(name.startswith("tokio") for name in threads), f"the engine of Polars has been started: {threads}"
files = [os.readlink(file) for file in map("/proc/self/fd/{}".format, os.listdir("/proc/self/fd")) if os.path.exists(file)]
assert not any("sqlite" in file for file in files), f"a database is open: {files}"
from songify_assets.definitions import definitions_of
from songify_assets.orchestration.assets.graph import build_graph
from songify_assets.settings import load_settings
child = os.fork()
if not child:
    store = definitions_of(load_settings()).resources["store"]
    assert build_graph.cache_info().misses == 1, "the graph is built anew"
    store.ledger.mark([("viewing/users", "2026-11-30")])
    store.lake.scan("viewing/users").collect(engine="streaming")
    os._exit(0)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def python(code: str, place: Path, **env: str) -> None:
    environment = {**plain_environment(), "SONGIFY_HOME": str(place / "home"), **env}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment, cwd=place, timeout=900)


def test_a_fork_of_the_server_has_the_graph_and_can_use_polars_and_the_ledger(tmp_path: Path) -> None:
    python(FORK, tmp_path)
    (mark,) = Ledger(tmp_path / "home" / "ledger.sqlite").marks()
    assert (mark.asset, mark.partition) == ("viewing/users", "2026-11-30")


def test_the_server_begins_whatever_the_settings_are(tmp_path: Path) -> None:
    python("import songify_assets.preloaded", tmp_path, SONGIFY_TIMEZONE="Mars")


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("songify_assets.definitions", {"pandas", "pyspark", "hypothesis"}),
        ("songify_assets.orchestration.instance", {"pandera", "polars"}),
    ],
)
def test_a_process_of_dagster_imports_no_more_than_it_needs(tmp_path: Path, module: str, absent: set[str]) -> None:
    python(f"import {module}, sys; assert not {absent} & {{*sys.modules}}", tmp_path)


def test_settings_that_changed_since_have_definitions_of_their_own(tmp_path: Path) -> None:
    built = definitions_of(Settings(home=tmp_path))
    assert definitions_of(Settings(home=tmp_path)) is built
    assert definitions_of(Settings(home=tmp_path, timezone="Europe/London")) is not built


def test_two_homes_have_their_own_store_and_share_the_graph(tmp_path: Path) -> None:
    one, other = (build_definitions(Settings(home=tmp_path / name)) for name in ("one", "other"))
    assert (one.resources or {})["store"].settings.home != (other.resources or {})["store"].settings.home
    assert [*(one.assets or ())][:-1] == [*(other.assets or ())][:-1], "all but the publication"


def test_homes_that_begin_on_other_days_have_graphs_of_their_own(tmp_path: Path) -> None:
    for day in (date(2020, 1, 1), date(2021, 1, 1)):
        built = build_definitions(Settings(home=tmp_path, start_date=day))
        (raw,) = {
            asset.partitions_def for asset in built.assets or () if asset.key.path == ["raw", CATALOG.feeds[0].name]
        }
        assert raw.get_first_partition_key() == str(day)


def test_a_run_after_an_upgrade_is_not_one_of_the_old_code(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_workers, "_first_code", lambda: (0, 0))
    assert run_workers.start_worker(instance, dg.DagsterRun(job_name="__ASSET_JOB")) is None
