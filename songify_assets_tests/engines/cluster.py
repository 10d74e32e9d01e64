"""A standalone cluster of Spark on 127.0.0.1: a master and workers, each a process of its own."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from songify_assets_tests.home import ROOT, plain_environment
from songify_assets_tests.servers import HOST, START_S, free_port

NO_PAGE = ("--webui-port", "0")
START = ROOT / "deploy" / "spark" / "start.sh"


@dataclass
class Cluster:
    """A running cluster; each process leads a group of its own, with its executors."""

    folder: Path
    port: int = field(default_factory=free_port)
    master: Any = None
    workers: list[Any] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"spark://{HOST}:{self.port}"

    def start(self, part: str, *args: str) -> Any:
        """Starts a part of the cluster, as people do."""
        with (self.folder / f"{part}-{len(self.workers)}.log").open("wb") as log:
            return subprocess.Popen(
                [str(START), part, *args], env={**plain_environment(), "PYSPARK_PYTHON": sys.executable},
                stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def add_worker(self) -> None:
        """A worker with one core, when it has registered."""
        number = len(self.workers)
        place = self.folder / f"worker-{number}"
        self.workers.append(
            self.start("worker", self.url, "--cores", "1", "--memory", "1g", "--work-dir", str(place), *NO_PAGE)
        )
        wait_for(lambda: self.log().count("Registering worker") > number)

    def log(self) -> str:
        return (self.folder / "master-0.log").read_text(errors="replace")

    def tasks(self, number: int) -> int:
        """How often executors of a worker have been given something to compute."""
        logs = (self.folder / f"worker-{number}").glob("app-*/*/stderr")
        return sum(log.read_text(errors="replace").count("Running task") for log in logs)

    def kill(self, number: int) -> None:
        """Kills a worker and its executors with -9."""
        os.killpg(self.workers[number].pid, signal.SIGKILL)
        self.workers[number].wait()


def wait_for(condition: Any) -> None:
    until = time.monotonic() + START_S
    while not condition():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.1)


@contextmanager
def cluster(folder: Path, workers: int = 2) -> Iterator[Cluster]:
    """A cluster that is up; all its processes are ended."""
    folder.mkdir()
    one = Cluster(folder)
    try:
        one.master = one.start("master", "--port", str(one.port), *NO_PAGE)
        wait_for(lambda: "I have been elected leader" in one.log())
        for _ in range(workers):
            one.add_worker()
        yield one
    finally:
        for process in [*one.workers, one.master]:
            if process is not None and process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


@contextmanager
def connect_server(folder: Path) -> Iterator[str]:
    """The URL of a server of Spark Connect that is up, and computes by itself."""
    folder.mkdir()
    one = Cluster(folder)
    server = one.start("connect", "local[2]", "--conf", f"spark.connect.grpc.binding.port={one.port}")
    try:
        wait_for(lambda: "Spark Connect server started" in (folder / "connect-0.log").read_text(errors="replace"))
        yield f"sc://{HOST}:{one.port}"
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()
