"""The outbox: what each alert address was told of, and the messages that wait to be sent. One SQLite file.

What is wrong is found anew each time from what is the case; the outbox turns that into messages, each exactly once: a
problem when it appears, and a notice when it is over. Every change is one transaction, so a restart forgets and repeats
nothing. (Only a crash in the instant between a server's taking a message and our noting it can send that one twice.)
"""

import fcntl
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from songify_assets.foundation.alerting.routing import Problem, Target, wants
from songify_assets.texts import harmless

__all__ = ["Message", "Outbox", "Problem", "Undelivered"]

Kind = Literal["error", "warning", "over"]
DIGEST_ABOVE = 5
SCHEMA = """
CREATE TABLE IF NOT EXISTS told (
    target TEXT NOT NULL, key TEXT NOT NULL, severity TEXT NOT NULL, title TEXT NOT NULL, link TEXT NOT NULL,
    since TEXT NOT NULL, PRIMARY KEY (target, key));
CREATE TABLE IF NOT EXISTS messages (
    message_id INTEGER PRIMARY KEY AUTOINCREMENT, target TEXT NOT NULL, shown TEXT NOT NULL, kind TEXT NOT NULL,
    title TEXT NOT NULL, body TEXT NOT NULL, queued_at TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
    last_error TEXT);
CREATE INDEX IF NOT EXISTS by_target ON messages (target, message_id);
CREATE TABLE IF NOT EXISTS problems (
    key TEXT PRIMARY KEY, severity TEXT NOT NULL, title TEXT NOT NULL, body TEXT NOT NULL, link TEXT NOT NULL, since TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS watched (at TEXT NOT NULL);
"""


@dataclass(frozen=True)
class Message:
    """What one target is to be sent."""

    kind: Kind
    title: str
    body: str


@dataclass(frozen=True)
class Undelivered:
    """A message that waits: for whom, since when, how often it was tried, and what went wrong last."""

    shown: str
    title: str
    queued_at: datetime
    attempts: int
    last_error: str | None


# Sends a message; says in a few words, without secrets, why it could not.
Send = Callable[[Target, Message], str | None]


class Outbox:
    """Reads and writes the outbox; safe for several processes at once."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        with self._transaction() as db:
            db.executescript("PRAGMA journal_mode=WAL;" + SCHEMA)

    def reconcile(self, problems: Sequence[Problem], targets: Sequence[Target]) -> None:
        """Compares what is wrong now with what each target was told, and queues what it does not know yet.

        A problem that is new to a target, or was a warning and is an error now, is queued for it, and once it is gone, a
        notice that it is over. A target that is new itself is told of all that is wrong. What is queued for a target that
        is no longer configured is dropped.
        """
        now = {problem.key for problem in problems}
        with self._transaction() as db:
            _keep(db, problems)
            _drop_all_but(db, targets)
            for target in targets:
                rows = db.execute("SELECT * FROM told WHERE target = ? ORDER BY since, key", (target.target_id,))
                told = {row["key"]: row for row in rows}
                new = [
                    problem
                    for problem in problems
                    if wants(target, problem) and _is_news(problem, told.get(problem.key))
                ]
                over = [row for key, row in told.items() if key not in now]
                _queue(db, target, _about_new(new))
                _queue(db, target, _about_over(over))
                _remember(db, target, new, [row["key"] for row in over])

    def deliver(self, targets: Sequence[Target], send: Send, within_s: float) -> int:
        """Sends what is queued and returns how many messages arrived.

        Each target gets its messages in order: after one that fails, its others wait for the next time. Targets take turns,
        and no message is begun after `within_s` seconds. While another process delivers, this one leaves it alone.
        """
        sent, deadline, going = 0, time.monotonic() + within_s, list(targets)
        with self._alone() as is_alone:
            while going and is_alone:
                for target in list(going):
                    if time.monotonic() > deadline:
                        return sent
                    if self._deliver_next(target, send):
                        sent += 1
                    else:
                        going.remove(target)
        return sent

    def undelivered(self) -> list[Undelivered]:
        """The messages that wait, oldest first."""
        with self._transaction() as db:
            return [
                Undelivered(
                    row["shown"],
                    row["title"],
                    datetime.fromisoformat(row["queued_at"]),
                    row["attempts"],
                    row["last_error"],
                )
                for row in db.execute("SELECT * FROM messages ORDER BY message_id").fetchall()
            ]

    def _deliver_next(self, target: Target, send: Send) -> bool:
        with self._transaction() as db:
            sql = "SELECT * FROM messages WHERE target = ? ORDER BY message_id LIMIT 1"
            row = db.execute(sql, (target.target_id,)).fetchone()
        if row is None:
            return False
        failure = send(target, Message(row["kind"], row["title"], row["body"]))
        with self._transaction() as db:
            if failure is None:
                db.execute("DELETE FROM messages WHERE message_id = ?", (row["message_id"],))
            else:
                sql = "UPDATE messages SET attempts = attempts + 1, last_error = ? WHERE message_id = ?"
                db.execute(sql, (failure, row["message_id"]))
        return failure is None

    @contextmanager
    def _alone(self) -> Iterator[bool]:
        """Whether no other process delivers; none will while the context lasts. The system frees the lock of a dead one."""
        with self.path.with_suffix(".lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        db = sqlite3.connect(self.path, timeout=60, isolation_level=None)
        db.row_factory = sqlite3.Row
        try:
            db.execute("BEGIN IMMEDIATE")
            yield db
            if db.in_transaction:
                db.execute("COMMIT")
        finally:
            db.close()


def _is_news(problem: Problem, told: sqlite3.Row | None) -> bool:
    return told is None or (problem.severity == "error" and told["severity"] == "warning")


def _about_new(problems: Sequence[Problem]) -> list[Message]:
    """The messages about problems that appeared; many at once are one message, errors first."""
    problems = sorted(problems, key=lambda problem: problem.severity)
    if len(problems) <= DIGEST_ABOVE:
        return [
            Message(problem.severity, harmless(problem.title), f"{harmless(problem.body)}\n\n{problem.link}")
            for problem in problems
        ]
    errors = sum(problem.severity == "error" for problem in problems)
    lines = [f"{problem.severity}: {harmless(problem.title)} {problem.link}" for problem in problems]
    title = f"{len(problems)} new problems, {errors or 'none'} of them error{'s' * (errors != 1)}"
    return [Message(problems[0].severity, title, "\n".join(lines))]


def _about_over(told: Sequence[sqlite3.Row]) -> list[Message]:
    """The messages about problems that are gone; many at once are one message, former errors first."""
    told = sorted(told, key=lambda row: str(row["severity"]))
    since = [f"{datetime.fromisoformat(row['since']).astimezone():%Y-%m-%d %H:%M %Z}" for row in told]
    if len(told) <= DIGEST_ABOVE:
        return [
            Message("over", f"over: {harmless(row['title'])}", f"Reported at {at}, gone now.\n\n{row['link']}")
            for row, at in zip(told, since, strict=True)
        ]
    lines = [f"over: {harmless(row['title'])} (reported at {at})" for row, at in zip(told, since, strict=True)]
    return [Message("over", f"over: {len(told)} problems", "\n".join(lines))]


def _queue(db: sqlite3.Connection, target: Target, messages: Sequence[Message]) -> None:
    sql = "INSERT INTO messages (target, shown, kind, title, body, queued_at) VALUES (?, ?, ?, ?, ?, ?)"
    db.executemany(sql, [(target.target_id, target.shown, m.kind, m.title, m.body, _now()) for m in messages])


def _remember(db: sqlite3.Connection, target: Target, new: Sequence[Problem], over: Sequence[str]) -> None:
    db.executemany("DELETE FROM told WHERE target = ? AND key = ?", [(target.target_id, key) for key in over])
    sql = """INSERT INTO told VALUES (?, ?, ?, ?, ?, ?)
             ON CONFLICT DO UPDATE SET severity = excluded.severity, title = excluded.title"""
    db.executemany(sql, [(target.target_id, p.key, p.severity, p.title, p.link, _now()) for p in new])


def _keep(db: sqlite3.Connection, problems: Sequence[Problem]) -> None:
    """Keeps what is wrong now for whoever looks, since when it is, and when that was found."""
    since = {row["key"]: row["since"] for row in db.execute("SELECT key, since FROM problems").fetchall()}
    db.execute("DELETE FROM problems")
    rows = [(p.key, p.severity, p.title, p.body, p.link, since.get(p.key, _now())) for p in problems]
    db.executemany("INSERT OR REPLACE INTO problems VALUES (?, ?, ?, ?, ?, ?)", rows)
    db.execute("DELETE FROM watched")
    db.execute("INSERT INTO watched VALUES (?)", (_now(),))


def _drop_all_but(db: sqlite3.Connection, targets: Sequence[Target]) -> None:
    kept = [target.target_id for target in targets]
    for table in ("told", "messages"):
        db.execute(f"DELETE FROM {table} WHERE target NOT IN ({','.join('?' * len(kept))})", kept)


def _now() -> str:
    return datetime.now(UTC).isoformat()
