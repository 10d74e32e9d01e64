"""The checkpoint: counts and sketches as of a place in the log, in one SQLite file, so that a start reads little of the log.

It also keeps the sketches of minutes that are over, which memory does not.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from songify_assets.live.counts import Counts
from songify_assets.live.events import DAY_S
from songify_assets.live.log import PATIENCE_S, Position
from songify_assets.live.seconds import AHEAD_S, Country, SavedHour
from songify_assets.live.steps import Moments, SavedTimes
from songify_assets.live.users import SavedUsers

FORM = 1  # of what is kept; another one is not read, and all follows from the log again
UNKNOWN = ""  # a country that nobody told
SCHEMA = """
CREATE TABLE IF NOT EXISTS state (form INTEGER, hour INTEGER, row INTEGER, as_of INTEGER);
CREATE TABLE IF NOT EXISTS seconds (hour INTEGER, country TEXT, events BLOB, late BLOB, PRIMARY KEY (hour, country));
CREATE TABLE IF NOT EXISTS too_old (minute INTEGER, country TEXT, events INTEGER);
CREATE TABLE IF NOT EXISTS users (
    span INTEGER, start INTEGER, country TEXT, users REAL, sketch BLOB, PRIMARY KEY (span, start, country));
CREATE TABLE IF NOT EXISTS times (
    span INTEGER, start INTEGER, feature TEXT, step TEXT, n INTEGER, mean REAL, m2 REAL, least REAL, most REAL,
    sketch BLOB, PRIMARY KEY (span, start, feature, step))
"""
TIMES = "span, start, feature, step, n, mean, m2, least, most, sketch"


@dataclass(frozen=True)
class State:
    """What of the counts changed since the checkpoint before, as of a place in the log."""

    position: Position
    as_of_us: int
    seconds: list[SavedHour]
    too_old: list[tuple[int, str, int]]
    users: list[SavedUsers]
    times: list[SavedTimes]

    @classmethod
    def of(cls, counts: Counts) -> "State":
        """What changed; from now on it counts as saved."""
        with counts.lock:
            counts.catch_up()
            return cls(
                counts.read_to,
                counts.as_of_us,
                [*counts.seconds.unsaved()],
                [(minute, _text(country), events) for (minute, country), events in counts.seconds.old.items()],
                [*counts.users.unsaved()],
                [*counts.steps.unsaved()],
            )


class Checkpoint:
    """The file. A state that could not be written is written with the next one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._unwritten: list[State] = []

    def save(self, state: State) -> None:
        """Writes a state in one transaction; sqlite3.Error if that cannot be done now."""
        self._unwritten.append(state)
        with closing(self._connected()) as db, db:
            for one in self._unwritten:
                _write(db, one)
            db.execute("DELETE FROM state")
            db.execute("INSERT INTO state VALUES (?, ?, ?, ?)", (FORM, *state.position, state.as_of_us))
        self._unwritten = []

    def read(self, counts: Counts, now_us: int) -> int:
        """Puts the counts as they were; returns the instant of the checkpoint, 0 if there is none."""
        if not self._path.exists():
            return 0
        with closing(self._connected()) as db:
            state = db.execute("SELECT form, hour, row, as_of FROM state").fetchone()
            if state is None or state[0] != FORM:
                for table in ("state", "seconds", "too_old", "users", "times"):
                    db.execute(f"DELETE FROM {table}")
                db.commit()
                return 0
            now_s = max(now_us, state[3]) // 1_000_000
            first_s = now_s - DAY_S
            counts.seconds.advance(now_s)
            for hour, country, *parts in db.execute("SELECT * FROM seconds WHERE hour >= ?", (first_s // 3600,)):
                counts.seconds.restore(SavedHour(hour, _country(country), *parts))
            for minute, country, events in db.execute("SELECT * FROM too_old WHERE minute >= ?", (first_s // 60,)):
                counts.seconds.add_too_old(minute, _country(country), events)
            for row in db.execute(
                "SELECT span, start, country, users, iif(span = 1, NULL, sketch) FROM users"
                " WHERE span = 1 AND start >= ? OR span = 60 AND start >= ?", (first_s // 60, first_s // 3600)
            ):  # fmt: skip
                counts.users.restore(row[0], row[1], _country(row[2]), row[3], row[4])
            for row in db.execute(
                f"SELECT {TIMES} FROM times WHERE span = 0 OR span = 60 AND start >= ?", (first_s // 3600,)
            ):
                counts.steps.restore(_times(row))
            for (minute,) in db.execute(
                "SELECT DISTINCT start FROM times WHERE span = 1 AND start >= ?", (first_s // 60,)
            ):
                counts.steps.restore(minute)
            counts.read_to = Position(state[1], state[2])
            return int(state[3])

    def users_of(self, first: int, end: int) -> Mapping[tuple[int, Country], bytes]:
        """The sketches of users of minutes."""
        ask = "SELECT start, country, sketch FROM users WHERE span = 1 AND start >= ? AND start < ?"
        with closing(self._connected()) as db:
            return {(minute, _country(country)): sketch for minute, country, sketch in db.execute(ask, (first, end))}

    def times_of(self, first: int, end: int) -> Iterator[SavedTimes]:
        """The step times of minutes."""
        with closing(self._connected()) as db:
            ask = f"SELECT {TIMES} FROM times WHERE span = 1 AND start >= ? AND start < ?"
            yield from map(_times, db.execute(ask, (first, end)).fetchall())

    def _connected(self) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        db = sqlite3.connect(self._path, timeout=PATIENCE_S)
        try:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = FULL")
            db.executescript(SCHEMA)
        except sqlite3.Error:
            db.close()
            raise
        return db


def _write(db: sqlite3.Connection, state: State) -> None:
    first_minute = (state.as_of_us // 1_000_000 - DAY_S - AHEAD_S) // 60
    rows = [(one.hour, _text(one.country), one.events, one.late) for one in state.seconds]
    db.executemany("INSERT OR REPLACE INTO seconds VALUES (?, ?, ?, ?)", rows)
    users = [(one.span, one.start, _text(one.country), one.users, one.sketch) for one in state.users]
    db.executemany("INSERT OR REPLACE INTO users VALUES (?, ?, ?, ?, ?)", users)
    times = [(one.span, one.start, one.feature, one.step, *one.moments, one.sketch) for one in state.times]
    db.executemany("INSERT OR REPLACE INTO times VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", times)
    db.execute("DELETE FROM too_old")
    db.executemany("INSERT INTO too_old VALUES (?, ?, ?)", state.too_old)
    db.execute("DELETE FROM seconds WHERE hour < ?", (first_minute // 60,))
    for table in ("users", "times"):
        db.execute(f"DELETE FROM {table} WHERE span = 1 AND start < ?", (first_minute,))
        db.execute(f"DELETE FROM {table} WHERE span = 60 AND start < ?", (first_minute // 60,))


def _times(row: tuple[int, int, str, str, int, float, float, float, float, bytes]) -> SavedTimes:
    return SavedTimes(*row[:4], Moments(*row[4:9]), row[9])


def _text(country: Country) -> str:
    return UNKNOWN if country is None else country


def _country(text: str) -> Country:
    return text or None
