"""The product as its users run it: web UI, daemon and code servers, in processes of their own."""

import contextlib
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg

from songify_assets.foundation.ledger import Ledger
from songify_assets.orchestration.instance import open_instance
from songify_assets_tests.home import Home, moved_clock, plain_environment
from songify_assets_tests.servers import HOST, free_port

PATIENCE_S = 900  # longer than anything takes on the slowest machine
UNFINISHED = dg.RunsFilter(
    statuses=[
        dg.DagsterRunStatus.QUEUED,
        dg.DagsterRunStatus.NOT_STARTED,
        dg.DagsterRunStatus.STARTING,
        dg.DagsterRunStatus.STARTED,
        dg.DagsterRunStatus.CANCELING,
    ]
)


@dataclass
class Running:
    """What runs: its URL, and its processes, which all are in one session."""

    home: Home
    port: int
    process: "subprocess.Popen[bytes]"
    log: Path

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def instance(self) -> dg.DagsterInstance:
        """The Dagster instance that it works on."""
        return open_instance(self.home.path)

    def pids(self, *words: str) -> list[int]:
        """Its processes whose command line holds all these words."""
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                session = int((entry / "stat").read_text().rpartition(")")[2].split()[3])
                if session == self.process.pid and all(word in command for word in words):
                    found.append(int(entry.name))
        return found

    def kill(self) -> None:
        """Ends all of it at once, as a power cut does."""
        for pid in self.pids():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()


@contextlib.contextmanager
def running(home: Home, **env: str) -> Iterator[Running]:
    """`make dev` on a home, until the block ends."""
    environment = {
        **plain_environment(),
        "SONGIFY_HOME": str(home.path),
        "SONGIFY_SETTLE_SECONDS": "1",
        **home.env,
        **env,
    }
    port, log = free_port(), home.path / "dev.log"
    command = [*moved_clock(home.now), sys.executable, "-m", "songify_assets.cli.web", "--port", str(port)]
    command += ["--pages-port", "0"]
    with log.open("ab") as out:
        process = subprocess.Popen(
            command, env=environment, cwd=home.path, stdout=out, stderr=out, start_new_session=True
        )
    started = Running(home, port, process, log)
    try:
        wait_until(lambda: _answers(started.url), lambda: f"the web UI is not up:\n{log.read_text()[-3000:]}")
        yield started
    finally:
        started.kill()


def wait_until(holds: Callable[[], Any], says: Callable[[], str], every_s: float = 0.5) -> Any:
    """Waits until something holds, and returns it; fails with `says` when it never does."""
    give_up = time.monotonic() + PATIENCE_S
    while not (found := holds()):
        assert time.monotonic() < give_up, says()
        time.sleep(every_s)
    return found


def settled(product: Running) -> None:
    """Waits until nothing is out of date and no run goes on."""
    ledger = Ledger(product.home.path / "ledger.sqlite")
    with product.instance() as instance:

        def done() -> bool:
            return (
                (product.home.path / "warehouse.duckdb").exists()
                and not ledger.marks()
                and not instance.get_runs(UNFINISHED)
            )

        def says() -> str:
            runs = [
                (run.status.value, sorted(map(str, run.asset_selection or ()))) for run in instance.get_runs(UNFINISHED)
            ]
            return f"out of date: {ledger.marks()}\nruns: {runs}\n{product.log.read_text()[-3000:]}"

        wait_until(done, says)


def _answers(url: str) -> bool:
    with contextlib.suppress(OSError), urllib.request.urlopen(f"{url}/server_info", timeout=5) as answer:
        return bool(answer.status == 200)
    return False
