"""A home that its user may not write: which file it is, and that nothing is left behind once it may be written again."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from songify_assets_tests.home import Home, new_home, plain_environment
from songify_assets_tests.servers import needs_program


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home with a ledger."""
    home = new_home(tmp_path / "home")
    assert home.songify("status").status == 0
    return home


def plain_user() -> list[str]:
    """How a command is started for which rights count, as they do not for root."""
    if os.geteuid():
        return []
    return [needs_program("setpriv"), "--inh-caps=-all", "--bounding-set=-all", "--ambient-caps=-all"]


def said(home: Home, command: str) -> tuple[int, str]:
    """The status of a command of a plain user, and the last line that it writes to standard error."""
    ran = subprocess.run(
        [*plain_user(), sys.executable, "-m", "songify_assets", command],
        env={**plain_environment(), "SONGIFY_HOME": str(home.path), "SONGIFY_SETTLE_SECONDS": "0"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
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
