"""The log: what was accepted, in SQLite, one file an hour of arrival; a batch is there once it was answered with 200.

A file that is synchronous and keeps its unique keys is all that exactly-once needs: the key and the events of a batch come in
one transaction. So does the place up to which a broker's stream was taken; each file has it, as it outlives them.
"""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from songify_assets.live.events import HOUR_US, Batch, pack_refused

PATIENCE_S = 20
SCHEMA = """
CREATE TABLE IF NOT EXISTS batches (
    row INTEGER PRIMARY KEY, key BLOB UNIQUE, digest BLOB NOT NULL, stream TEXT NOT NULL, arrived_at INTEGER NOT NULL,
    accepted INTEGER NOT NULL, refused BLOB, events BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS segments (
    stream TEXT NOT NULL, number INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
    is_closed INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (stream, number));
CREATE TABLE IF NOT EXISTS positions (source TEXT PRIMARY KEY, position TEXT NOT NULL)
"""


class Position(NamedTuple):
    """A place in the log: an hour since 1970, and a row of its file."""

    hour: int
    row: int


class Logged(NamedTuple):
    """A batch in the log."""

    row: int
    stream: str
    arrived_at: int
    refused: bytes | None
    events: bytes


class Log:
    """The files of the log. One thread appends; others read, or note segments, by connections of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.positions: Mapping[str, str] = {}  # up to where each stream of a broker was taken
        self._open: tuple[int, sqlite3.Connection] | None = None

    def hours(self) -> list[int]:
        """The hours that have a file."""
        return sorted(int(path.stem.split("-")[-1]) for path in self.folder.glob("*.sqlite"))

    def path(self, hour: int) -> Path:
        """The file of an hour."""
        return self.folder / f"hour-{hour}.sqlite"

    def append(self, batches: Sequence[Batch], arrived_at: int, positions: Mapping[str, str]) -> list[Position]:
        """Writes batches and positions in one transaction that is on the disk when this returns; all, or none and sqlite3.Error."""
        hour = arrived_at // HOUR_US
        try:
            db = self._writer(hour)
            with db:
                db.execute("BEGIN IMMEDIATE")
                last = db.execute("SELECT coalesce(max(row), 0) FROM batches").fetchone()[0]
                rows = [
                    (last + n, one.key, one.digest, one.stream, arrived_at, len(one.events),
                     pack_refused(one.refused), one.packed)
                    for n, one in enumerate(batches, 1)
                ]  # fmt: skip
                db.executemany("INSERT INTO batches VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
                db.executemany("INSERT OR REPLACE INTO positions VALUES (?, ?)", positions.items())
            self.positions = positions
            return [Position(hour, row[0]) for row in rows]
        except (sqlite3.Error, OSError):
            self.close()
            raise

    def read_positions(self) -> None:
        """Reads the positions from all files, of which the newest is right."""
        found: dict[str, str] = {}
        for hour in self.hours():
            with self.reading(hour) as db:
                found.update(db.execute("SELECT source, position FROM positions").fetchall())
        self.positions = found

    def keep_positions(self, hour: int) -> None:
        """Writes the positions to the file of an hour that has none, before older files go."""
        if self.positions:
            with self.reading(hour) as db:
                db.executemany("INSERT OR IGNORE INTO positions VALUES (?, ?)", self.positions.items())

    def probe(self, now_us: int) -> None:
        """Writes something to the disk that means nothing; sqlite3.Error or OSError if that cannot be done."""
        try:
            self._writer(now_us // HOUR_US).execute(f"PRAGMA user_version = {now_us // 1_000_000 % 1_000_000_000}")
        except (sqlite3.Error, OSError):
            self.close()
            raise

    def close(self) -> None:
        """Closes the file that is written; the next batch opens it again."""
        if self._open is not None:
            opened, self._open = self._open[1], None
            opened.close()

    def _writer(self, hour: int) -> sqlite3.Connection:
        if self._open is None or self._open[0] != hour:
            self.close()
            self._open = hour, self._connected(hour)
        return self._open[1]

    @contextmanager
    def reading(self, hour: int) -> Iterator[sqlite3.Connection]:
        """A connection to the file of an hour, in a transaction."""
        with closing(self._connected(hour)) as db, db:
            yield db

    def _connected(self, hour: int) -> sqlite3.Connection:
        self.folder.mkdir(parents=True, exist_ok=True)
        db = sqlite3.connect(self.path(hour), timeout=PATIENCE_S, check_same_thread=False)
        try:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = FULL")
            db.executescript(SCHEMA)
        except sqlite3.Error:
            db.close()
            raise
        return db

    def after(self, position: Position) -> Iterator[tuple[Position, Logged]]:
        """The batches after a position, in order."""
        for hour in self.hours():
            if hour < position.hour:
                continue
            first = position.row + 1 if hour == position.hour else 1
            with self.reading(hour) as db:
                for row in _rows(db, first, 1 << 62):
                    yield Position(hour, row.row), row

    def rows(self, hour: int, stream: str, first: int, last: int) -> Iterator[Logged]:
        """The batches of a stream from one row of an hour to another."""
        with self.reading(hour) as db:
            for row in _rows(db, first, last):
                if row.stream == stream:
                    yield row

    def keys(self, hour: int) -> list[bytes]:
        """The keys of an hour's batches."""
        with self.reading(hour) as db:
            return [row[0] for row in db.execute("SELECT key FROM batches WHERE key IS NOT NULL")]

    def batches_of(self, hour: int, keys: Sequence[bytes]) -> dict[bytes, tuple[bytes, int, bytes | None]]:
        """Digest, accepted and refused records of the batches of an hour that have these keys."""
        ask = "SELECT digest, accepted, refused FROM batches WHERE key = ?"
        with self.reading(hour) as db:
            found = {key: db.execute(ask, (key,)).fetchone() for key in keys}
        return {key: row for key, row in found.items() if row is not None}

    def last_arrival(self) -> int:
        """When the newest batch arrived; 0 without any."""
        for hour in reversed(self.hours()):
            with self.reading(hour) as db:
                if found := db.execute("SELECT max(arrived_at) FROM batches").fetchone()[0]:
                    return int(found)
        return 0

    def unlink(self, hour: int) -> None:
        """Removes the file of an hour."""
        for ending in ("", "-wal", "-shm"):
            Path(f"{self.path(hour)}{ending}").unlink(missing_ok=True)


def _rows(db: sqlite3.Connection, first: int, last: int) -> Iterator[Logged]:
    """Read a few at a time, so that no long reading keeps the log's WAL growing."""
    while first <= last:
        found = db.execute(
            "SELECT row, stream, arrived_at, refused, events FROM batches WHERE row BETWEEN ? AND ? ORDER BY row LIMIT 256",
            (first, last),
        ).fetchall()
        if not found:
            return
        for row in found:
            yield Logged(*row)
        first = found[-1][0] + 1
