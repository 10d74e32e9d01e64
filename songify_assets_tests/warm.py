"""Commands in processes of their own that start at once: forks of a server that has imported the product.

To import it takes four seconds of CPU, and the suite runs hundreds of commands.
"""

import multiprocessing
import os
import resource
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

PATIENCE_S = 900  # longer than anything takes on the slowest machine
SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload(["songify_assets.preloaded"])


@dataclass(frozen=True)
class Result:
    """What a command printed, and its exit status (negative: the signal that it died of)."""

    status: int
    out: str
    err: str

    @property
    def text(self) -> str:
        return self.out + self.err


class Started:
    """A command that runs."""

    def __init__(self, argv: tuple[str, ...], begin: tuple[object, ...]) -> None:
        self.argv, self.folder = argv, TemporaryDirectory()
        self.out, self.err = Path(self.folder.name, "out"), Path(self.folder.name, "err")
        self.process = SERVER.Process(target=_begin, args=(*begin, argv, self.out, self.err))
        self.process.start()

    def result(self, patience_s: float = PATIENCE_S) -> Result | None:
        """How it ended; None if it still runs then."""
        self.process.join(patience_s)
        if self.process.exitcode is None:
            return None
        with self.folder:
            return Result(self.process.exitcode, self.out.read_text("utf-8"), self.err.read_text("utf-8"))

    def kill(self) -> None:
        """Ends it at once."""
        self.process.kill()
        self.process.join()
        self.folder.cleanup()


def start(
    function: Callable[..., Any],
    *args: object,
    argv: tuple[str, ...],
    env: Mapping[str, str],
    cwd: Path,
    limit_bytes: int | None = None,
) -> Started:
    """Calls a function in a fresh process, with these arguments of the command line, environment, folder and file limit."""
    return Started(argv, (function, args, dict(env), cwd, limit_bytes, os.sched_getaffinity(0)))


def run(function: Callable[..., Any], *args: object, argv: tuple[str, ...], **place: Any) -> Result:
    """The same, to its end."""
    started = start(function, *args, argv=argv, **place)
    if (result := started.result()) is None:
        said = started.out.read_text("utf-8") + started.err.read_text("utf-8")
        started.kill()
        raise TimeoutError(f"{argv} runs for {PATIENCE_S} s: {said}")
    return result


def songify() -> None:
    """The command itself."""
    from songify_assets.cli import main

    main()


def _begin(
    function: Callable[..., Any],
    args: tuple[object, ...],
    env: dict[str, str],
    cwd: Path,
    limit_bytes: int | None,
    cores: set[int],
    argv: tuple[str, ...],
    out: Path,
    err: Path,
) -> None:
    os.sched_setaffinity(0, cores)
    for number, path in ((0, Path(os.devnull)), (1, out), (2, err)):
        opened = os.open(path, os.O_RDWR | os.O_CREAT)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdout, sys.stderr = os.fdopen(1, "w", encoding="utf-8"), os.fdopen(2, "w", encoding="utf-8")
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    sys.argv = ["songify", *argv]
    if limit_bytes is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, limit_bytes))
    function(*args)
