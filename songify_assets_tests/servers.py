"""Real servers on 127.0.0.1 for tests, as plain context managers."""

import contextlib
import logging
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import trustme

with warnings.catch_warnings():  # pyftpdlib uses asyncore, which Python 3.11 warns of; here warnings are errors
    warnings.simplefilter("ignore", DeprecationWarning)
    from pyftpdlib.authorizers import DummyAuthorizer
    from pyftpdlib.handlers import DTPHandler, FTPHandler, TLS_DTPHandler, TLS_FTPHandler
    from pyftpdlib.ioloop import IOLoop
    from pyftpdlib.servers import FTPServer

HOST = "127.0.0.1"
START_S = 300
logging.getLogger("pyftpdlib").addHandler(logging.NullHandler())  # else it prints to standard error


@dataclass
class FtpServer:
    """A server that runs. `commands` (pyftpd only) are those received so far, such as `RETR /users.csv`."""

    port: int
    user: str | None = None
    password: str | None = None
    is_tls: bool = False
    commands: list[str] = field(default_factory=list)

    def url(self, path: str = "", *, host: str = HOST) -> str:
        """Its URL as a user would set it."""
        login = f"{quote(self.user, safe='')}:{quote(self.password or '', safe='')}@" if self.user else ""
        return f"{'ftps' if self.is_tls else 'ftp'}://{login}{host}:{self.port}/{quote(path)}"


@dataclass
class Certificate:
    """A server's certificate with its key in one PEM file, and the PEM file of the authority that signed it."""

    server: Path
    ca: Path


def certificate(folder: Path, *names: str) -> Certificate:
    """A new authority's certificate for `names` (host names or addresses; without any, this machine)."""
    authority = trustme.CA()
    made = Certificate(folder / "server.pem", folder / "ca.pem")
    authority.cert_pem.write_to_path(made.ca)
    authority.issue_cert(*(names or (HOST, "localhost"))).private_key_and_cert_chain_pem.write_to_path(made.server)
    return made


def needs_program(name: str) -> str:
    """The path of a program; skips the test where it is missing, or fails it if SONGIFY_TESTS_REQUIRE_ALL=1."""
    path = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if path is None:
        missing = f"{name} is not installed (on Debian: apt-get install {name})"
        if os.environ.get("SONGIFY_TESTS_REQUIRE_ALL") == "1":
            pytest.fail(missing)
        pytest.skip(missing)
    return path


def free_port() -> int:
    """A port of 127.0.0.1 on which nothing listens."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def pyftpd(
    root: Path,
    *,
    user: str | None = None,
    password: str | None = None,
    tls: Certificate | None = None,
    has_mlsd: bool = True,
    breaks_after: tuple[int, ...] = (),
    before_command: Callable[[str], None] = lambda command: None,
    hangs_up_after_s: float = 300,
    may_read: bool = True,
) -> Iterator[FtpServer]:
    """pyftpdlib in a thread, anonymous without `user`.

    `breaks_after`: the first file transfer is cut off, connection and all, after so many bytes; a second number is
    for the second transfer, and so on. `before_command` is called, in the server's thread, before each command.
    `hangs_up_after_s` is how long an idle connection lasts. Without `may_read` files can be listed only.
    """
    server = FtpServer(0, user, password, tls is not None)
    breaks = list(breaks_after)

    class Transfer(TLS_DTPHandler if tls else DTPHandler):  # type: ignore[misc]
        left: int | None = None

        def push_with_producer(self, producer: Any) -> None:
            if breaks and producer.__class__.__name__ == "FileProducer":
                self.left = breaks.pop(0)
            super().push_with_producer(producer)

        def send(self, data: bytes) -> int:
            if self.left is None:
                return int(super().send(data))
            if self.left == 0:
                self.cmd_channel.close()
                return len(data)
            sent = int(super().send(data[: self.left]))
            self.left -= sent
            return sent

    class Handler(TLS_FTPHandler if tls else FTPHandler):  # type: ignore[misc]
        dtp_handler = Transfer
        use_sendfile = False
        authorizer = DummyAuthorizer()
        auth_failed_timeout = 0
        timeout = hangs_up_after_s

        def pre_process_command(self, line: str, cmd: str, arg: str) -> None:
            server.commands.append(line)
            before_command(line)
            super().pre_process_command(line, cmd, arg)

    rights = "elr" if may_read else "el"
    if user:
        Handler.authorizer.add_user(user, password or "", str(root), perm=rights)
    else:
        Handler.authorizer.add_anonymous(str(root), perm=rights)
    if tls:
        Handler.certfile = str(tls.server)
        Handler.tls_control_required = Handler.tls_data_required = True
    if not has_mlsd:
        Handler.proto_cmds = {name: rest for name, rest in Handler.proto_cmds.items() if name not in ("MLSD", "MLST")}

    loop = IOLoop()
    ftpd = FTPServer((HOST, 0), Handler, ioloop=loop)
    server.port = ftpd.address[1]
    stopped = threading.Event()

    def serve() -> None:
        while not stopped.is_set():
            ftpd.serve_forever(timeout=0.02, blocking=False, handle_exit=False)
        ftpd.close_all()

    thread = threading.Thread(target=serve, name="pyftpd", daemon=True)
    thread.start()
    try:
        yield server
    finally:
        stopped.set()
        thread.join()


@contextlib.contextmanager
def vsftpd(root: Path, *, tls: Certificate | None = None) -> Iterator[FtpServer]:
    """vsftpd of the system with anonymous access; with `tls` it demands TLS and reuse of the session."""
    program = needs_program("vsftpd")
    server = FtpServer(free_port(), is_tls=tls is not None)
    settings = {
        "listen": "YES",
        "listen_address": HOST,
        "listen_port": server.port,
        "background": "NO",
        "run_as_launching_user": "YES",  # so that it can read what a test wrote, as root or not
        "anonymous_enable": "YES",
        "no_anon_password": "YES",
        "anon_world_readable_only": "NO",
        "anon_root": root,
        "seccomp_sandbox": "NO",
        "xferlog_enable": "NO",
    }
    if tls:
        settings |= {
            "ssl_enable": "YES",
            "allow_anon_ssl": "YES",
            "force_anon_logins_ssl": "YES",
            "force_anon_data_ssl": "YES",
            "require_ssl_reuse": "YES",
            "ssl_ciphers": "HIGH",
            "rsa_cert_file": tls.server,
        }
    with tempfile.TemporaryDirectory() as folder:
        conf = Path(folder, "vsftpd.conf")
        conf.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
        process = subprocess.Popen([program, str(conf)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        try:
            _wait_until_it_listens(process, server.port)
            yield server
        finally:
            process.kill()
            process.communicate()


def _wait_until_it_listens(process: "subprocess.Popen[bytes]", port: int) -> None:
    give_up = time.monotonic() + START_S
    while time.monotonic() < give_up:
        with contextlib.suppress(OSError), socket.create_connection((HOST, port), timeout=1):
            return
        if process.poll() is not None:
            pytest.fail(f"{process.args!r} ended at once: {process.communicate()[0].decode(errors='replace')}")
        time.sleep(0.01)
    pytest.fail(f"{process.args!r} does not listen on port {port} after {START_S} s")
