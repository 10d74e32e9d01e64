"""`songify load` where the loader is up: it is forked there, says what it always says, and stops when whoever asked does."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

import songify_assets
from songify_assets.handover import LOST, SOCKET
from songify_assets_tests.home import Home, new_home, plain_environment, plays

PATIENCE_S = 900
MANY = 300_000


@dataclass
class Loaded:
    """A home, and the loader that is up for it."""

    home: Home
    loader: "subprocess.Popen[bytes]"

    def begin(self, *args: str, **env: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-X", "importtime", "-m", "songify_assets", "load", *args]
        environment = {**environment_of(self.home), **env}
        return subprocess.Popen(
            command, env=environment, cwd=self.home.path, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )

    def load(self, *args: str, **env: str) -> tuple[int, str, str]:
        process = self.begin(*args, **env)
        out, err = process.communicate(timeout=PATIENCE_S)
        return process.returncode, out, err

    def forks(self) -> list[psutil.Process]:
        found = psutil.Process(self.loader.pid).children()
        return [process for process in found if process.status() != psutil.STATUS_ZOMBIE]


def environment_of(home: Home) -> dict[str, str]:
    return {**plain_environment(), "SONGIFY_HOME": str(home.path), "SONGIFY_SETTLE_SECONDS": "0", **home.env}


def wait_until(holds: Callable[[], object]) -> None:
    give_up = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < give_up
        time.sleep(0.05)


def begun(home: Home) -> "subprocess.Popen[bytes]":
    loader = subprocess.Popen(
        [sys.executable, "-m", "songify_assets.cli.loader"], env=environment_of(home), cwd=home.path
    )
    wait_until((home.path / SOCKET).exists)
    return loader


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loaded]:
    # An address of a socket has room for 107 letters.
    home = new_home(tmp_path_factory.mktemp("home") / ("a folder with a long name" * 5))
    loader = begun(home)
    yield Loaded(home, loader)
    loader.kill()
    loader.wait()


def knows(err: str, library: str) -> bool:
    return any(line.rpartition("|")[2].strip() == library for line in err.splitlines())


def said(err: str) -> str:
    return "\n".join(line for line in err.splitlines() if not line.startswith("import time:"))


def test_a_load_is_forked_by_the_loader_and_whoever_asks_imports_nothing_slow(up: Loaded) -> None:
    up.home.deliver("royalties", "2021-12-01", "plays.csv", plays("L1,T1,60000"))
    status, out, err = up.load("--json")
    told = json.loads(out)
    assert (status, told["exit_status"], len(told["landed"])) == (0, 0, 1), err
    assert "computing raw/plays for 2021-12-01" in err
    assert not knows(err, "polars")
    assert not knows(err, "typer")
    assert up.home.rows("SELECT count(*) FROM royalties.plays") == [(1,)]


def test_what_is_wrong_with_arguments_and_settings_is_told_with_status_2(up: Loaded) -> None:
    status, out, err = up.load("--since", "soon")
    assert (status, out) == (2, "")
    assert "'soon' is not a date" in err
    status, out, err = up.load(SONGIFY_MASS_DELETE_LIMIT="much")
    assert (status, out) == (2, "")
    assert "SONGIFY_MASS_DELETE_LIMIT" in said(err)


def test_settings_are_those_of_whoever_asks(up: Loaded) -> None:
    status, out, err = up.load("--json", SONGIFY_DROPS_URL=(up.home.path / "nowhere").as_uri())
    assert not knows(err, "polars")
    assert status == 3, out
    assert "nowhere" in out


def test_another_setting_of_python_is_not_handed_over(up: Loaded) -> None:
    status, out, err = up.load("--json", PYTHONHASHSEED="1")
    assert (status, json.loads(out)["landed"]) == (0, [])
    assert knows(err, "polars")


@pytest.mark.parametrize(("number", "ends_with"), [(signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)])
def test_a_load_stops_with_whoever_asked_for_it_and_the_next_one_goes_on(
    up: Loaded, number: signal.Signals, ends_with: int
) -> None:
    day = f"2021-12-{10 + number}"
    up.home.deliver("royalties", day, "plays.csv", plays(*["L1,T1,60000"] * MANY))
    process = up.begin()
    wait_until(up.forks)
    process.send_signal(number)
    process.communicate(timeout=PATIENCE_S)
    assert process.returncode == ends_with
    wait_until(lambda: not up.forks())
    status, out, _ = up.load("--json")
    assert status == 0, out
    assert up.home.rows(f"SELECT count(*) FROM royalties.plays WHERE play_date = '{day}'") == [(MANY,)]


def test_a_loader_that_is_killed_is_told_and_the_next_load_does_without(tmp_path: Path) -> None:
    home = new_home(tmp_path / "home")
    home.deliver("royalties", "2021-12-01", "plays.csv", plays(*["L1,T1,60000"] * MANY))
    up = Loaded(home, begun(home))
    process = up.begin()
    wait_until(up.forks)
    forked = up.forks()
    up.loader.kill()
    up.loader.wait()
    _, err = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, said(err).splitlines()[-1]) == (1, LOST)
    wait_until(lambda: not any(fork.is_running() for fork in forked))
    assert (home.path / SOCKET).exists(), "the next one finds an address at which nobody is"
    assert home.load()["exit_status"] == 0
    status, out, err = up.load("--json")
    assert (status, json.loads(out)["landed"]) == (0, [])
    assert home.rows("SELECT count(*) FROM royalties.plays") == [(MANY,)]


def test_an_upgrade_counts_at_once_and_the_loader_begins_anew(tmp_path: Path) -> None:
    product = tmp_path / "product" / "songify_assets"
    shutil.copytree(Path(songify_assets.__file__).parent, product)
    home = new_home(tmp_path / "home")
    home.env["PYTHONPATH"] = str(product.parent)
    up = Loaded(home, begun(home))
    try:
        assert not knows(up.load()[2], "polars")
        (product / "cli" / "load.py").touch()
        address = (home.path / SOCKET).stat().st_ctime_ns
        status, out, err = up.load("--json")
        assert (status, json.loads(out)["landed"]) == (0, [])
        assert knows(err, "polars")
        wait_until(lambda: (home.path / SOCKET).exists() and (home.path / SOCKET).stat().st_ctime_ns != address)
        assert not knows(up.load()[2], "polars")
    finally:
        up.loader.kill()
        up.loader.wait()


def test_only_its_owner_reaches_the_loader(up: Loaded) -> None:
    assert (up.home.path / SOCKET).stat().st_mode & 0o077 == 0
    assert os.access(up.home.path / SOCKET, os.W_OK)
