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

from songify_assets_tests.home import plain_environment
from songify_assets_tests.servers import HOST, START_S, free_port

UI = ["-Dspark.ui.enabled=false", "-Dspark.master.rest.enabled=false"]


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

    def start(self, name: str, *args: str) -> Any:
        """Starts a part of the cluster."""
        import pyspark

        home = Path(pyspark.__file__).parent
        own = {
            "SPARK_HOME": str(home),
            "SPARK_LOCAL_IP": HOST,
            "SPARK_DAEMON_MEMORY": "512m",
            "SPARK_DAEMON_JAVA_OPTS": " ".join(UI),
        }
        command = [
            str(home / "bin" / "spark-class"),
            f"org.apache.spark.deploy.{name}",
            "--host",
            HOST,
            "--webui-port",
            "0",
            *args,
        ]
        with (self.folder / f"{name.split('.')[0]}-{len(self.workers)}.log").open("wb") as log:
            return subprocess.Popen(
                command, env={**plain_environment(), **own, "PYSPARK_PYTHON": sys.executable},
                stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def add_worker(self) -> None:
        """A worker with one core, when it has registered."""
        number = len(self.workers)
        place = self.folder / f"worker-{number}"
        self.workers.append(
            self.start("worker.Worker", "--cores", "1", "--memory", "1g", "--work-dir", str(place), self.url)
        )
        wait_for(lambda: self.log().count("Registering worker") > number)

    def log(self) -> str:
        return (self.folder / "master-0.log").read_text(errors="replace")

    def computes(self, number: int) -> bool:
        """Whether an executor of a worker has been given something to compute."""
        logs = (self.folder / f"worker-{number}").glob("app-*/*/stderr")
        return any("Running task" in log.read_text(errors="replace") for log in logs)

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
        one.master = one.start("master.Master", "--port", str(one.port))
        wait_for(lambda: "I have been elected leader" in one.log())
        for _ in range(workers):
            one.add_worker()
        yield one
    finally:
        for process in [*one.workers, one.master]:
            if process is not None and process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
