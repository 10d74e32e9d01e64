"""A cluster of processes on this machine, and what processes took of it."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[1]
START = ROOT / "deploy" / "spark" / "start.sh"
NO_PAGE, SAMPLE_S, UP_WITHIN_S = ("--webui-port", "0"), 0.5, 300
# A machine that is stopped for a while is no machine that is lost.
PATIENT = "-Dspark.worker.timeout=3600"


@contextmanager
def running_cluster(folder: Path, workers: int) -> Iterator[str]:
    """The URL of a master whose workers are up, with a core and 2 GB each."""
    folder.mkdir(parents=True, exist_ok=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    master = f"spark://127.0.0.1:{port}"
    parts = [_started(folder / "master.log", "master", "--port", port)]
    try:
        _wait(folder / "master.log", "I have been elected leader")
        for number in range(workers):
            log, place = folder / f"worker-{number}.log", str(folder / f"worker-{number}")
            size = ["--cores", "1", "--memory", "2g", "--work-dir", place]
            parts.append(_started(log, "worker", master, *size))
            _wait(log, "Successfully registered with master")
        yield master
    finally:
        for part in parts:
            os.killpg(part.pid, signal.SIGKILL)
            part.wait()


def _started(log: Path, *args: str) -> subprocess.Popen[bytes]:
    env = {**os.environ, "PYSPARK_PYTHON": sys.executable, "PYTHONPATH": str(ROOT), "SPARK_MASTER_OPTS": PATIENT}
    with log.open("wb") as out:
        return subprocess.Popen([str(START), *args, *NO_PAGE], env=env, stdout=out, stderr=out, start_new_session=True)


def _wait(log: Path, text: str) -> None:
    until = time.monotonic() + UP_WITHIN_S
    while text not in log.read_text(errors="replace"):
        assert time.monotonic() < until, f"{log} has no line with: {text}"
        time.sleep(0.1)


def executors(application: str) -> list[psutil.Process]:
    """The executors of an application that run on this machine."""
    return [
        one
        for one in psutil.process_iter(["cmdline"])
        if f"--app-id {application}" in " ".join(one.info["cmdline"] or [])
    ]


def held(executor: psutil.Process) -> int:
    """The bytes that an executor and its Pythons hold; what Java starts by forking would count as a second Java."""
    pythons = [one for one in executor.children(recursive=True) if one.name().startswith("python")]
    return sum(one.memory_info().rss for one in (executor, *pythons))


def cpu_s(roots: list[psutil.Process]) -> float:
    """The CPU that processes and all below them took so far."""
    total = 0.0
    for one in {process for root in roots for process in [root, *root.children(recursive=True)]}:
        times = one.cpu_times()
        total += times.user + times.system + times.children_user + times.children_system
    return total


@contextmanager
def peaks(watched: Sequence[psutil.Process]) -> Iterator[list[int]]:
    """The most bytes that each executor, with its Pythons, held at once, when the block has ended."""
    ended, most = threading.Event(), [0] * len(watched)

    def watch() -> None:
        while not ended.wait(SAMPLE_S):
            for at, one in enumerate(watched):
                with suppress(psutil.NoSuchProcess):  # a Python that has just ended
                    most[at] = max(most[at], held(one))

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        yield most
    finally:
        ended.set()
        watching.join()
