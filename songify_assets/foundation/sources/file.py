"""Drops in a folder of this machine, or one that is mounted there."""

import contextlib
import os
import posixpath
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

from songify_assets.errors import SourceUnreachable
from songify_assets.foundation.sources.drops import (
    SETTING,
    Listed,
    Target,
    changed,
    is_hidden,
    not_utf8,
    vanished,
)

_BLOCK_BYTES = 8 << 20
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class FileDrops:
    """`file://`."""

    def __init__(self, root: Path, source: str | None) -> None:
        self._root, self._folder = root, root / (source or "")
        self.place = f"file://{self._folder}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def look(self) -> Iterator[Listed]:
        """See `Drops`. A folder that is a link is not entered: what it shows has its own place as well."""
        with _plainly(self._root):
            if not stat.S_ISDIR(_mode_if_there(self._root)):
                remedy = f"Create it or correct {SETTING}; if it is a mount, mount it."
                raise SourceUnreachable("folder does not exist", where=f"file://{self._root}", remedy=remedy)
            mode = _mode_if_there(self._folder)
            if mode and not stat.S_ISDIR(mode):
                raise SourceUnreachable("this is no folder", where=self.place, remedy="Make it the source's folder.")
            if mode:
                yield from self._walk("", Path(os.path.realpath(self._folder)))

    def _walk(self, below: str, home: Path) -> Iterator[Listed]:
        try:
            with os.scandir(self._folder / below) as found:
                entries = sorted(found, key=lambda entry: entry.name)
        except FileNotFoundError:  # removed since its name was read
            return
        for entry in entries:
            leads_out = entry.is_symlink() and home not in Path(os.path.realpath(entry)).parents
            if is_hidden(entry.name) or leads_out:
                continue
            path = posixpath.join(below, entry.name)
            if not path.isprintable() and any("\udc80" <= letter <= "\udcff" for letter in path):
                raise not_utf8(f"{self.place}/{below}".rstrip("/"))
            try:
                seen = entry.stat()
            except OSError:  # removed since its name was read, or a link to nothing
                continue
            if stat.S_ISREG(seen.st_mode):
                yield Listed(path, seen.st_size, _instant(seen.st_mtime_ns))
            elif stat.S_ISDIR(seen.st_mode) and not entry.is_symlink():
                yield from self._walk(path, home)

    def fetch(self, listed: Listed, target: Path) -> str:
        """See `Drops`."""
        path = self._folder / listed.path
        where = f"file://{path}"
        with _plainly(path), path.open("rb", buffering=0) as file, Target(target, listed.size, where) as out:
            before = os.fstat(file.fileno())
            if out.have and _instant(before.st_mtime_ns) != listed.modified:
                out.restart()  # what is there may be the beginning of another state of the file
            file.seek(out.have)
            while block := file.read(_BLOCK_BYTES):
                out.write(block)
            after = os.fstat(file.fileno())
            if (after.st_size, after.st_mtime_ns) != (out.have, before.st_mtime_ns) or out.have != listed.size:
                raise changed(where)
            return out.sha256()


def _mode_if_there(path: Path) -> int:
    try:
        return path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return 0


def _instant(nanoseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=nanoseconds // 1000)


@contextlib.contextmanager
def _plainly(path: Path) -> Iterator[None]:
    try:
        yield
    except (FileNotFoundError, NotADirectoryError):
        raise vanished(f"file://{path}") from None
    except OSError as error:
        denied = isinstance(error, PermissionError)
        remedy = "Make it readable for this user." if denied else "Check the disk or the mount."
        where = f"file://{error.filename or path}"
        raise SourceUnreachable(f"cannot be read ({error.strerror})", where=where, remedy=remedy) from None
