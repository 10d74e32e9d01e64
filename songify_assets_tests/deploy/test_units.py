"""What systemd starts on a server exists, is understood, and works together; no systemd is needed for that."""

import contextlib
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from configparser import ConfigParser
from importlib.metadata import entry_points
from importlib.util import find_spec
from io import StringIO
from pathlib import Path

import click
import dagster as dg
import pytest
import sqlalchemy as sa
import yaml
from dotenv import dotenv_values

from songify_assets.orchestration.instance import open_instance
from songify_assets.settings import SOURCE_URL, Settings
from songify_assets_tests.daemon import PATIENCE_S, wait_until
from songify_assets_tests.deploy.postgres import postgres
from songify_assets_tests.home import Home, new_home, plain_environment
from songify_assets_tests.house.tree import PACKAGE, ROOT, name
from songify_assets_tests.servers import free_port, needs_program

DEPLOY = ROOT / "deploy" / "postgres"
UNITS = sorted(DEPLOY.glob("*.service"))
CODE, DAEMON, WEB = DEPLOY / "songify-code@.service", DEPLOY / "songify-daemon.service", DEPLOY / "songify-web.service"
INSTANCES = ("definitions", "watch")
PROGRAMS, SOCKETS, SETTINGS = "/opt/songify/.venv/bin", "/run/songify", "/etc/songify"
POSTGRES_URL = "DAGSTER_POSTGRES_URL"


def service(unit: Path) -> dict[str, str]:
    """The section that says what runs and how."""
    parser = ConfigParser(interpolation=None, strict=True)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(unit.read_text(encoding="utf-8"))
    return dict(parser["Service"])


def command_of(unit: Path, instance: str = "", **places: str) -> list[str]:
    """The words of a unit's ExecStart, for one of its instances, with its places replaced."""
    line = service(unit)["ExecStart"].replace("%i", instance)
    for place, other in places.items():
        line = line.replace(
            {"programs": PROGRAMS, "sockets": SOCKETS, "settings": SETTINGS, "port": "3000"}[place], other
        )
    return shlex.split(line)


def test_the_units_are_the_web_ui_the_daemon_and_the_code_servers():
    assert sorted([CODE, DAEMON, WEB]) == UNITS


@pytest.mark.parametrize("instance", INSTANCES)
@pytest.mark.parametrize("unit", UNITS, ids=name)
def test_a_unit_starts_a_command_that_exists_with_options_that_it_knows(unit: Path, instance: str, tmp_path: Path):
    shutil.copyfile(DEPLOY / "workspace.yaml", tmp_path / "workspace.yaml")
    program, *words = command_of(unit, instance, settings=str(tmp_path))
    assert Path(program).parent == Path(PROGRAMS)
    (script,) = [one for one in entry_points(group="console_scripts") if one.name == Path(program).name]
    command = script.load()
    command = (
        getattr(sys.modules[command.__module__], "cli", command) if not isinstance(command, click.Command) else command
    )
    while isinstance(command, click.Group):
        command = command.commands[words.pop(0)]
    given = command.make_context(script.name, words).params
    assert find_spec(str(given.get("module_name") or f"songify_assets.{instance}"))


@pytest.mark.parametrize("unit", UNITS, ids=name)
def test_a_unit_runs_as_a_user_of_its_own_with_settings_from_a_file_and_comes_back(unit: Path):
    says = service(unit)
    wanted = {"User": "songify", "EnvironmentFile": f"{SETTINGS}/songify.env", "Restart": "on-failure"}
    assert wanted.items() <= says.items()


def test_nothing_listens_beyond_this_machine():
    assert "--host 127.0.0.1" in service(WEB)["ExecStart"]
    assert f"--socket {SOCKETS}/%i/" in service(CODE)["ExecStart"]
    assert service(CODE)["RuntimeDirectoryMode"] == "0700"


def test_a_stop_tells_the_code_server_alone_and_gives_its_runs_time():
    """That its runs finish then is the last test of this file."""
    assert {"KillMode": "mixed", "TimeoutStopSec": "15min"}.items() <= service(CODE).items()
    assert "PartOf=songify-code@definitions.service" in DAEMON.read_text(encoding="utf-8")


def test_the_code_servers_are_the_locations_of_the_product():
    product = yaml.safe_load((PACKAGE / "workspace.yaml").read_text(encoding="utf-8"))["load_from"]
    server = yaml.safe_load((DEPLOY / "workspace.yaml").read_text(encoding="utf-8"))["load_from"]
    modules = {one["python_module"]["module_name"]: one["python_module"]["location_name"] for one in product}
    sockets = {one["grpc_server"]["socket"]: one["grpc_server"]["location_name"] for one in server}
    for instance in INSTANCES:
        words = command_of(CODE, instance)
        module, socket = words[words.index("--module-name") + 1], words[words.index("--socket") + 1]
        assert sockets.pop(socket) == modules.pop(module)
    assert (sockets, modules) == ({}, {})


def test_the_example_of_settings_names_settings_that_exist():
    text = (DEPLOY / "songify.env.example").read_text(encoding="utf-8")
    shown = dotenv_values(stream=StringIO(re.sub(r"^#(?=[A-Z])", "", text, flags=re.MULTILINE)))
    known = {f"SONGIFY_{field.upper()}" for field in Settings.model_fields} | {"DAGSTER_HOME", POSTGRES_URL}
    assert [variable for variable in shown if variable not in known and not variable.startswith(SOURCE_URL)] == []
    default = dotenv_values(stream=StringIO(text))
    assert sa.make_url(default[POSTGRES_URL] or "").get_dialect().driver == "psycopg2"
    assert default["DAGSTER_HOME"] == f"{default['SONGIFY_HOME']}/dagster"


def test_systemd_understands_the_units(tmp_path: Path):
    analyze = needs_program("systemd-analyze")
    for unit in UNITS:  # it looks whether the programs are there
        text = unit.read_text(encoding="utf-8").replace(PROGRAMS, str(Path(sys.executable).parent))
        (tmp_path / unit.name).write_text(text, encoding="utf-8")
    ran = subprocess.run(
        [analyze, "verify", "--man=no", *(str(tmp_path / unit.name) for unit in UNITS)],
        env={**os.environ, "SYSTEMD_UNIT_PATH": f"{tmp_path}:"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stdout + ran.stderr) == (0, "")


@contextlib.contextmanager
def started(home: Home, command: list[str], env: dict[str, str]) -> "Iterator[subprocess.Popen[bytes]]":
    """A command in a session of its own; what is left of that is killed when the block ends."""
    with (home.path / "server.log").open("ab") as out:
        process = subprocess.Popen(command, env=env, cwd=home.path, stdout=out, stderr=out, start_new_session=True)
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_a_code_server_that_is_stopped_lets_its_runs_finish(tmp_path: Path):
    """Daemon and code server as the units start them; SIGTERM to the main process is what KillMode=mixed sends."""
    home, programs = new_home(tmp_path / "home"), str(Path(sys.executable).parent)
    (home.path / "dagster").mkdir()
    shutil.copyfile(DEPLOY / "dagster.yaml", home.path / "dagster" / "dagster.yaml")
    assert home.songify("generate", str(home.path / "drops"), "--days", "1", "--scale", "0.05").status == 0
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(postgres())
        server.new_database("songify")
        sockets = server.sockets  # its path is short
        for instance in INSTANCES:
            (sockets / instance).mkdir()
        workspace = (DEPLOY / "workspace.yaml").read_text(encoding="utf-8").replace(SOCKETS, str(sockets))
        (tmp_path / "workspace.yaml").write_text(workspace, encoding="utf-8")
        stack.enter_context(pytest.MonkeyPatch.context()).setenv(POSTGRES_URL, server.url("songify"))
        env = {
            **plain_environment(),
            "SONGIFY_HOME": str(home.path),
            "DAGSTER_HOME": str(home.path / "dagster"),
            "SONGIFY_SETTLE_SECONDS": "0",
            POSTGRES_URL: server.url("songify"),
        }
        places = {"programs": programs, "sockets": str(sockets), "settings": str(tmp_path), "port": str(free_port())}

        def says() -> str:
            return (home.path / "server.log").read_text()[-3000:]

        code = stack.enter_context(started(home, command_of(CODE, "definitions", **places), env))
        wait_until((sockets / "definitions" / "code.sock").is_socket, says)
        daemon = stack.enter_context(started(home, command_of(DAEMON, **places), env))
        opened = stack.enter_context(open_instance(home.path))
        under_way = dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED])
        wait_until(lambda: opened.get_runs(under_way), says)

        daemon.terminate()
        assert daemon.wait(PATIENCE_S) == 0, says()
        launched = [run.run_id for run in opened.get_runs(under_way)]
        assert launched, "a run goes on without the daemon"
        code.terminate()
        assert code.wait(PATIENCE_S) == 0, says()
        ended = [run.status for run in opened.get_runs(dg.RunsFilter(run_ids=launched))]
        assert set(ended) == {dg.DagsterRunStatus.SUCCESS}, says()
