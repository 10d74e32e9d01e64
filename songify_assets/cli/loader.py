"""The loader: beside the daemon, it has imported the product and forks each `songify load` that it is asked for.

To import everything is half of what the load of a small file takes.
"""

import ctypes
import importlib
import json
import os
import selectors
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

from songify_assets import cli
from songify_assets.code import code_state
from songify_assets.handover import INTERRUPT, MOST_BYTES, TAKEN, address, is_alike
from songify_assets.settings import keep_private, load_settings

PATIENCE_S = 5  # until it is told what to load
_PARENT_DEATH_SIGNAL = 1


class Loader:
    """Forks loads of a home, and tells those who asked how they ended."""

    def __init__(self, home: Path) -> None:
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with address(home) as place:
            Path(place).unlink(missing_ok=True)
            self._listener.bind(place)
            Path(place).chmod(0o600)
        self._listener.listen()
        self._code, self._loads = code_state(), dict[int, socket.socket]()
        self._selector = selectors.DefaultSelector()

    def run(self) -> NoReturn:
        """Takes loads until it is ended."""
        ended, ends = socket.socketpair()
        ends.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(ends.fileno(), warn_on_full_buffer=False)
        self._selector.register(self._listener, selectors.EVENT_READ, self._begin)
        self._selector.register(ended, selectors.EVENT_READ, lambda: self._tell(ended.recv(1000)))
        while True:
            for key, _ in self._selector.select():
                key.data()

    def _begin(self) -> None:
        asked, _ = self._listener.accept()
        asked.settimeout(PATIENCE_S)
        files = list[int]()
        try:
            message, files, _, _ = socket.recv_fds(asked, MOST_BYTES, 2)
            request = json.loads(message)
            # An upgrade counts at once: the load has a process of its own, and the loader begins anew.
            is_current = code_state() == self._code
            if is_current and len(files) == 2 and is_alike(request):
                self._fork(asked, request, files)
                return
        except (OSError, KeyError, ValueError):  # whoever asked loads in a process of its own
            is_current = True
        finally:
            for file in files:
                os.close(file)
        asked.close()
        if not is_current and not self._loads:
            os.execv(sys.executable, [sys.executable, "-m", "songify_assets.cli.loader"])

    def _fork(self, asked: socket.socket, request: dict[str, Any], files: list[int]) -> None:
        # What comes while it forks waits: in a hook of a library that runs after a fork, Python would pass over it.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            pid = os.fork()
            if not pid:
                self._become(asked, request, files)
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        self._loads[pid] = asked
        self._selector.register(asked, selectors.EVENT_READ, lambda: self._interrupt(pid))
        with suppress(OSError):
            asked.send(TAKEN)

    def _become(self, asked: socket.socket, request: dict[str, Any], files: list[int]) -> NoReturn:
        """In the fork: becomes the load, with nothing of the loader left open."""
        try:
            self._selector.close()
            for connection in (self._listener, asked, *self._loads.values()):
                connection.close()
            load(request, files)
        except KeyboardInterrupt:  # before the command has begun
            os._exit(128 + signal.SIGINT)
        finally:  # whatever happens, a fork becomes no second loader
            os._exit(1)

    def _interrupt(self, pid: int) -> None:
        """Ctrl-C where it was asked for, or nobody waits for it any more."""
        if pid not in self._loads:  # it has just ended
            return
        told = b""
        with suppress(OSError):
            told = self._loads[pid].recv(len(INTERRUPT))
        if not told:
            self._selector.unregister(self._loads[pid])
        os.kill(pid, signal.SIGINT)

    def _tell(self, _: bytes) -> None:
        """Tells how the loads ended that have ended, however many signals that were."""
        with suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                asked, status = self._loads.pop(ended[0]), os.waitstatus_to_exitcode(ended[1])
                with suppress(KeyError):
                    self._selector.unregister(asked)
                with suppress(OSError):
                    asked.send(bytes([status if status >= 0 else 128 - status]))
                asked.close()


def load(request: dict[str, Any], files: list[int]) -> NoReturn:
    """Becomes the command that was asked for, with its output, folder and environment."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    ctypes.CDLL(None).prctl(_PARENT_DEATH_SIGNAL, signal.SIGINT)
    for file, number in zip(files, (1, 2), strict=True):
        os.dup2(file, number)
    sys.stdout = open(1, "w", buffering=1, closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", buffering=1, errors="backslashreplace", closefd=False)  # noqa: SIM115
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["folder"])
    sys.argv = ["songify", *request["arguments"]]
    cli.main()


def main() -> None:
    """Takes the loads of this home until it is ended."""
    keep_private()
    home = load_settings().home
    importlib.import_module("songify_assets.preloaded")
    Loader(home).run()


if __name__ == "__main__":
    main()
