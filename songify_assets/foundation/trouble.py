"""What is said when the disk or a database of the home cannot be read or written."""

import errno
import os
import shutil
import sqlite3
from pathlib import Path

from songify_assets.errors import HomeError

REBUILD = "Run `songify rebuild`: it makes the ledger again from what has landed."
_AGAIN = "then do this again: nothing was lost."
_FULL = "the disk is full", f"Free some space on it, {_AGAIN}"
_READ_ONLY = "it cannot be written", f"Give this user the right to write it and its folder, {_AGAIN}"
_LOCKED = "another program keeps it locked", f"End that program or wait for it, {_AGAIN}"
_BROKEN_DISK = "its disk cannot be read or written", f"See to the disk, {_AGAIN}"
_OF_SQLITE = {
    sqlite3.SQLITE_BUSY: _LOCKED,
    sqlite3.SQLITE_LOCKED: _LOCKED,
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_READONLY: _READ_ONLY,
    sqlite3.SQLITE_CANTOPEN: _READ_ONLY,
    sqlite3.SQLITE_PERM: _READ_ONLY,
    sqlite3.SQLITE_IOERR: _BROKEN_DISK,
}
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_OF_SYSTEM = {errno.ENOSPC: _FULL, errno.EDQUOT: _FULL, errno.EFBIG: _FULL, errno.EIO: _BROKEN_DISK} | dict.fromkeys(
    (errno.EROFS, errno.EACCES, errno.EPERM), _READ_ONLY
)
REFUSALS = frozenset(_OF_SYSTEM)


def of_database(error: sqlite3.Error, path: Path, remedy: str = REBUILD) -> HomeError:
    """The error for people; `remedy` is for a damaged database, or one that lacks what it should have."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    if code in _DAMAGED:
        return HomeError("it is damaged", where=str(path), remedy=remedy)
    if code == sqlite3.SQLITE_IOERR and not shutil.disk_usage(path.parent).free:
        code = sqlite3.SQLITE_FULL
    what, else_remedy = _OF_SQLITE.get(code, (f"it is not as it should be ({error})", remedy))
    where = (what == _READ_ONLY[0] and _unwritable(path)) or path
    return HomeError(what, where=str(where), remedy=else_remedy)


def refuse_unwritable(path: Path) -> None:
    """HomeError when this user cannot write a database, or a file that SQLite keeps beside it.

    Asked before it is opened: SQLite would make the files beside it with its rights, and they would stay read-only after it
    has been made writable again.
    """
    if where := _unwritable(path):
        what, remedy = _READ_ONLY
        raise HomeError(what, where=str(where), remedy=remedy)


def _unwritable(path: Path) -> Path | None:
    files = (path.with_name(path.name + end) for end in ("", "-wal", "-shm"))
    return next((file for file in files if file.exists() and not os.access(file, os.W_OK)), None)


def of_file(error: OSError) -> HomeError:
    """The error for people."""
    otherwise = f"it cannot be used ({error.strerror or error})", f"See to it, {_AGAIN}"
    what, remedy = _OF_SYSTEM.get(error.errno or 0, otherwise)
    return HomeError(what, where=str(error.filename or Path.cwd()), remedy=remedy)
