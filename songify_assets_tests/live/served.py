"""`songify live` as a process of its own, and senders that do not give up."""

import contextlib
import http.client
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path
from typing import Any

from songify_assets_tests import warm
from songify_assets_tests.home import ROOT, Home, plain_environment
from songify_assets_tests.servers import needs_program

PATIENCE_S = 120


@dataclass
class Live:
    """A home and the process that serves it, once it is started."""

    home: Home
    env: dict[str, str] = field(default_factory=dict)
    started: warm.Started | None = None
    port: int = 0

    def start(self, limit_bytes: int | None = None) -> "Live":
        environment = {**plain_environment(), "SONGIFY_HOME": str(self.home.path), **self.home.env, **self.env}
        argv = ("live", "--port", str(self.port))
        self.started = warm.start(warm.songify, argv=argv, env=environment, cwd=self.home.path, limit_bytes=limit_bytes)
        said = self.until(lambda: re.search(r"songify live: http://127.0.0.1:(\d+)", self.said))
        self.port = int(said[1])
        return self

    @property
    def said(self) -> str:
        assert self.started is not None
        return self.started.err.read_text("utf-8") if self.started.err.exists() else ""

    @property
    def pid(self) -> int:
        assert self.started is not None
        assert self.started.process.pid is not None
        return self.started.process.pid

    def kill(self) -> None:
        assert self.started is not None
        self.started.kill()
        self.started = None

    def end(self) -> warm.Result:
        assert self.started is not None
        os.kill(self.pid, signal.SIGTERM)
        result = self.started.result(PATIENCE_S)
        assert result is not None
        self.started = None
        return result

    def until(self, holds: Callable[[], Any]) -> Any:
        end = time.monotonic() + PATIENCE_S
        while not (found := holds()):
            assert self.started is None or self.started.process.exitcode is None, self.said
            assert time.monotonic() < end, self.said
            time.sleep(0.02)
        return found

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, bytes, Message]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        with contextlib.closing(connection):
            named = {name.replace("_", "-"): text for name, text in headers.items()}
            connection.request(method, path, body, named)
            answer = connection.getresponse()
            return answer.status, answer.read(), answer.headers

    def get(self, path: str) -> dict[str, Any]:
        status, body, _ = self.ask("GET", path)
        assert status == 200, body
        return dict(json.loads(body))

    def send(self, stream: str, records: Any, **headers: str) -> tuple[int, dict[str, Any]]:
        body = records if isinstance(records, bytes) else json.dumps(records).encode()
        status, told, _ = self.ask("POST", f"/v1/events/{stream}", body, **headers)
        return status, dict(json.loads(told))

    def total(self) -> dict[str, Any]:
        return self.get("/v1/live/logins/total")


def repeat_until_taken(live: Live, stream: str, records: Any, key: str) -> dict[str, Any]:
    """Sends a batch again under its key until the answer is 200, whatever happens meanwhile."""
    while True:
        with contextlib.suppress(OSError, http.client.HTTPException):
            status, told = live.send(stream, records, Idempotency_Key=key)
            assert status in (200, 429, 503), told
            if status == 200:
                return told
        time.sleep(0.02)


@contextlib.contextmanager
def in_threads(*functions: Callable[[], None]) -> Iterator[None]:
    """Runs functions in threads, to their end."""
    failed: list[BaseException] = []

    def run(function: Callable[[], None]) -> None:
        try:
            function()
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=run, args=(function,)) for function in functions]
    for thread in threads:
        thread.start()
    yield
    for thread in threads:
        thread.join()
    assert not failed, failed


def fresh(path: Path) -> Live:
    (path / "home").mkdir(parents=True)
    return Live(Home(path / "home"))


class Clocked(Live):
    """One whose clock shows what the file `clock` says, such as `+2h`, while it runs."""

    def __init__(self, path: Path) -> None:
        needs_program("faketime")
        (path / "home").mkdir()
        super().__init__(Home(path / "home"))
        self.clock, self.err = path / "clock", path / "err"
        self.clock.write_text("+0h")
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Clocked":
        return self.start()

    def __exit__(self, *raised: object) -> None:
        self.kill()

    def start(self, limit_bytes: int | None = None) -> "Clocked":
        [library] = Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")
        path = os.pathsep.join([str(ROOT / "songify_assets_tests" / "moved_clock"), str(ROOT)])
        faked = {"LD_PRELOAD": library, "FAKETIME_TIMESTAMP_FILE": self.clock, "FAKETIME_NO_CACHE": 1}
        plain = {
            "FAKETIME_DONT_FAKE_MONOTONIC": 1,
            "NO_FAKE_STAT": 1,
            "SONGIFY_HOME": self.home.path,
            "PYTHONPATH": path,
        }
        own = {name: str(value) for name, value in {**faked, **plain}.items()}
        environment = {**plain_environment(), **own, **self.env}
        command = [sys.executable, "-m", "songify_assets", "live", "--port", str(self.port)]
        with self.err.open("w") as err:
            self.process = subprocess.Popen(command, env=environment, stderr=err)
        self.port = int(self.until(lambda: re.search(r"songify live: http://127.0.0.1:(\d+)", self.said))[1])
        return self

    @property
    def said(self) -> str:
        return self.err.read_text("utf-8")

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()
