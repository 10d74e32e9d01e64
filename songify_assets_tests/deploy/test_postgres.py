"""Dagster's storage on a real Postgres: loads, checks and alerts are what they are on SQLite."""

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
import yaml
from dagster_postgres.event_log import PostgresEventLogStorage

from songify_assets.orchestration.alerts.problems import find_problems
from songify_assets.orchestration.alerts.view import View
from songify_assets.orchestration.checks.evaluations import failed_evaluations
from songify_assets.orchestration.instance import open_instance
from songify_assets_tests.deploy.postgres import Postgres, postgres
from songify_assets_tests.home import Home, new_home, plain_environment
from songify_assets_tests.house.tree import PACKAGE, ROOT
from songify_assets_tests.servers import HOST, free_port

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("one_core")]

DEPLOY = ROOT / "deploy" / "postgres"
ON_A_SERVER, ON_ONE_MACHINE = DEPLOY / "dagster.yaml", PACKAGE / "orchestration" / "dagster.yaml"
POSTGRES_URL = "DAGSTER_POSTGRES_URL"
DAY = "2021-12-01"


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    """A real server with an empty database, which the environment names by its Unix socket as `songify.env.example` does."""
    with postgres() as started, pytest.MonkeyPatch.context() as patch:
        started.new_database("songify")
        patch.setenv(POSTGRES_URL, started.socket_url("songify"))
        yield started


@pytest.fixture(scope="module")
def homes(server: Postgres, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Home]:
    """The same drops, one of them unreadable, loaded on SQLite and on Postgres."""
    drops = tmp_path_factory.mktemp("generated")
    made = {}
    for storage in ("sqlite", "postgres"):
        home = made[storage] = new_home(tmp_path_factory.mktemp(storage) / "home")
        home.env |= {"SONGIFY_DROPS_URL": drops.as_uri(), POSTGRES_URL: server.socket_url("songify")}
        if storage == "postgres":
            (home.path / "dagster").mkdir()
            shutil.copyfile(ON_A_SERVER, home.path / "dagster" / "dagster.yaml")
        else:
            assert home.songify("generate", str(drops), "--days", "1", "--scale", "0.05").status == 0
            (drops / "vendor" / DAY / "reviews.json").write_text("no JSON")
        loaded = home.load()
        assert (loaded["exit_status"], loaded["errors"]) == (1, [])
    return made


def instance(home: Home) -> dg.DagsterInstance:
    return open_instance(home.path)


def settings_of(path: Path) -> dict[str, object]:
    return dict(yaml.safe_load(path.read_text(encoding="utf-8")))


def test_the_two_files_differ_in_their_storage_and_in_whose_children_runs_are_only():
    server, one_machine = settings_of(ON_A_SERVER), settings_of(ON_ONE_MACHINE)
    assert server.pop("storage") == {"postgres": {"postgres_url": {"env": POSTGRES_URL}}}
    assert "KeptSqliteEventLog" in str(one_machine.pop("event_log_storage"))
    module = "songify_assets.orchestration.dagster_internals.launcher"
    assert server.pop("run_launcher") == {"module": module, "class": "WatchedRunLauncher"}
    assert one_machine.pop("run_launcher") == {"module": module, "class": "ForkingRunLauncher"}
    assert server == one_machine


def test_a_load_keeps_the_file_that_it_finds_and_puts_nothing_of_dagster_beside_it(homes: dict[str, Home]):
    folder = homes["postgres"].path / "dagster"
    assert (folder / "dagster.yaml").read_bytes() == ON_A_SERVER.read_bytes()
    assert [path.name for path in folder.iterdir()] == ["dagster.yaml"]
    with instance(homes["postgres"]) as opened:
        assert isinstance(opened.event_log_storage, PostgresEventLogStorage)


def test_a_load_fills_the_warehouse(homes: dict[str, Home]):
    counted = "SELECT (SELECT count(*) FROM royalties.plays), (SELECT count(*) FROM viewing.streams)"
    assert homes["postgres"].rows(counted) == homes["sqlite"].rows(counted)
    assert min(homes["postgres"].rows(counted)[0]) > 0


def test_postgres_and_sqlite_hold_the_same_runs(homes: dict[str, Home]):
    runs = {}
    for storage, home in homes.items():
        with instance(home) as opened:
            runs[storage] = sorted(
                (run.status.value, sorted(map(str, run.asset_selection or ()))) for run in opened.get_runs()
            )
    assert runs["postgres"] == runs["sqlite"] != []


def test_the_failed_checks_are_the_same_in_the_same_order(homes: dict[str, Home]):
    found = {}
    for storage, home in homes.items():
        with instance(home) as opened:
            found[storage] = [
                (one.partition, one.evaluation.asset_check_key.to_user_string(), one.evaluation.severity)
                for one in failed_evaluations(opened)
            ]
    assert found["postgres"] == found["sqlite"]
    assert (DAY, "raw/reviews:readable", dg.AssetCheckSeverity.ERROR) in found["postgres"]
    assert None in {partition for partition, *_ in found["postgres"]}, "a check without partitions is among them"


def test_the_alerts_see_the_same_problems(homes: dict[str, Home]):
    found = {}
    for storage, home in homes.items():
        with instance(home) as opened:
            view = View(opened, time.time())
            # Below the text stand some rows that break the rule: which of them, and in what order, differs by run.
            found[storage] = [
                (one.key, one.severity, one.title, one.body.partition("\n\n")[0], one.link, one.groups)
                for one in find_problems(view, home.path, steady_since=view.now)
            ]
    assert found["postgres"] == found["sqlite"]
    assert f"raw/reviews {DAY} cannot be read" in [title for _, _, title, *_ in found["postgres"]]


def test_a_restored_dump_holds_the_same_past(
    server: Postgres, homes: dict[str, Home], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def past() -> tuple[list[str], list[str]]:
        with instance(homes["postgres"]) as opened:
            runs = [run.run_id for run in opened.get_runs()]
            return runs, [one.event.get_dagster_event().message or "" for one in failed_evaluations(opened)]

    before = past()
    server.run("pg_dump", "--format=custom", f"--file={tmp_path / 'songify.dump'}", "songify")
    server.new_database("restored")
    server.run("pg_restore", "--exit-on-error", "--dbname=restored", str(tmp_path / "songify.dump"))
    monkeypatch.setenv(POSTGRES_URL, server.url("restored"))
    assert past() == before


def test_migrating_what_is_up_to_date_changes_nothing(server: Postgres, homes: dict[str, Home]):
    home = homes["postgres"]
    environment = {**plain_environment(), **home.env, "DAGSTER_HOME": str(home.path / "dagster")}
    command = [sys.executable, "-m", "dagster", "instance", "migrate"]
    ran = subprocess.run(command, env=environment, cwd=home.path, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    _, before, after = ran.stdout.split("Storage schema state ")
    versions = [line.strip() for line in after.splitlines() if "current" in line or "latest" in line]
    assert versions
    assert all(line in before for line in versions)


def test_a_second_load_mends_what_the_first_could_not_do(homes: dict[str, Home], tmp_path: Path):
    home = homes["postgres"]
    good = tmp_path / "good"
    home.songify("generate", str(good), "--days", "1", "--scale", "0.05")
    home.load(SONGIFY_DROPS_URL=good.as_uri())
    with instance(home) as opened:
        failing = [one.evaluation.asset_check_key.to_user_string() for one in failed_evaluations(opened)]
    assert "raw/reviews:readable" not in failing


def test_without_postgres_commands_say_what_to_do(tmp_path: Path):
    home = new_home(tmp_path / "home")
    (home.path / "dagster").mkdir()
    shutil.copyfile(ON_A_SERVER, home.path / "dagster" / "dagster.yaml")
    nothing_listens = f"postgresql+psycopg2://songify:s3cret@{HOST}:{free_port()}/songify"
    for env in ({}, {POSTGRES_URL: nothing_listens}):
        for command in ("load", "doctor"):
            said = home.songify(command, **env)
            assert said.status != 0, said.text
            assert "Dagster's storage cannot be opened" in said.text
            assert POSTGRES_URL in said.text
            assert "s3cret" not in said.text
