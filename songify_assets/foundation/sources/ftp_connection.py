"""A connection to an FTP server that waits for nothing without an end, and says what it waits for.

ftplib, with its reading replaced: that one waits in silence, and for each byte anew.
"""

import contextlib
import errno
import ftplib
import os
import select
import socket
import ssl
import time
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from threading import Thread
from typing import TypeVar

from songify_assets.foundation.sources.limits import Limits

_BLOCK_BYTES = 256 << 10  # a socket gives less at once than larger blocks, whose allocation then costs most
_STEP_S = 1.0  # after which it is said what is waited for
_GOODBYE_S = 2.0
T = TypeVar("T")


class TooSlow(TimeoutError):
    """Bytes come, but so few that it means no good."""


class VisitTooLong(TimeoutError):
    """The whole visit has taken as long as one may."""


class UnknownCommand(ftplib.error_perm):
    """The server does not know a command that is needed."""


class Pace:
    """How fast a transfer goes, over all connections that it takes."""

    def __init__(self, limits: Limits, ends: float) -> None:
        self._limits, self._ends = limits, ends
        self._since, self._bytes = time.monotonic(), 0

    def count(self, size: int) -> None:
        """So much has come; raises where that is too little for the time it took."""
        now, self._bytes = time.monotonic(), self._bytes + size
        if now > self._ends:
            raise VisitTooLong
        if now - self._since >= self._limits.answer_s:
            if self._bytes < self._limits.least_bytes_s * (now - self._since):
                raise TooSlow
            self._since, self._bytes = now, 0


class Connection(ftplib.FTP):
    """A control connection to `place`, with TLS where there is a context for it. `patience_s` is how long it waits."""

    sock: socket.socket

    def __init__(self, place: str, tls: ssl.SSLContext | None, tell: Callable[[str], None], limits: Limits) -> None:
        super().__init__()
        self._place, self._tls, self._tell, self._limits = place, tls, tell, limits
        self._asked, self._unread, self._reply_bytes, self._reply_ends = "the call", b"", 0, 0.0
        self._answered: set[str] = set()
        self.patience_s, self._step_s = limits.answer_s, min(_STEP_S, limits.answer_s)

    @property
    def has_tls(self) -> bool:
        """Whether nothing secret may be sent in the clear."""
        return self._tls is not None

    def open(self, address: tuple[str, int]) -> None:
        """Connects and hears the greeting."""
        self.host, self.port = address
        self.sock = self._called(address)
        self.af = self.sock.family
        self.welcome = self.getresp()

    def secure(self) -> None:
        """Goes over to TLS, before anything secret is sent; what came in the clear until then is forgotten."""
        assert self._tls is not None
        self.voidcmd("AUTH TLS")
        self._unread = b""
        self.sock = self._wrapped(self.sock, None)

    def protect(self) -> None:
        """Has data connections protected too."""
        self.voidcmd("PBSZ 0")
        self.voidcmd("PROT P")

    def ask(self, command: str) -> str:
        """A reply about one file. A refusal of a command that was never answered yet is one for all files."""
        verb = command.partition(" ")[0]
        try:
            reply = self.voidcmd(command)
        except ftplib.error_perm as refused:
            if str(refused)[:3] in ("500", "502") and verb not in self._answered:
                raise UnknownCommand(*refused.args) from None
            raise
        self._answered.add(verb)
        return reply

    def receive(self, command: str, take: Callable[[bytes], None], pace: Pace, start: int = 0) -> None:
        """Hand over block by block what `command` sends on a data connection, from byte `start` on."""
        with self._transferring(command, start) as conn:
            while block := self._received(conn, _BLOCK_BYTES):
                pace.count(len(block))
                take(block)
            if isinstance(conn, ssl.SSLSocket):
                with contextlib.suppress(OSError):  # many servers just hang up; the reply and the size tell if all came
                    conn.unwrap()
        self.voidresp()

    def say_goodbye(self) -> None:
        """Ends the conversation as servers like it, without waiting long."""
        self.patience_s = _GOODBYE_S
        self.quit()

    def _transferring(self, command: str, start: int) -> socket.socket:
        conn = self._dialled(self.makepasv())
        try:
            if start:
                self.sendcmd(f"REST {start}")
            reply = self.sendcmd(command)
            if reply.startswith("2"):  # some servers tell in advance that it is over
                reply = self.getresp()
            if not reply.startswith("1"):
                raise ftplib.error_reply(reply)
            # Within the TLS session of the control connection, as vsftpd demands.
            return self._wrapped(conn, self.sock.session) if isinstance(self.sock, ssl.SSLSocket) else conn
        except BaseException:
            conn.close()
            raise

    def _called(self, address: tuple[str, int]) -> socket.socket:
        """A connection to a host. Its name is looked up in a thread: that may take minutes, and cannot be interrupted."""
        called: Future[socket.socket] = Future()
        Thread(target=_call, args=(address, self.patience_s, called), daemon=True).start()
        try:
            sock = self._patiently(lambda: called.result(self._step_s))
        except TimeoutError:
            called.add_done_callback(_hang_up)
            raise
        sock.settimeout(self._step_s)
        return sock

    def _dialled(self, address: tuple[str, int]) -> socket.socket:
        """A connection to a number, which needs no thread."""
        sock = socket.socket(self.af, socket.SOCK_STREAM)
        try:
            sock.setblocking(False)
            code = sock.connect_ex(address)
            if code == errno.EINPROGRESS:
                self._patiently(partial(_has_answered, sock, self._step_s))
                code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if code:
                raise OSError(code, os.strerror(code))
            sock.settimeout(self._step_s)
        except BaseException:
            sock.close()
            raise
        return sock

    def _wrapped(self, sock: socket.socket, session: ssl.SSLSession | None) -> ssl.SSLSocket:
        assert self._tls is not None
        self._asked = "the TLS handshake"
        wrapped = self._tls.wrap_socket(sock, server_hostname=self.host, session=session, do_handshake_on_connect=False)
        try:
            self._patiently(wrapped.do_handshake)
        except BaseException:
            wrapped.close()
            raise
        return wrapped

    def _received(self, sock: socket.socket, size: int) -> bytes:
        return self._patiently(partial(sock.recv, size))

    def _patiently(self, call: Callable[[], T]) -> T:
        """Calls again as long as it times out, and says so."""
        began = time.monotonic()
        while True:
            try:
                return call()
            except TimeoutError as error:
                waited = time.monotonic() - began
                if error.errno or waited >= self.patience_s:  # with an errno it is the system that has given up
                    raise
                self._tell(f"waiting for {self._place} to answer {self._asked} ({waited:.0f} s)")

    # What ftplib calls

    def putline(self, line: str) -> None:
        """Send a command; a name goes in the bytes that it came in."""
        if "\r" in line or "\n" in line:
            raise ValueError("a line sign in a command")
        self._asked = line.partition(" ")[0]
        self.sock.sendall(f"{line}\r\n".encode("utf-8", "surrogateescape"))

    def getresp(self) -> str:
        """A whole reply, within the time that one may take."""
        self._reply_bytes, self._reply_ends = 0, time.monotonic() + self.patience_s
        return super().getresp()

    def getline(self) -> str:
        """A line of a reply. It is read as Latin-1, which takes any byte."""
        while b"\n" not in self._unread:
            if time.monotonic() > self._reply_ends:
                raise TimeoutError
            if len(self._unread) + self._reply_bytes > self._limits.reply_bytes:
                raise ftplib.error_proto("an answer without an end")
            came = self._received(self.sock, self._limits.line_bytes)
            if not came:
                raise EOFError
            self._unread += came
        line, _, self._unread = self._unread.partition(b"\n")
        self._reply_bytes += len(line) + 1
        return line.rstrip(b"\r").decode("latin-1")


def _call(address: tuple[str, int], patience_s: float, called: "Future[socket.socket]") -> None:
    try:
        called.set_result(socket.create_connection(address, patience_s))
    except BaseException as error:
        called.set_exception(error)


def _hang_up(called: "Future[socket.socket]") -> None:
    if called.exception() is None:
        called.result().close()


def _has_answered(sock: socket.socket, within_s: float) -> None:
    waiting = select.poll()  # unlike select, it takes any number of open files
    waiting.register(sock, select.POLLOUT)
    if not waiting.poll(within_s * 1000):
        raise TimeoutError
