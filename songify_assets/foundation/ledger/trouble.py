"""What is said when SQLite cannot read or write a database of the home."""

import sqlite3
from pathlib import Path

from songify_assets.errors import HomeError

REBUILD = "Run `songify rebuild`: it makes the ledger again from what has landed."
_AGAIN = "then do this again: nothing was lost."
_TROUBLE = {
    sqlite3.SQLITE_BUSY: ("another program keeps it locked", f"End that program or wait for it, {_AGAIN}"),
    sqlite3.SQLITE_LOCKED: ("another program keeps it locked", f"End that program or wait for it, {_AGAIN}"),
    sqlite3.SQLITE_FULL: ("the disk is full", f"Free some space on its disk, {_AGAIN}"),
    sqlite3.SQLITE_READONLY: ("it cannot be written", f"Give this user the right to write it and its folder, {_AGAIN}"),
    sqlite3.SQLITE_CANTOPEN: ("it cannot be opened", f"Give this user the right to write it and its folder, {_AGAIN}"),
    sqlite3.SQLITE_PERM: ("it may not be opened", f"Give this user the right to write it and its folder, {_AGAIN}"),
    sqlite3.SQLITE_IOERR: ("its disk cannot be read or written", f"See to the disk, {_AGAIN}"),
    sqlite3.SQLITE_CORRUPT: ("it is damaged", REBUILD),
    sqlite3.SQLITE_NOTADB: ("it is damaged", REBUILD),
}


def told(error: sqlite3.Error, path: Path) -> HomeError:
    """The error for people; what is none of these is a fault of ours, or of a ledger that lacks a table."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    what, remedy = _TROUBLE.get(code, (f"it does not understand us ({error})", REBUILD))
    return HomeError(what, where=str(path), remedy=remedy)
