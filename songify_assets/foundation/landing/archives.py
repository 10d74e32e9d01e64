"""Unpacks what was delivered compressed, trusting nothing that an archive says about itself."""

import errno
import gzip
import lzma
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from posixpath import normpath
from typing import IO, NoReturn
from uuid import uuid4

import pyarrow as pa

from songify_assets.errors import UnreadableFile
from songify_assets.foundation.disk import disk_full, room
from songify_assets.foundation.feeds import COMPRESSIONS

BOMB_RATIO = 100
BOMB_BYTES = 2**30
_CHUNK = 2**20
_CORRUPT = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError, RuntimeError, ValueError, pa.ArrowException,
)  # fmt: skip


@dataclass
class _Unpacking:
    """One delivered file being unpacked: how much may still come out of it, and what did."""

    path: Path
    into: Path
    where: str
    room: int
    written: int = 0
    files: list[tuple[str, Path]] = field(default_factory=list)

    def refuse(self, what: str) -> NoReturn:
        raise UnreadableFile(what, where=self.where, remedy="Have it packed and delivered again.") from None

    def count(self, size: int) -> None:
        self.written += size
        self.check(self.written)

    def check(self, size: int) -> None:
        """Whether so much may come out: no bomb, and there is room for it."""
        if size > BOMB_BYTES and size > BOMB_RATIO * self.path.stat().st_size:
            self.refuse(f"unpacks to over {BOMB_RATIO} times its size")
        if size > self.room:
            raise disk_full("does not fit on the disk unpacked", self.where, self.into, size - self.room)


def unpack(path: Path, name: str, into: Path, where: str) -> list[tuple[str, Path]]:
    """The files in a delivered file, unpacked into the folder `into`: path inside the archive, and file.

    The suffix of `name`, the name it was delivered under, decides: `.zip`, `.gz`, `.zst`, or else the file as it is.
    Members of a zip may be compressed themselves. A compression suffix is not part of the paths returned.
    Raises UnreadableFile for what is damaged, encrypted, empty, or means harm, and DiskFull for what does not fit; then
    nothing is left in `into`.
    """
    suffix = PurePosixPath(name).suffix.lower()
    if suffix not in (".zip", *COMPRESSIONS):
        return [(name, path)]
    work = _Unpacking(path, into, where, room(into))
    try:
        if suffix == ".zip":
            with _told(work, "is not a whole zip archive"):
                _unzip(work)
        else:
            with path.open("rb") as packed:
                _store(work, name, packed)
    except BaseException:
        for _, file in work.files:
            file.unlink(missing_ok=True)
        raise
    return work.files


@contextmanager
def _told(work: _Unpacking, what: str) -> Iterator[None]:
    """Tell damage found while unpacking; what the machine lacks (a full disk) is not the archive's fault."""
    try:
        yield
    except _CORRUPT as error:
        if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
            raise
        work.refuse(f"{what} ({str(error)[:200] or type(error).__name__})")


def _unzip(work: _Unpacking) -> None:
    with zipfile.ZipFile(work.path) as archive:
        members = [(member, _safe_name(work, member)) for member in archive.infolist()]
        work.check(sum(member.file_size for member, _ in members))
        for member, name in members:
            if name.endswith("/") or any(part.startswith(".") or part == "__MACOSX" for part in name.split("/")):
                continue
            if member.flag_bits & 1:
                work.refuse("is protected by a password")
            with archive.open(member) as packed:
                _store(work, name, packed)
    if not work.files:
        work.refuse("holds no files")


def _safe_name(work: _Unpacking, member: zipfile.ZipInfo) -> str:
    delivered = member.orig_filename.replace("\\", "/")
    name = normpath(delivered) + ("/" if delivered.endswith("/") else "")
    if name.split("/")[0] == ".." or name.startswith("/") or re.match("[A-Za-z]:", name) or "\0" in name:
        work.refuse(f"holds a path outside the archive, {member.orig_filename[:200]!r}")
    if stat.S_IFMT(member.external_attr >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR):
        work.refuse(f"holds a link or another special file, {name[:200]!r}")
    return name


def _store(work: _Unpacking, name: str, packed: IO[bytes]) -> None:
    """Write one file under a name of ours, decompressed."""
    suffix = PurePosixPath(name).suffix.lower()
    file = work.into / f"{uuid4().hex}.unpacked"
    work.files.append((name[: -len(suffix)] if suffix in COMPRESSIONS else name, file))
    with file.open("wb") as out, _told(work, f"is damaged or cut off at {name}"), _plain(packed, suffix) as plain:
        while chunk := plain.read(_CHUNK):
            work.count(len(chunk))
            out.write(chunk)


def _plain(packed: IO[bytes], suffix: str) -> IO[bytes]:
    if suffix == ".gz":
        return gzip.open(packed)  # type: ignore[return-value]
    return pa.CompressedInputStream(pa.PythonFile(packed, mode="r"), "zstd") if suffix == ".zst" else packed
