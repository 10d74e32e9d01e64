"""The FTP commands that read: a folder's listing by MLSD or LIST, a file's size and time, its bytes."""

import contextlib
import ftplib
import posixpath
import re
import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import NamedTuple

_BLOCK_BYTES = 256 << 10  # a socket gives less at once than larger blocks, whose allocation then costs most
_LIST_LINE = re.compile(r"([-dl])[-\w]{9}\S*\s+\d+\s+\S.*?\s[A-Z]\w\w\s+\d{1,2}\s+(?:\d\d?:\d\d|\d{4})\s(.+)")
_OTHER_LINE = re.compile(r"total \d+|[bcps][-\w]{9}.*")


class Entry(NamedTuple):
    """A line of a folder's listing; `kind` is dir, file, or link (nobody knows to what)."""

    name: str
    kind: str
    size: int | None = None
    modified: datetime | None = None
    identity: str = ""


def receive(ftp: ftplib.FTP, command: str, take: Callable[[bytes], None], start: int = 0) -> None:
    """Hand over block by block what `command` sends on the data connection, from byte `start` on."""
    with ftp.transfercmd(command, start or None) as conn:
        while block := conn.recv(_BLOCK_BYTES):
            take(block)
        if isinstance(conn, ssl.SSLSocket):
            with contextlib.suppress(OSError):  # many servers just hang up; the reply and the size tell if all came
                conn.unwrap()
    ftp.voidresp()


def read_folder(ftp: ftplib.FTP, has_mlsd: bool) -> Iterator[Entry]:
    """The current folder. Not by ftplib's own listing, which would break lines at any line sign of Unicode."""
    blocks: list[bytes] = []
    receive(ftp, "MLSD" if has_mlsd else "LIST", blocks.append)
    parse = _from_mlsd if has_mlsd else _from_list
    for line in b"".join(blocks).decode().split("\n"):
        entry = parse(line.removesuffix("\r"))
        if entry is not None and entry.name not in ("", ".", ".."):
            yield entry


def _from_mlsd(line: str) -> Entry | None:
    words, _, name = line.partition(" ")
    facts = {key.lower(): value for key, _, value in (word.partition("=") for word in words.split(";"))}
    kind = facts.get("type", "").lower()
    if kind in ("", "cdir", "pdir"):
        return None
    name = posixpath.basename(name)
    if kind != "file":
        return Entry(name, "dir" if kind == "dir" else "link", identity=facts.get("unique", ""))
    size, modified = facts.get("size"), facts.get("modify")
    return Entry(name, kind, int(size) if size else None, _instant(modified) if modified else None)


def _from_list(line: str) -> Entry | None:
    if not line or _OTHER_LINE.fullmatch(line):
        return None
    match = _LIST_LINE.fullmatch(line)
    if match is None:
        raise ValueError(f"this line of LIST: {line}")
    kind, name = match.groups()
    if kind == "l":
        name = name.partition(" -> ")[0]
    return Entry(posixpath.basename(name), {"-": "file", "d": "dir", "l": "link"}[kind])


def completed(ftp: ftplib.FTP, path: str, entry: Entry) -> Entry:
    """With size and time, if it is a file that (still) is there and the listing did not tell them."""
    if entry.kind == "dir" or (entry.size is not None and entry.modified is not None):
        return entry
    size, modified = size_of(ftp, path), modified_of(ftp, path)
    return entry._replace(size=size, modified=modified) if size is not None else entry


def size_of(ftp: ftplib.FTP, path: str) -> int | None:
    """In bytes; None if there is no such file."""
    answer = _answer(ftp, f"SIZE {path}")
    return None if answer is None else int(answer)


def modified_of(ftp: ftplib.FTP, path: str) -> datetime | None:
    """Its modification time; None if there is no such file."""
    answer = _answer(ftp, f"MDTM {path}")
    return None if answer is None else _instant(answer)


def _answer(ftp: ftplib.FTP, command: str) -> str | None:
    try:
        return ftp.voidcmd(command)[3:].strip()
    except ftplib.error_perm as refused:
        if str(refused).startswith("550"):
            return None
        raise


def _instant(digits: str) -> datetime:
    """`20211231235959` or `20211231235959.123`, which FTP means in UTC."""
    whole, _, fraction = digits.partition(".")
    moment = datetime.strptime(whole, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    return moment.replace(microsecond=int(fraction.ljust(6, "0")[:6]))
