"""Drops on an FTP server, in the clear or with TLS. ftplib, wrapped: it resumes, and lets us verify certificates."""

import contextlib
import ftplib
import logging
import posixpath
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Self, TypeVar

from songify_assets.errors import FileUnreachable, SongifyError, SourceUnreachable
from songify_assets.foundation.sources.drops import Listed, Target, changed, vanished
from songify_assets.foundation.sources.ftp_connection import Connection, Pace, VisitTooLong
from songify_assets.foundation.sources.ftp_failures import FAILURES, in_plain_words, is_of_server, is_passing
from songify_assets.foundation.sources.ftp_login import log_in
from songify_assets.foundation.sources.ftp_reading import Folder, completed, modified_of, size_of
from songify_assets.foundation.sources.ftp_server import Server
from songify_assets.foundation.sources.limits import Limits
from songify_assets.foundation.sources.names import readable, shown
from songify_assets.foundation.sources.walking import Entry, LimitReached, Walk, too_much

ATTEMPTS = 5  # in a row that bring no new byte
FIRST_PAUSE_S = 0.2  # doubles after each of those
IDLE_S = 60  # after which a connection is made anew: firewalls forget idle ones without a word
SHORT_PATIENCE_S = 5  # with a server that was waited for in vain before
MOST_FAILURES = 10  # of single files and folders, before the whole server is given up
SILENCE = 5  # as many failures as that is waiting in vain once

_log = logging.getLogger(__name__)
T = TypeVar("T")


class FtpDrops:
    """`ftp://` and `ftps://`."""

    def __init__(
        self,
        server: Server,
        root: str,
        source: str | None,
        tell: Callable[[str], None],
        limits: Limits,
    ) -> None:
        self.place = posixpath.join(server.place, source or "").rstrip("/")
        self._server, self._root, self._source, self._tell, self._limits = server, root, source or "", tell, limits
        self._ftp: Connection | None = None
        self._has_mlsd, self._was_silent, self._used_at, self._failures = False, False, 0.0, 0
        self._began = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._ftp is not None:
            with contextlib.suppress(*FAILURES):
                self._ftp.say_goodbye()
        self._drop()

    def look(self) -> Iterator[Listed | SongifyError]:
        """See `Drops`. What a link leads to is the server's knowledge; one it does not follow is not listed."""
        return Walk(self.place, self._listing, self._completed, self._limits).files()

    def fetch(self, listed: Listed, target: Path) -> str:
        """See `Drops`. As long as every connection brings something, a download goes on however often it breaks."""
        where, pace = self._where(listed.path), self._pace()
        with Target(target, listed.size, where) as out:
            furthest, idle, broke = out.have, 0, False
            while True:
                is_connected = False
                failure: Exception = EOFError()
                try:
                    ftp = self._connected()
                    is_connected = True
                    self._retrieve(ftp, listed, out, where, pace, is_first=not broke)
                    if out.have == listed.size:
                        return out.sha256()
                except FAILURES as error:
                    self._drop()
                    failure = error
                    is_here = out.have == listed.size and not broke  # it only was not said that this is all
                    if not is_passing(error) and not is_here:
                        raise self._plain(error, where, self._kind_of(error, is_connected)) from None
                    self._was_silent |= isinstance(error, TimeoutError)
                except SongifyError:
                    self._drop()  # in the middle of a transfer
                    raise
                broke = True
                idle = 0 if out.have > furthest else idle + 1
                furthest = max(furthest, out.have)
                if idle == ATTEMPTS:
                    raise self._plain(failure, where, self._kind_of(failure, is_connected)) from None
                _log.warning("%s: the download broke off at byte %d; resuming", where, out.have)
                time.sleep(FIRST_PAUSE_S * 2 ** (idle - 1) if idle else 0)

    def _retrieve(
        self, ftp: Connection, listed: Listed, out: Target, where: str, pace: Pace, *, is_first: bool
    ) -> None:
        path = self._path(listed.spelled or listed.path)
        if (out.have or not is_first) and not _is_same(ftp, path, listed, where):
            out.restart()  # what is there may be the beginning of another state of the file
        if out.have and out.have == listed.size:
            return
        with _refusals() as refused:
            ftp.receive(f"RETR {path}", out.write, pace, out.have)
        if refused:
            _is_same(ftp, path, listed, where)  # says so if it vanished
            remedy = "Give this FTP user the right to read it."
            raise FileUnreachable("the server refuses to send it", where=where, remedy=remedy)

    def _connected(self) -> Connection:
        if self._ftp is not None and time.monotonic() - self._used_at > IDLE_S:
            self._drop()
        self._used_at = time.monotonic()
        if self._ftp is not None:
            return self._ftp
        ftp = Connection(self._server.place, self._server.tls, self._tell, self._limits)
        try:
            if self._was_silent:
                ftp.patience_s = min(ftp.patience_s, SHORT_PATIENCE_S)
            self._has_mlsd, base = log_in(ftp, self._server)
            self._base = posixpath.join(base, self._root)
        except BaseException:
            ftp.close()
            raise
        self._ftp = ftp
        return ftp

    def _drop(self) -> None:
        if self._ftp is not None:
            self._ftp.close()
        self._ftp = None

    def _path(self, below: str) -> str:
        return posixpath.join(self._base, self._source, below).rstrip("/") or "/"

    def _kind_of(self, error: Exception, is_of_file: bool) -> type[SourceUnreachable]:
        """Whether a failure is of the file or folder asked for, or, sooner or later, of the whole server."""
        self._was_silent |= isinstance(error, TimeoutError)
        if not is_of_file or isinstance(error, VisitTooLong) or is_of_server(error):
            return SourceUnreachable
        if not isinstance(error, (ftplib.error_perm, ftplib.error_temp)):
            self._failures += SILENCE if isinstance(error, TimeoutError) else 1
        return FileUnreachable if self._failures < MOST_FAILURES else SourceUnreachable

    def _where(self, below: str) -> str:
        return "/".join((self.place, *(shown(readable(part)) for part in below.split("/") if part)))

    def _pace(self) -> Pace:
        return Pace(self._limits, self._began + self._limits.visit_s)

    def _plain(
        self, error: Exception, where: str, kind: type[SourceUnreachable] = SourceUnreachable
    ) -> SourceUnreachable:
        plain = in_plain_words(error, where=where, server=self._server)
        if kind is FileUnreachable:
            return FileUnreachable(plain.what, where=where, remedy=plain.remedy)
        return plain

    def _completed(self, below: str, entry: Entry) -> Entry | None:
        if time.monotonic() - self._began > self._limits.listing_s:
            raise too_much(f"listing it takes more than {self._limits.listing_s / 60:,.0f} minutes", self.place)
        if entry.size is not None and entry.modified is not None:
            return entry
        return self._asked(lambda ftp: completed(ftp, self._path(below), entry), below)

    def _listing(self, below: str) -> list[Entry]:
        if time.monotonic() - self._began > self._limits.listing_s:
            raise too_much(f"listing it takes more than {self._limits.listing_s / 60:,.0f} minutes", self.place)
        return self._asked(lambda ftp: self._entries(ftp, below), below)

    def _asked(self, ask: Callable[[Connection], T], below: str) -> T:
        """What the server answers, asked once more on a new connection if an idle one has been cut."""
        for is_again in (False, True):
            is_connected = False
            try:
                ftp = self._connected()
                is_connected = True
                return ask(ftp)
            except FAILURES as error:
                self._drop()
                if is_again or not is_connected or not is_passing(error):
                    kind = self._kind_of(error, is_connected and below != "")
                    raise self._plain(error, self._where(below), kind) from None
            except LimitReached:
                self._drop()  # in the middle of a listing
                raise
        raise AssertionError("unreachable")

    def _entries(self, ftp: Connection, below: str) -> list[Entry]:
        folder = self._path(below)
        if _opens(ftp, folder):
            return self._read(ftp, folder, self._where(below))
        if not below:
            self._explain_missing(ftp)
            return []
        remedy = "Make it a folder that this FTP user may open."
        raise FileUnreachable("the server does not open this folder", where=self._where(below), remedy=remedy)

    def _read(self, ftp: Connection, folder: str, where: str) -> list[Entry]:
        return Folder(folder, self._has_mlsd, self._limits, where).read(ftp, self._pace())

    def _explain_missing(self, ftp: Connection) -> None:
        """Nothing delivered yet is fine; a missing root, or a folder that is there but closed to us, is not."""
        if not _opens(ftp, self._base):
            remedy = f"Correct the path in {self._server.setting}; it is {shown(readable(self._base), 300)} on the server. Or create that folder."
            raise SourceUnreachable("folder does not exist", where=self._server.place, remedy=remedy)
        if any(entry.name == self._source for entry in self._read(ftp, self._base, self._server.place)):
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


def _opens(ftp: Connection, folder: str) -> bool:
    with _refusals() as refused:
        ftp.cwd(folder)
    return not refused


def _is_same(ftp: Connection, path: str, listed: Listed, where: str) -> bool:
    """Whether the file is untouched since it was listed; FileVanished if it is gone or has another size."""
    size = size_of(ftp, path)
    if size is None:
        raise vanished(where)
    if size != listed.size:
        raise changed(where)
    modified = modified_of(ftp, path)
    return modified is not None and modified.replace(microsecond=0) == listed.modified.replace(microsecond=0)
