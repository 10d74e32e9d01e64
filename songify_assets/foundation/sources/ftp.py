"""Drops on an FTP server, in the clear or with TLS. ftplib, wrapped: it resumes, and lets us verify certificates."""

import contextlib
import ftplib
import logging
import posixpath
import re
import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from songify_assets.errors import SongifyError, SourceUnreachable
from songify_assets.foundation.sources.drops import SETTING, Listed, Target, changed, is_hidden, vanished
from songify_assets.foundation.sources.ftp_failures import FAILURES, in_plain_words, is_passing
from songify_assets.foundation.sources.ftp_reading import Entry, completed, modified_of, read_folder, receive, size_of

TIMEOUT_S = 30
ATTEMPTS = 5  # in a row that bring no new byte
FIRST_PAUSE_S = 0.2  # doubles after each of those

_log = logging.getLogger(__name__)


class _Tls(ftplib.FTP_TLS):
    def ntransfercmd(self, cmd: str, rest: int | str | None = None) -> tuple[socket.socket, int | None]:
        """Open the data connection within the TLS session of the control connection, as vsftpd demands."""
        conn, size = ftplib.FTP.ntransfercmd(self, cmd, rest)
        assert isinstance(self.sock, ssl.SSLSocket)
        return self.context.wrap_socket(conn, server_hostname=self.host, session=self.sock.session), size


class FtpDrops:
    """`ftp://` and `ftps://`."""

    def __init__(
        self,
        root_place: str,
        address: tuple[str, int],
        login: tuple[str, str],
        root: str,
        source: str | None,
        tls: ssl.SSLContext | None,
    ) -> None:
        self.place = posixpath.join(root_place, source or "").rstrip("/")
        self._root_place, self._address, self._login, self._tls = root_place, address, login, tls
        self._root, self._source = root, source or ""
        self._ftp: ftplib.FTP | None = None
        self._has_mlsd = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._ftp is not None:
            with contextlib.suppress(*FAILURES):
                self._ftp.quit()
        self._drop()

    def look(self) -> Iterator[Listed]:
        """See `Drops`. What a link leads to is the server's knowledge; one it does not follow is not listed."""
        return self._walk("", ())

    def fetch(self, listed: Listed, target: Path) -> str:
        """See `Drops`. As long as every connection brings something, a download goes on however often it breaks."""
        where = f"{self.place}/{listed.path}"
        with Target(target, listed.size, where) as out:
            furthest, idle, broke = out.have, 0, False
            while True:
                failure: Exception = EOFError()
                try:
                    self._retrieve(self._connected(), listed, out, where, is_first=not broke)
                    if out.have == listed.size:
                        return out.sha256()
                except FAILURES as error:
                    self._drop()
                    if not is_passing(error):
                        raise self._plain(error, where) from None
                    failure = error
                except SongifyError:
                    self._drop()  # in the middle of a transfer
                    raise
                broke = True
                idle = 0 if out.have > furthest else idle + 1
                furthest = max(furthest, out.have)
                if idle == ATTEMPTS:
                    raise self._plain(failure, where) from None
                _log.warning("%s: the download broke off at byte %d; resuming", where, out.have)
                time.sleep(FIRST_PAUSE_S * 2 ** (idle - 1) if idle else 0)

    def _retrieve(self, ftp: ftplib.FTP, listed: Listed, out: Target, where: str, *, is_first: bool) -> None:
        path = self._path(listed.path)
        if (out.have or not is_first) and not _is_same(ftp, path, listed, where):
            out.restart()  # what is there may be the beginning of another state of the file
        if out.have and out.have == listed.size:
            return
        with _refusals() as refused:
            receive(ftp, f"RETR {path}", out.write, out.have)
        if refused:
            _is_same(ftp, path, listed, where)  # says so if it vanished
            remedy = "Give this FTP user the right to read it."
            raise SourceUnreachable("the server refuses to send it", where=where, remedy=remedy)

    def _connected(self) -> ftplib.FTP:
        if self._ftp is not None:
            return self._ftp
        # Replies are read as Latin-1, which takes any byte: a banner in an odd encoding must not stop us.
        ftp = _Tls(context=self._tls, encoding="latin-1") if self._tls else ftplib.FTP(encoding="latin-1")
        try:
            ftp.connect(*self._address, timeout=TIMEOUT_S)
            if isinstance(ftp, _Tls):
                self._secure(ftp)
            ftp.encoding = "utf-8"  # of what is sent
            self._log_in(ftp)
            if isinstance(ftp, _Tls):
                ftp.prot_p()
            features = _features(ftp)
            self._has_mlsd = "MLST" in features
            if "UTF8" in features:
                _try(ftp, "OPTS UTF8 ON")
            if self._has_mlsd:
                _try(ftp, "OPTS MLST type;size;modify;unique;")
            ftp.voidcmd("TYPE I")
            self._base = posixpath.join(ftp.pwd().encode("latin-1").decode(), self._root)
        except BaseException:
            ftp.close()
            raise
        self._ftp = ftp
        return ftp

    def _secure(self, ftp: _Tls) -> None:
        try:
            ftp.auth()
        except ftplib.error_perm:
            remedy = f"Switch it on there; ftp:// in {SETTING} would send the password in the clear."
            raise SourceUnreachable("the server offers no TLS", where=self._root_place, remedy=remedy) from None

    def _log_in(self, ftp: ftplib.FTP) -> None:
        try:
            ftplib.FTP.login(ftp, *self._login)
        except ftplib.error_perm as refused:
            wants_tls = self._tls is None and re.search(r"TLS|SSL|encrypt", str(refused), re.IGNORECASE)
            what = "the server wants TLS" if wants_tls else "login refused"
            remedy = f"Use ftps:// in {SETTING}." if wants_tls else f"Check user and password in {SETTING}."
            raise SourceUnreachable(what, where=self._root_place, remedy=remedy) from None

    def _drop(self) -> None:
        if self._ftp is not None:
            self._ftp.close()
        self._ftp = None

    def _path(self, below: str) -> str:
        return posixpath.join(self._base, self._source, below).rstrip("/") or "/"

    def _plain(self, error: Exception, where: str) -> SourceUnreachable:
        return in_plain_words(error, where=where, server=self._root_place, password=self._login[1])

    def _walk(self, below: str, above: tuple[str, ...]) -> Iterator[Listed]:
        for entry in self._listing(below):
            path = posixpath.join(below, entry.name)
            if entry.size is not None and entry.modified is not None:
                yield Listed(path, entry.size, entry.modified)
            elif entry.kind == "dir" and (not entry.identity or entry.identity not in above):  # a link back up
                yield from self._walk(path, (*above, entry.identity))

    def _listing(self, below: str, *, is_again: bool = False) -> list[Entry]:
        """The entries of one folder by name, asked once more on a new connection if an idle one has been cut."""
        is_connected = False
        try:
            ftp = self._connected()
            is_connected = True
            return self._entries(ftp, below)
        except FAILURES as error:
            self._drop()
            if is_again or not is_connected or not is_passing(error):
                raise self._plain(error, f"{self.place}/{below}".rstrip("/")) from None
        return self._listing(below, is_again=True)

    def _entries(self, ftp: ftplib.FTP, below: str) -> list[Entry]:
        folder = self._path(below)
        if not _opens(ftp, folder):
            if below:  # removed since its name was read, or a link that the server does not follow
                _log.warning("%s/%s: the server does not open this folder; skipped", self.place, below)
            else:
                self._explain_missing(ftp)
            return []
        entries = [entry for entry in read_folder(ftp, self._has_mlsd) if not is_hidden(entry.name)]
        entries.sort(key=lambda entry: entry.name)
        return [completed(ftp, posixpath.join(folder, entry.name), entry) for entry in entries]

    def _explain_missing(self, ftp: ftplib.FTP) -> None:
        """Nothing delivered yet is fine; a missing root, or a folder that is there but closed to us, is not."""
        if not _opens(ftp, self._base):
            remedy = f"Correct the path in {SETTING}; it is {self._base} on the server. Or create that folder."
            raise SourceUnreachable("folder does not exist", where=self._root_place, remedy=remedy)
        if any(entry.name == self._source for entry in read_folder(ftp, self._has_mlsd)):
            remedy = "Make it a folder that this FTP user may open."
            raise SourceUnreachable("the server does not open this folder", where=self.place, remedy=remedy)


@contextlib.contextmanager
def _refusals() -> Iterator[list[str]]:
    """Collects the refusal "no such file, or not for you", so that what it means can be asked afterwards."""
    refused: list[str] = []
    try:
        yield refused
    except ftplib.error_perm as error:
        if not str(error).startswith("550"):
            raise
        refused.append(str(error))


def _opens(ftp: ftplib.FTP, folder: str) -> bool:
    with _refusals() as refused:
        ftp.cwd(folder)
    return not refused


def _try(ftp: ftplib.FTP, command: str) -> None:
    with contextlib.suppress(ftplib.error_perm):
        ftp.voidcmd(command)


def _features(ftp: ftplib.FTP) -> set[str]:
    try:
        return {line.split()[0].upper() for line in ftp.sendcmd("FEAT").splitlines()[1:-1] if line.strip()}
    except ftplib.error_perm:
        return set()


def _is_same(ftp: ftplib.FTP, path: str, listed: Listed, where: str) -> bool:
    """Whether the file is untouched since it was listed; FileVanished if it is gone or has another size."""
    size = size_of(ftp, path)
    if size is None:
        raise vanished(where)
    if size != listed.size:
        raise changed(where)
    modified = modified_of(ftp, path)
    return modified is not None and modified.replace(microsecond=0) == listed.modified.replace(microsecond=0)
