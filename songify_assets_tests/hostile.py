"""An FTP server of plain sockets that plays a good one, except for what a scene replaces. On 127.0.0.1, and never for long."""

import contextlib
import posixpath
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from songify_assets_tests.servers import HOST, Certificate

MOST_S = 20  # that a scene may last
PASSWORD = "s3cret/pässword"
_DATED = "type=file;size={size};modify=20211201060000; {name}"


class Talk:
    """One control connection, and the data connection that it has asked for."""

    def __init__(self, scene: "Scene", sock: socket.socket) -> None:
        self.scene, self.sock, self.ends = scene, sock, time.monotonic() + MOST_S
        self.folder, self.start = "/", 0
        self._passive: socket.socket | None = None
        sock.settimeout(MOST_S)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def say(self, line: str) -> None:
        """A reply."""
        self.send(f"{line}\r\n".encode("utf-8", "surrogateescape"))

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def listen(self) -> tuple[str, ...]:
        """Opens a passive port; its six numbers."""
        self.hang_up_data()
        self._passive = socket.create_server((HOST, 0))
        self._passive.settimeout(MOST_S)
        return (*HOST.split("."), *map(str, divmod(self._passive.getsockname()[1], 256)))

    def hang_up_data(self) -> None:
        if self._passive is not None:
            self._passive.close()

    @contextlib.contextmanager
    def data(self, *, is_protected: bool = True) -> Iterator[socket.socket]:
        """The data connection."""
        assert self._passive is not None
        with self._passive as passive:
            conn = passive.accept()[0]
        conn.settimeout(MOST_S)
        if isinstance(self.sock, ssl.SSLSocket) and is_protected:
            conn = self.scene.tls_context().wrap_socket(conn, server_side=True)
        with conn:
            yield conn

    def transfer(self, content: bytes) -> None:
        """Sends something as a good server does."""
        self.say("150 here it comes")
        with self.data() as conn:
            conn.sendall(content)
            with contextlib.suppress(OSError):
                if isinstance(conn, ssl.SSLSocket):
                    conn.unwrap()
        self.say("226 done")

    def drip(self, sock: socket.socket, pieces: Callable[[int], bytes], every_s: float = 0.0) -> None:
        """Sends piece after piece until the other side, or the time of a scene, is at its end."""
        number = 0
        while time.monotonic() < self.ends:
            sock.sendall(pieces(number))
            number += 1
            if every_s:
                time.sleep(every_s)

    def path(self, name: str) -> str:
        return posixpath.join(self.folder, name)

    def wait(self) -> None:
        """Says nothing until the other side hangs up."""
        with contextlib.suppress(OSError):
            while self.sock.recv(1024):
                pass


Act = Callable[[Talk, str], object]


@dataclass
class Scene:
    """What the server has and does; `on` replaces the answer to a command, or to `CALL`, the call itself.

    `listing` holds further lines of the root's listing, which the server has nothing for.
    """

    files: dict[str, bytes] = field(default_factory=lambda: {"/good.csv": b"good"})
    on: Mapping[str, Act] = field(default_factory=dict)
    listing: tuple[str, ...] = ()
    has_mlsd: bool = True
    certificate: Certificate | None = None
    commands: list[str] = field(default_factory=list)
    calls: int = 0
    port: int = 0

    def url(self, scheme: str = "ftp") -> str:
        return f"{scheme}://ann:{quote(PASSWORD, safe='')}@{HOST}:{self.port}/"

    def tls_context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        assert self.certificate is not None
        context.load_cert_chain(self.certificate.server)
        return context

    def talk(self, sock: socket.socket) -> None:
        talk = Talk(self, sock)
        with contextlib.suppress(OSError, EOFError, ValueError), sock:
            self._act(talk, "CALL", "")
            while line := _line(talk.sock):
                self.commands.append(line)
                verb, _, rest = line.partition(" ")
                self._act(talk, verb.upper(), rest)
        talk.sock.close()
        talk.hang_up_data()

    def _act(self, talk: Talk, verb: str, rest: str) -> None:
        usual = getattr(self, f"_{verb.lower()}", lambda talk, _: talk.say("502 what?"))
        self.on.get(verb, usual)(talk, rest)

    def _call(self, talk: Talk, _: str) -> None:
        talk.say("220 welcome")

    def _user(self, talk: Talk, _: str) -> None:
        talk.say("331 and the password?")

    def _pass(self, talk: Talk, _: str) -> None:
        talk.say("230 come in")

    def _auth(self, talk: Talk, _: str) -> None:
        if self.certificate is None:
            talk.say("502 no TLS here")
            return
        talk.say("234 go on")
        talk.sock = self.tls_context().wrap_socket(talk.sock, server_side=True)

    def _pbsz(self, talk: Talk, _: str) -> None:
        talk.say("200 fine")

    _prot = _opts = _type = _pbsz

    def _feat(self, talk: Talk, _: str) -> None:
        talk.send(b"211-I can\r\n%s UTF8\r\n211 End\r\n" % (b" MLST type*;size*;modify*;\r\n" * self.has_mlsd))

    def _pwd(self, talk: Talk, _: str) -> None:
        talk.say('257 "/"')

    def _cwd(self, talk: Talk, folder: str) -> None:
        inside = folder == "/" or any(path.startswith(f"{folder.rstrip('/')}/") for path in self.files)
        talk.folder = folder if inside else talk.folder
        talk.say("250 fine" if inside else "550 no such folder")

    def _pasv(self, talk: Talk, _: str) -> None:
        talk.say(f"227 Entering Passive Mode ({','.join(talk.listen())})")

    def lines(self, folder: str) -> list[str]:
        below = [path.removeprefix(folder).lstrip("/") for path in self.files if path.startswith(folder)]
        names = sorted({name.partition("/")[0] + "/" * ("/" in name) for name in below})
        if not self.has_mlsd:
            return [
                f"d--------- 1 a b 0 Dec 1 06:00 {name[:-1]}"
                if name.endswith("/")
                else f"---------- 1 a b 0 Dec 1 06:00 {name}"
                for name in names
            ]
        return [
            f"type=dir; {name[:-1]}" if name.endswith("/") else _DATED.format(size=len(self.files[posixpath.join(folder, name)]), name=name)
            for name in names
        ]  # fmt: skip

    def _mlsd(self, talk: Talk, _: str) -> None:
        lines = [*self.lines(talk.folder), *(self.listing if talk.folder == "/" else ())]
        talk.transfer("".join(f"{line}\r\n" for line in lines).encode("utf-8", "surrogateescape"))

    _list = _mlsd

    def _size(self, talk: Talk, path: str) -> None:
        talk.say(f"213 {len(self.files[path])}" if path in self.files else "550 no such file")

    def _mdtm(self, talk: Talk, path: str) -> None:
        talk.say("213 20211201060000" if path in self.files else "550 no such file")

    def _rest(self, talk: Talk, start: str) -> None:
        talk.start = int(start)
        talk.say("350 from there")

    def _retr(self, talk: Talk, path: str) -> None:
        content, talk.start = self.files[path][talk.start :], 0
        talk.transfer(content)

    def _quit(self, talk: Talk, _: str) -> None:
        talk.say("221 bye")
        talk.sock.close()


@contextlib.contextmanager
def playing(scene: Scene) -> Iterator[Scene]:
    """Plays a scene, to as many as call."""
    threads: list[threading.Thread] = []
    with socket.create_server((HOST, 0)) as listener:
        scene.port = listener.getsockname()[1]

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    sock = listener.accept()[0]
                    scene.calls += 1
                    threads.append(threading.Thread(target=scene.talk, args=(sock,), daemon=True))
                    threads[-1].start()

        threads.append(threading.Thread(target=serve, daemon=True))
        threads[0].start()
        try:
            yield scene
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            for thread in list(threads):
                thread.join(MOST_S)


def _line(sock: socket.socket) -> str:
    line = b""
    while not line.endswith(b"\n"):
        byte = sock.recv(1)
        if not byte:
            return ""
        line += byte
    return line.strip().decode("utf-8", "surrogateescape")
