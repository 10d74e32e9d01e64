"""Drops in a folder of this machine, or one that is mounted there."""

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Self

from songify_assets.errors import FileUnreachable, SongifyError, SourceUnreachable
from songify_assets.foundation.sources.drops import Listed, Target, changed, vanished
from songify_assets.foundation.sources.limits import Limits
from songify_assets.foundation.sources.names import readable, shown
from songify_assets.foundation.sources.walking import Entry, Walk, too_much

_BLOCK_BYTES = 8 << 20
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class FileDrops:
    """`file://`."""

    def __init__(self, root: Path, source: str | None, limits: Limits, setting: str) -> None:
        self._setting = setting
        self._root, self._folder, self._limits = root, root / (source or ""), limits
        self.place = f"file://{self._folder}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def look(self) -> Iterator[Listed | SongifyError]:
        """See `Drops`. A folder that is a link is not entered: what it shows has its own place as well."""
        with _plainly(self._root, SourceUnreachable):
            if not stat.S_ISDIR(_mode_if_there(self._root)):
                remedy = f"Create it or correct {self._setting}; if it is a mount, mount it."
                raise SourceUnreachable("folder does not exist", where=f"file://{self._root}", remedy=remedy)
            mode = _mode_if_there(self._folder)
            if mode and not stat.S_ISDIR(mode):
                raise SourceUnreachable("this is no folder", where=self.place, remedy="Make it the source's folder.")
        if mode:
            home = Path(os.path.realpath(self._folder))
            yield from Walk(self.place, partial(self._entries, home), lambda _, entry: entry, self._limits).files()

    def _entries(self, home: Path, below: str) -> list[Entry]:
        entries: list[Entry] = []
        folder = self._folder / below
        try:
            with os.scandir(folder) as found:
                for entry in found:
                    leads_out = entry.is_symlink() and home not in Path(os.path.realpath(entry)).parents
                    if not leads_out and (seen := _entry(entry)):
                        entries.append(seen)
                    if len(entries) > self._limits.entries:
                        raise too_much(f"it holds more than {self._limits.entries:,} files and folders", _where(folder))
        except FileNotFoundError:  # removed since its name was read
            return []
        except OSError as error:
            raise _unreadable(error, folder, FileUnreachable) from None
        return entries

    def fetch(self, listed: Listed, target: Path) -> str:
        """See `Drops`."""
        path = self._folder / (listed.spelled or listed.path)
        where = _where(path)
        with (
            _plainly(path, FileUnreachable),
            open(path, "rb", buffering=0, opener=_open_at_once) as file,
            Target(target, listed.size, where) as out,
        ):
            before = os.fstat(file.fileno())
            if not stat.S_ISREG(before.st_mode):
                raise changed(where)
            if out.have and _instant(before.st_mtime_ns) != listed.modified:
                out.restart()  # what is there may be the beginning of another state of the file
            file.seek(out.have)
            while block := file.read(_BLOCK_BYTES):
                out.write(block)
            after = os.fstat(file.fileno())
            if (after.st_size, after.st_mtime_ns) != (out.have, before.st_mtime_ns) or out.have != listed.size:
                raise changed(where)
            return out.sha256()


def _open_at_once(path: str, flags: int) -> int:
    """A pipe that was put in the place of a file would be waited for, for ever."""
    return os.open(path, flags | os.O_NONBLOCK)


def _entry(entry: "os.DirEntry[str]") -> Entry | None:
    try:
        seen = entry.stat()
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ELOOP):  # removed since its name was read, or a link to nothing
            return None
        return Entry(entry.name, "closed", trouble=f"cannot be read ({error.strerror})")
    if stat.S_ISREG(seen.st_mode):
        return Entry(entry.name, "file", seen.st_size, _instant(seen.st_mtime_ns))
    if stat.S_ISDIR(seen.st_mode):
        identity = f"{seen.st_dev}:{seen.st_ino}"
        return None if entry.is_symlink() else Entry(entry.name, "dir", identity=identity)
    return Entry(entry.name, "odd", trouble="it is no file, but a pipe, a socket or a device")


def _mode_if_there(path: Path) -> int:
    try:
        return path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return 0


def _instant(nanoseconds: int) -> datetime | None:
    try:
        return _EPOCH + timedelta(microseconds=nanoseconds // 1000)
    except OverflowError:  # before year 1 or after 9999
        return None


def _where(path: Path) -> str:
    return f"file://{'/'.join(shown(readable(part)) for part in str(path).split('/'))}"


def _unreadable(error: OSError, path: Path, kind: type[SourceUnreachable]) -> SourceUnreachable:
    remedy = "Make it readable for this user." if isinstance(error, PermissionError) else "Check the disk or the mount."
    return kind(f"cannot be read ({error.strerror})", where=_where(path), remedy=remedy)


@contextlib.contextmanager
def _plainly(path: Path, kind: type[SourceUnreachable]) -> Iterator[None]:
    try:
        yield
    except (FileNotFoundError, NotADirectoryError):
        raise vanished(_where(path)) from None
    except OSError as error:
        raise _unreadable(error, path, kind) from None
