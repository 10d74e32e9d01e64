"""Commands in processes of their own that start at once: forks of a server that has imported the libraries and nothing else.

To import them takes four seconds of CPU, and the suite runs hundreds of commands.
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

SERVER = multiprocessing.get_context("forkserver")
# No settings are read on the way: each command has its own.
SERVER.set_forkserver_preload(
    ["songify_assets.definitions", "songify_assets.cli", "songify_assets.orchestration.load", "matplotlib.figure"]
)


@dataclass(frozen=True)
class Result:
    """What a command printed, and its exit status (negative: the signal that it died of)."""

    status: int
    out: str
    err: str

    @property
    def text(self) -> str:
        return self.out + self.err


def run(
    function: Callable[..., Any],
    *args: object,
    argv: tuple[str, ...],
    env: Mapping[str, str],
    cwd: Path,
    limit_bytes: int | None = None,
) -> Result:
    """Calls a function in a fresh process, with these arguments of the command line, environment, folder and file limit."""
    with TemporaryDirectory() as folder:
        out, err = Path(folder, "out"), Path(folder, "err")
        process = SERVER.Process(target=_begin, args=(function, args, argv, dict(env), cwd, limit_bytes, out, err))
        process.start()
        process.join(900)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise TimeoutError(f"{argv} runs for 15 minutes: {out.read_text()}{err.read_text()}")
        return Result(process.exitcode, out.read_text("utf-8"), err.read_text("utf-8"))


def songify() -> None:
    """The command itself."""
    from songify_assets.cli import main

    main()


def _begin(
    function: Callable[..., Any],
    args: tuple[object, ...],
    argv: tuple[str, ...],
    env: dict[str, str],
    cwd: Path,
    limit_bytes: int | None,
    out: Path,
    err: Path,
) -> None:
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
