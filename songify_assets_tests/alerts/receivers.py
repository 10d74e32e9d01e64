"""A mail server and a web server that receive alerts, real ones, in threads; and addresses that reach them."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@dataclass
class Web:
    """A web server's address for alerts, and what it received while it was up."""

    port: int = field(default_factory=free_port)
    received: list[dict[str, Any]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"json://me:geheim123@127.0.0.1:{self.port}/alerts"

    @property
    def titles(self) -> list[str]:
        return [one["title"] for one in self.received]

    @contextmanager
    def up(self) -> Iterator[None]:
        received = self.received

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_):
                pass

        with ThreadingHTTPServer(("127.0.0.1", self.port), Handler) as server:
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
            thread.start()
            try:
                yield
            finally:
                server.shutdown()
                thread.join()


@dataclass
class Mail:
    """A mail server's address for alerts, and the mails it received while it was up."""

    port: int = field(default_factory=free_port)
    received: list[Any] = field(default_factory=list)

    @property
    def url(self) -> str:
        return (
            f"mailto://me:geheim%40123@127.0.0.1:{self.port}/?smtp=127.0.0.1&mode=insecure"
            "&from=songify@example.com&to=team@example.com&format=text"
        )

    @property
    def titles(self) -> list[str]:
        return [one["subject"] for one in self.received]

    async def handle_DATA(self, _server, session, envelope) -> str:
        if not session.authenticated:
            return "530 Log in first"
        self.received.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"

    @staticmethod
    def _knows(_server, _session, _envelope, _mechanism, data) -> AuthResult:
        return AuthResult(success=(data.login, data.password) == (b"me", b"geheim@123"))

    @contextmanager
    def up(self) -> Iterator[None]:
        options = {"authenticator": self._knows, "auth_require_tls": False}
        controller = Controller(self, hostname="127.0.0.1", port=self.port, **options)
        controller.start()
        try:
            yield
        finally:
            controller.stop()
