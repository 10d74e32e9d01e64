"""What every place of drops has in common: the file seen, the file being written, and the words for what went wrong."""

import contextlib
import errno
import hashlib
import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol, Self

from songify_assets.errors import FileVanished, SongifyError
from songify_assets.foundation.disk import disk_full


@dataclass(frozen=True)
class Listed:
    """One file seen at a source: its path below the source's folder, its size, its modification time (UTC).

    `spelled` is the path as the source spells it, where that is not UTF-8: other bytes as surrogates, as Python reads them.
    """

    path: str
    size: int
    modified: datetime
    spelled: str = ""


class Drops(Protocol):
    """The folder of one source. `place` is its URL without user and password, for messages."""

    place: str

    def look(self) -> Iterator[Listed | SongifyError]:
        """Every file below the folder, except hidden ones and links that lead out of it.

        In the place of what cannot be listed comes the error that says why: FileUnreachable, or OddEntry.
        """

    def fetch(self, listed: Listed, target: Path) -> str:
        """Write the file to `target`, continuing what `target` already holds of it; returns its SHA-256.

        So a target must not be used for two files, or for two states (size, time) of one.
        """

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


class Target:
    """The file being written: how much of it is there, and plain words when it cannot be written.

    While it is written, what came is hashed and flushed to the disk by threads of their own.
    """

    def __init__(self, path: Path, size: int, where: str) -> None:
        self._path, self._size, self._where = path, size, where
        self._hasher, self._flusher = ThreadPoolExecutor(1), ThreadPoolExecutor(1)
        self._digest, self._hashed, self._flushed = hashlib.sha256(), Future[None](), Future[None]()

    def __enter__(self) -> Self:
        with self._plainly():
            self._file = self._path.open("ab", buffering=0)  # unbuffered: what is counted is what a crash leaves
            self.have = self._file.seek(0, os.SEEK_END)
            if 0 < self.have <= self._size:
                with self._path.open("rb") as before:
                    self._digest = hashlib.file_digest(before, hashlib.sha256)
        self._hashed.set_result(None)
        self._flushed.set_result(None)
        if self.have > self._size:
            self.restart()
        return self

    def __exit__(self, *_: object) -> None:
        self._hasher.shutdown()
        self._flusher.shutdown()
        self._file.close()

    def restart(self) -> None:
        """Forget what is there."""
        self._hashed.result()
        with self._plainly():
            self._file.truncate(0)
        self.have, self._digest = 0, hashlib.sha256()

    def write(self, block: bytes) -> None:
        """Append; a byte more than was listed means that the file grew meanwhile."""
        if self.have + len(block) > self._size:
            raise changed(self._where)
        left = memoryview(block)
        while left:
            with self._plainly():
                written = self._file.write(left) or 0
            self.have, left = self.have + written, left[written:]
        self._hashed.result()
        self._hashed = self._hasher.submit(self._digest.update, block)
        if self._flushed.done():
            self._look_at_flush()
            self._flushed = self._flusher.submit(os.fdatasync, self._file.fileno())

    def sha256(self) -> str:
        """The SHA-256 of all that is there."""
        self._look_at_flush()
        self._hashed.result()
        return self._digest.hexdigest()

    def _look_at_flush(self) -> None:
        """Linux tells of what could not be written once only: a later flush would succeed."""
        with self._plainly():
            self._flushed.result()

    @contextlib.contextmanager
    def _plainly(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise disk_full("no space is left on the disk", self._where, self._path.parent, 0) from None
            what = f"cannot be written ({error.strerror})"
            remedy = "Make sure that this user may write there, and files of this size, then load again."
            raise SongifyError(what, where=str(self._path), remedy=remedy) from None


def is_hidden(name: str) -> bool:
    """Whether a file or folder is no delivery: dot files, and what macOS adds to archives."""
    return name.startswith(".") or name == "__MACOSX"


def changed(where: str) -> FileVanished:
    """What to say of a file that is no longer the one that was listed."""
    return FileVanished("changed while it was fetched", where=where, remedy="The next look decides; nothing to do.")


def vanished(where: str) -> FileVanished:
    """What to say of a file that is no longer there."""
    return FileVanished("is gone since it was listed", where=where, remedy="The next look decides; nothing to do.")
