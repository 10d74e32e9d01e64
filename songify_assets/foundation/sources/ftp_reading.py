"""What a server is asked about: a folder's entries, a file's size and time."""

import ftplib
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from songify_assets.errors import FileUnreachable
from songify_assets.foundation.sources.ftp_connection import Connection, Pace
from songify_assets.foundation.sources.ftp_failures import is_of_server
from songify_assets.foundation.sources.limits import Limits
from songify_assets.foundation.sources.listings import from_list, from_mlsd, instant, number
from songify_assets.foundation.sources.walking import Entry, too_much

T = TypeVar("T")


class Folder:
    """The current folder while its listing arrives: lines become entries at once, so that only these take memory."""

    def __init__(self, path: str, has_mlsd: bool, limits: Limits, where: str) -> None:
        self._parse = from_mlsd if has_mlsd else from_list
        self._limits, self._where, self._prefixes = limits, where, (f"{path.rstrip('/')}/", "./")
        self._rest, self._bytes, self.entries = b"", 0, list[Entry]()

    def read(self, connection: Connection, pace: Pace) -> list[Entry]:
        """The entries. Not by ftplib's own listing, which would break lines at any line sign of Unicode."""
        connection.receive("MLSD" if self._parse is from_mlsd else "LIST", self._take, pace)
        self._line(self._rest)
        if self.entries and all(entry.kind == "odd" for entry in self.entries) and self._parse is from_list:
            what = f"the listing of this folder is not understood ({self.entries[0].name[:100]!a})"
            raise FileUnreachable(what, where=self._where, remedy="Report this, with the server's make and version.")
        return self.entries

    def _take(self, block: bytes) -> None:
        *lines, self._rest = (self._rest + block).split(b"\n")
        for line in lines:
            self._line(line)
        self._bytes += len(block)
        limits = self._limits
        if self._bytes > limits.listing_bytes or len(self.entries) > limits.entries:
            raise too_much(f"it lists more than {limits.entries:,} files and folders", self._where)
        if len(self._rest) > limits.line_bytes:
            raise too_much("its listing has a line without an end", self._where)

    def _line(self, line: bytes) -> None:
        entry = self._parse(line.removesuffix(b"\r").decode("utf-8", "surrogateescape"))
        if entry is None:
            return
        name = entry.name.rstrip("/") if entry.kind == "dir" else entry.name
        for prefix in self._prefixes:
            name = name.removeprefix(prefix)
        if name not in ("", ".", ".."):
            self.entries.append(entry._replace(name=name))


def completed(connection: Connection, path: str, entry: Entry) -> Entry | None:
    """With size and time, which the listing may not tell; None for a link that leads to no file."""
    size, modified, refusal = entry.size, entry.modified, ""
    if size is None:
        size, refusal = _told(connection, f"SIZE {path}", number)
        if size is None and entry.kind == "link":
            return None
    if size is not None and modified is None:
        modified, refusal = _told(connection, f"MDTM {path}", instant)
    wanting = "size" if size is None else "modification time"
    trouble = f"its {wanting} cannot be understood ({refusal[:100]!a})" if modified is None else ""
    return entry._replace(kind="file", size=size, modified=modified, trouble=trouble)


def size_of(connection: Connection, path: str) -> int | None:
    """In bytes; None if there is no such file."""
    return _told(connection, f"SIZE {path}", number)[0]


def modified_of(connection: Connection, path: str) -> datetime | None:
    """Its modification time; None if there is no such file."""
    return _told(connection, f"MDTM {path}", instant)[0]


def _told(connection: Connection, command: str, read: Callable[[str], T | None]) -> tuple[T | None, str]:
    """What the server tells, if it can be understood; and its reply."""
    try:
        reply = connection.ask(command)
    except (ftplib.error_perm, ftplib.error_temp, ftplib.error_reply) as refused:
        if is_of_server(refused):
            raise
        return None, str(refused)
    return read(reply[3:].strip()), reply
