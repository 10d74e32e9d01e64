"""A home that its user may not write: which file it is, and that nothing is left behind once it may be written again."""

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from songify_assets_tests.home import Home, new_home, plain_environment, plays
from songify_assets_tests.servers import free_port, needs_program
from songify_assets_tests.serving.served import Served

SONGIFY = [sys.executable, "-m", "songify_assets"]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home with a ledger."""
    home = new_home(tmp_path / "home")
    assert home.songify("status").status == 0
    return home


def of(home: Home) -> dict[str, str]:
    """The environment of a command on this home."""
    return {**plain_environment(), "SONGIFY_HOME": str(home.path), "SONGIFY_SETTLE_SECONDS": "0"}


def plain_user() -> list[str]:
    """How a command is started for which rights count, as they do not for root."""
    if os.geteuid():
        return []
    return [needs_program("setpriv"), "--inh-caps=-all", "--bounding-set=-all", "--ambient-caps=-all"]


def said(home: Home, command: str) -> tuple[int, str]:
    """The status of a command of a plain user, and the last line that it writes to standard error."""
    ran = subprocess.run(
        [*plain_user(), *SONGIFY, command], env=of(home), capture_output=True, text=True, timeout=300, check=False
    )
    return ran.returncode, ran.stderr.strip().rpartition("\n")[2]


@pytest.mark.parametrize("command", ["load", "rebuild"])
def test_a_ledger_that_was_read_only_is_used_again_once_it_may_be_written(home: Home, command: str) -> None:
    ledger = home.path / "ledger.sqlite"
    ledger.chmod(0o440)
    status, text = said(home, command)
    assert status == 1
    assert text.startswith(f"songify: {ledger}: it cannot be written. Give this user the right to write it")
    ledger.chmod(0o640)
    assert said(home, "status")[0] == 0


@pytest.mark.parametrize("end", ["-wal", "-shm"])
def test_a_read_only_file_beside_the_ledger_is_named(home: Home, end: str) -> None:
    beside = home.path / f"ledger.sqlite{end}"
    beside.touch()
    beside.chmod(0o440)
    status, text = said(home, "status")
    assert (status, text.startswith(f"songify: {beside}: it cannot be written")) == (1, True), text
    beside.chmod(0o640)
    assert said(home, "status")[0] == 0


def test_a_server_whose_home_is_read_only_says_so_and_serves_once_it_may_be_written(home: Home) -> None:
    home.deliver("royalties", "2021-12-01", "plays.csv", plays("a,b,60000"))
    assert home.songify("load").status == 0
    home.path.chmod(0o550)
    port = free_port()
    command = [*plain_user(), *SONGIFY, "serve", "--port", str(port)]
    with subprocess.Popen(command, env=of(home), stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr
            lines = [process.stderr.readline() for _ in range(2)]
            [told] = [line for line in lines if "http://" not in line]
            assert told.startswith(f"songify serve: {home.path}: the home cannot be written (Permission denied). Give")
            assert "the one before" not in told.lower()
            server = Served(port, psutil.Process(process.pid))
            heard = server.get("/v1/health")
            assert (heard.status, "right to write" in heard.json["detail"]) == (503, True), heard.body
            assert "songify load" not in heard.json["detail"]
            home.path.chmod(0o750)
            give_up = time.monotonic() + 30
            while server.get("/v1/health").status != 200 and time.monotonic() < give_up:
                time.sleep(0.05)
            assert server.get("/v1/health").status == 200
        finally:
            process.terminate()
            rest = process.communicate(timeout=60)[1]
    assert "cannot be written" not in rest, "it is told once"
