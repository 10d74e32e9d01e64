"""The keys of programs that ask: names, scopes and rates in SQLite, and of the keys themselves only hashes."""

import hashlib
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from songify_assets.errors import SettingsError
from songify_assets.foundation.trouble import of_database

FILE = "keys.sqlite"
PATIENCE_S = 10
REMEDY = "Remove it and give out new keys with `songify keys add`."
SCHEMA = """CREATE TABLE IF NOT EXISTS keys (
    key_id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, hash BLOB NOT NULL, scope TEXT NOT NULL,
    rate REAL, added_at TEXT NOT NULL)"""
Scope = Literal["read", "events"]


@dataclass(frozen=True)
class Key:
    """What is known of a key: not the key."""

    key_id: int
    name: str
    hash: bytes
    scope: str
    rate: float | None
    added_at: str


class KeyStore:
    """The keys of a home; safe for several processes at once."""

    def __init__(self, home: Path) -> None:
        self.path = home / FILE

    def add(self, name: str, scope: Scope, rate: float | None) -> str:
        """Makes a key and returns it; nobody can tell it a second time."""
        key = f"songify_{secrets.token_urlsafe(32)}"
        row = (name, hash_of(key), scope, rate, datetime.now(UTC).isoformat(timespec="seconds"))
        with self._opened() as db:
            try:
                db.execute("INSERT INTO keys (name, hash, scope, rate, added_at) VALUES (?, ?, ?, ?, ?)", row)
            except sqlite3.IntegrityError:
                raise SettingsError(
                    f"there is a key {name!r} already",
                    where="NAME",
                    remedy="Choose another name, or revoke that one first.",
                ) from None
        return key

    def all(self) -> list[Key]:
        """All keys, in the order in which they were added."""
        if not self.path.exists():
            return []
        with self._opened() as db:
            columns = "key_id, name, hash, scope, rate, added_at"
            return [Key(*row) for row in db.execute(f"SELECT {columns} FROM keys ORDER BY key_id")]

    def revoke(self, name: str) -> None:
        """Makes a key count no more; SettingsError where there is none of that name."""
        if not self.path.exists() or not self._removed(name):
            raise SettingsError(
                f"there is no key {name!r}", where="NAME", remedy="`songify keys list` shows those there are."
            )

    def _removed(self, name: str) -> int:
        with self._opened() as db:
            return db.execute("DELETE FROM keys WHERE name = ?", (name,)).rowcount

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with closing(sqlite3.connect(self.path, timeout=PATIENCE_S)) as db, db:
                db.execute(SCHEMA)
                yield db
        except sqlite3.Error as error:
            raise of_database(error, self.path, REMEDY) from None


def hash_of(key: str) -> bytes:
    """What is kept of a key. It is 256 random bits, so one round is as good as many."""
    return hashlib.sha256(key.encode()).digest()
