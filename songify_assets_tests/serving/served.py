"""`songify serve` on a free port, as a process of its own, and requests to it."""

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import psutil

from songify_assets_tests.home import plain_environment


@dataclass(frozen=True)
class Heard:
    """An answer."""

    status: int
    headers: Message
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def data(self) -> list[dict[str, Any]]:
        assert self.status == 200, self.body
        return list(self.json["data"])


@dataclass(frozen=True)
class Served:
    """A server that runs."""

    port: int
    process: psutil.Process

    def get(self, path: str, method: str = "GET", **headers: str) -> Heard:
        with contextlib.closing(HTTPConnection("127.0.0.1", self.port, timeout=60)) as connection:
            connection.request(method, path, headers={name.replace("_", "-"): text for name, text in headers.items()})
            answer = connection.getresponse()
            return Heard(answer.status, answer.headers, answer.read())

    def pages(self, path: str, **headers: str) -> Iterator[Heard]:
        """A page and those that follow."""
        address: str | None = path
        while address:
            heard = self.get(address, **headers)
            assert heard.status == 200, heard.body
            yield heard
            link = heard.headers["link"]
            address = link[1 : link.index(">")] if link else None


@contextlib.contextmanager
def serving(home: Path, *options: str, **env: str) -> Iterator[Served]:
    """The command on this home; it has to end with 0 when it is asked to."""
    command = [sys.executable, "-m", "songify_assets", "serve", "--port", "0", *options]
    environment = {**plain_environment(), "SONGIFY_HOME": str(home), **env}
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True, cwd=home) as process:
        assert process.stderr
        said = process.stderr.readline()
        try:
            assert said.startswith("songify serve: http://"), said + process.stderr.read()
            yield Served(int(said.rsplit(":", 1)[1]), psutil.Process(process.pid))
        finally:
            process.terminate()
            rest = process.communicate(timeout=60)[1]
        assert process.returncode == 0, rest
        assert "Traceback" not in rest, rest
