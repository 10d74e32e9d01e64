"""A real Redis that keeps all it answered, and can be killed and started again."""

import contextlib
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from redis.exceptions import RedisError, ResponseError

from songify_assets_tests.servers import HOST, START_S, free_port, needs_program

THERE = "equal or smaller"


class RedisServer:
    """Its process, once it is started, on a port of its own."""

    def __init__(self, folder: Path, password: str = "") -> None:
        self.program, self.folder, self.password = needs_program("redis-server"), folder, password
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None

    def url(self, query: str) -> str:
        login = f":{self.password}@" if self.password else ""
        return f"redis://{login}{HOST}:{self.port}/0?{query}"

    def start(self) -> "RedisServer":
        options = {"port": self.port, "bind": HOST, "dir": self.folder, "appendonly": "yes", "appendfsync": "always"}
        argv = [text for name, value in options.items() for text in (f"--{name}", str(value))]
        if self.password:
            argv += ["--requirepass", self.password]
        with (self.folder / "redis.log").open("ab") as log:
            self.process = subprocess.Popen([self.program, "--save", "", *argv], stdout=log, stderr=log)
        give_up = time.monotonic() + START_S
        while True:
            with contextlib.suppress(RedisError), self.asked() as client:
                client.ping()
                return self
            if self.process.poll() is not None or time.monotonic() > give_up:
                pytest.fail((self.folder / "redis.log").read_text("utf-8"))
            time.sleep(0.02)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    @contextlib.contextmanager
    def asked(self) -> Iterator["Redis"]:
        client = Redis(HOST, self.port, password=self.password or None, socket_timeout=30)
        try:
            yield client
        finally:
            client.close()

    def add(self, key: str, fields: Mapping[str, Any], number: str = "*") -> str:
        """An entry, put there once."""
        with self.asked() as client:
            return str(client.xadd(key, dict(fields), id=number).decode())

    def pending(self, key: str) -> int:
        with self.asked() as client:
            return int(client.xpending(key, "songify")["pending"])


def add_until_there(server: RedisServer, key: str, fields: Mapping[str, Any], number: str) -> None:
    """Adds an entry again under its number until Redis says that it has it, whatever happens meanwhile."""
    while True:
        try:
            server.add(key, fields, number)
        except ResponseError as error:
            if THERE in str(error):
                return
        except RedisError:
            pass
        else:
            return
        time.sleep(0.02)
