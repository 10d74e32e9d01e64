"""Whole processes, timed: wall time, and the most memory that a process and its children held at once."""

import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

SAMPLE_S = 0.05


@dataclass(frozen=True)
class Took:
    """One run of a command."""

    seconds: float
    peak_bytes: int


@dataclass(frozen=True)
class Figures:
    """Several runs of a command: the median, the spread, and the highest peak."""

    seconds: float
    fastest: float
    slowest: float
    peak_bytes: int
    runs: int


class CommandFailed(Exception):
    """A command of the benchmark ended with an error; its output is in the message."""


def timed(command: Sequence[str], env: Mapping[str, str], log: Path) -> Took:
    """Runs a command to its end; its output goes to `log`. Raises CommandFailed when it fails."""
    with log.open("wb") as out:
        began = time.perf_counter()
        process = subprocess.Popen(command, env=dict(env), stdout=out, stderr=out)
        watched, peak = psutil.Process(process.pid), 0
        while process.poll() is None:
            peak = max(peak, _resident(watched))
            time.sleep(SAMPLE_S)
        seconds = time.perf_counter() - began
    if process.returncode:
        raise CommandFailed(f"{' '.join(command)} ended with {process.returncode}:\n{log.read_text()[-3000:]}")
    return Took(seconds, peak)


def summed_up(runs: Sequence[Took]) -> Figures:
    """The figures of several runs."""
    seconds = [run.seconds for run in runs]
    return Figures(
        statistics.median(seconds), min(seconds), max(seconds), max(run.peak_bytes for run in runs), len(runs)
    )


def _resident(process: psutil.Process) -> int:
    """The memory of a process and its children that is their own: pages of files do not count."""
    total = 0
    try:
        for one in (process, *process.children(recursive=True)):
            memory = one.memory_info()
            total += memory.rss - memory.shared
    except psutil.NoSuchProcess:
        pass
    return total
