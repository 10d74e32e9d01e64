"""The ledger: what was seen, landed, refused, accepted, held and approved, and which partitions are out of date.

One SQLite file. Every change is one transaction, so that a crash leaves the state before it or after it. What is derived
(tables) lives in the lake; the ledger only knows from which bytes, and what has to be computed again.
"""

import sqlite3
import uuid
import weakref
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from contextvars import ContextVar
from datetime import date
from pathlib import Path

from songify_assets.errors import HomeError, SongifyError
from songify_assets.foundation.ledger.manifests import is_used, manifest_of, note
from songify_assets.foundation.ledger.marks import PUBLISHED, Mark, by_asset, mark_stale
from songify_assets.foundation.ledger.schema import SCHEMA, Delivery, LandedFile, day_of, landed_file
from songify_assets.foundation.trouble import REBUILD, of_database, refuse_unwritable

PATIENCE_S = 60  # with another process that writes
__all__ = ["PUBLISHED", "Delivery", "LandedFile", "Ledger", "Mark", "by_asset", "mark_stale"]

# The asset that this context writes, and the token by which it has taken it over.
_writer: ContextVar[tuple[str, str] | None] = ContextVar("writer", default=None)
# The ledger of which this context has a transaction open, and its connection.
_open: ContextVar[tuple[Path, sqlite3.Connection] | None] = ContextVar("open", default=None)


class Ledger:
    """Reads and writes the ledger; safe for several processes at once (WAL, one writer at a time)."""

    def __init__(self, path: Path, landing: Path | None = None) -> None:
        """`landing` is the folder of the landed bytes, where manifests are kept. HomeError when the ledger is lost or cannot be used."""
        self.path, self.landing = path, landing
        if landing and not path.exists() and is_used(landing):
            raise HomeError("the ledger is lost, though files have landed", where=str(path), remedy=REBUILD)
        path.parent.mkdir(parents=True, exist_ok=True)
        refuse_unwritable(path)
        with self.transaction() as db:
            is_new = not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'files'").fetchone()
            db.executescript("PRAGMA journal_mode=WAL;" + SCHEMA)
            if is_new:
                db.execute("INSERT OR REPLACE INTO fingerprints VALUES ('', 'all')")
        # Whoever closes the last connection has to tidy the file up: with this one open nobody else does.
        kept = sqlite3.connect(path, check_same_thread=False)
        kept.execute("SELECT 1 FROM sqlite_master").fetchone()
        weakref.finalize(self, kept.close)

    @contextmanager
    def writing(self, asset: str) -> Iterator[None]:
        """Takes over the writing of an asset: from now on every transaction of an earlier writer of it raises SongifyError."""
        token = uuid.uuid4().hex
        with self.transaction() as db:
            db.execute("INSERT OR REPLACE INTO writers VALUES (?, ?)", (asset, token))
        before = _writer.set((asset, token))
        try:
            yield
        finally:
            _writer.reset(before)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of it or nothing; within another one it is a part of that.

        SongifyError when another writer has taken over from this one, HomeError when the ledger cannot be written.
        """
        with self._opened() as db:
            is_part = db.in_transaction
            if is_part:
                yield db
                return
            db.execute("PRAGMA synchronous=NORMAL")
            db.execute("BEGIN IMMEDIATE")
            if writer := _writer.get():
                _still_writes(db, *writer)
            before = _open.set((self.path, db))
            try:
                yield db
            finally:
                _open.reset(before)
            if db.in_transaction:
                db.execute("COMMIT")

    def rows(self, sql: str, *values: object) -> list[sqlite3.Row]:
        """The rows of a query."""
        with self._opened() as db:
            return db.execute(sql, values).fetchall()

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        """The connection of the transaction that goes on, or one of its own; HomeError when it cannot be read or written."""
        path, db = _open.get() or (None, None)
        if db is not None and path == self.path:
            yield db
            return
        try:
            with closing(sqlite3.connect(self.path, timeout=PATIENCE_S, isolation_level=None)) as db:
                db.row_factory = sqlite3.Row
                yield db
        except sqlite3.Error as error:
            raise of_database(error, self.path) from None

    def files(self, feed: str, delivered_on: date) -> list[LandedFile]:
        """The files that make up a delivery now: of each slot the one that landed last and can be read."""
        return [
            landed_file(row)
            for row in self.rows(
                """SELECT *, max(file_id) FROM files WHERE feed = ? AND delivered_on = ? AND state = 'landed'
                   GROUP BY slot ORDER BY slot""",
                feed,
                str(delivered_on),
            )
        ]

    def land(self, file: LandedFile) -> bool:
        """Enters a landed file and marks its raw partition as out of date; False when the same bytes were there already."""
        with self.transaction() as db:
            last = db.execute(
                """SELECT sha256 FROM files WHERE feed = ? AND delivered_on = ? AND slot = ? AND state <> 'released'
                   AND (state <> 'refused' OR place = ?) ORDER BY file_id DESC LIMIT 1""",
                (file.feed, str(file.delivered_on), file.slot, file.place),
            ).fetchone()
            if last and last["sha256"] == file.sha256:
                return False
            self._note(file.sha256, "landed", **vars(file))
            _enter(db, file, "landed", None, None)
            db.execute(
                """UPDATE files SET state = 'replaced' WHERE state = 'refused' AND source = ? AND delivered_on = ?
                   AND (place = ? OR (feed = ? AND slot = ? AND what NOT LIKE '% holds this file twice%'))""",
                (file.source, str(file.delivered_on), file.place, file.feed, file.slot),
            )
            mark_stale(db, [(f"raw/{file.feed}", str(file.delivered_on))])
        return True

    def refuse(self, file: LandedFile, what: str, remedy: str) -> None:
        """Quarantines a file whole, whether it was landed before or could not even be unpacked."""
        with self.transaction() as db:
            known = db.execute(
                """UPDATE files SET state = 'refused', what = ?, remedy = ?
                   WHERE place = ? AND sha256 = ? AND delivered_on = ? AND state IN ('landed', 'refused')""",
                (what, remedy, file.place, file.sha256, str(file.delivered_on)),
            )
            self._note(file.sha256, "refused", **vars(file), what=what, remedy=remedy)
            if not known.rowcount:
                _enter(db, file, "refused", what, remedy)
            mark_stale(db, [(PUBLISHED, "")])

    def release(self, source: str, delivered_on: date, place: str) -> None:
        """Takes a quarantined file out of the quarantine, because it is landed once more."""
        with self.transaction() as db:
            sql = """UPDATE files SET state = 'released' WHERE source = ? AND delivered_on = ? AND place = ? AND state = 'refused'
                     RETURNING sha256"""
            for row in db.execute(sql, (source, str(delivered_on), place)).fetchall():
                self._note(row["sha256"], "released", source=source, delivered_on=delivered_on, place=place)
            mark_stale(db, [(PUBLISHED, "")])

    def _note(self, sha256: str, event: str, /, **values: object) -> None:
        if self.landing:
            note(manifest_of(self.landing, sha256), event, **values)

    def delivery(self, feed: str, delivered_on: date) -> Delivery | None:
        """One delivery, if it was read."""
        return next(iter(self.deliveries(feed, delivered_on)), None)

    def deliveries(self, feed: str, delivered_on: date | None = None) -> list[Delivery]:
        """All deliveries of a feed that were read, in delivery order."""
        only = "" if delivered_on is None else "AND delivered_on = ?"
        values = (feed,) if delivered_on is None else (feed, str(delivered_on))
        rows = self.rows(f"SELECT * FROM deliveries WHERE feed = ? {only} ORDER BY delivered_on", *values)
        return [
            Delivery(
                **{**dict(row), "delivered_on": day_of(row["delivered_on"]), "predecessor": day_of(row["predecessor"])}
            )
            for row in rows
        ]

    def write_delivery(self, delivery: Delivery, event_dates: Iterable[date]) -> None:
        """Replaces what is known of a delivery and the event dates it holds."""
        values = {name: str(value) if isinstance(value, date) else value for name, value in vars(delivery).items()}
        with self.transaction() as db:
            db.execute(
                f"INSERT OR REPLACE INTO deliveries ({','.join(values)}) VALUES ({','.join(':' + v for v in values)})",
                values,
            )
            of = (delivery.feed, str(delivery.delivered_on))
            db.execute("DELETE FROM event_dates WHERE feed = ? AND delivered_on = ?", of)
            db.executemany("INSERT INTO event_dates VALUES (?, ?, ?)", [(*of, str(day)) for day in event_dates])

    def drop_delivery(self, feed: str, delivered_on: date) -> None:
        """Forgets a delivery of which no readable file is left."""
        with self.transaction() as db:
            for table in ("deliveries", "event_dates"):
                db.execute(f"DELETE FROM {table} WHERE feed = ? AND delivered_on = ?", (feed, str(delivered_on)))

    def event_dates(self, feed: str, delivered_on: date) -> list[date]:
        """The event dates a delivery holds, as last read."""
        rows = self.rows(
            "SELECT event_date FROM event_dates WHERE feed = ? AND delivered_on = ?", feed, str(delivered_on)
        )
        return [date.fromisoformat(row["event_date"]) for row in rows]

    def deliveries_of(self, feed: str, event_dates: Iterable[date]) -> list[date]:
        """The delivery dates that hold events of any of these days, in order."""
        days = {str(day) for day in event_dates}
        rows = self.rows("SELECT delivered_on, event_date FROM event_dates WHERE feed = ? ORDER BY delivered_on", feed)
        return sorted({date.fromisoformat(row["delivered_on"]) for row in rows if row["event_date"] in days})

    def delivered_days(self, feed: str) -> list[date]:
        """The days that were delivered: those with a drop of their own, and those with events in any drop."""
        sql = "SELECT delivered_on AS day FROM deliveries WHERE feed = ? UNION SELECT event_date FROM event_dates WHERE feed = ?"
        return sorted(date.fromisoformat(row["day"]) for row in self.rows(sql, feed, feed))

    def mark(self, partitions: Iterable[tuple[str, str]]) -> None:
        """Marks partitions (asset, partition key; the key is empty for an unpartitioned asset) as out of date."""
        with self.transaction() as db:
            mark_stale(db, partitions)

    def clear(self, asset: str, partitions: Iterable[str], started_at: float) -> None:
        """Takes back marks that a finished computation has answered; marks made since it started (epoch seconds) stay."""
        with self.transaction() as db:
            sql = "DELETE FROM stale WHERE asset = ? AND partition = ? AND marked_at <= ?"
            db.executemany(sql, [(asset, partition, started_at) for partition in partitions])

    def marks(self) -> list[Mark]:
        """The partitions that have to be computed again."""
        return [Mark(**dict(row)) for row in self.rows("SELECT * FROM stale ORDER BY asset, partition")]

    def stale(self) -> dict[str, set[str]]:
        """The same partitions by asset."""
        return by_asset(self.marks())


def _still_writes(db: sqlite3.Connection, asset: str, token: str) -> None:
    row = db.execute("SELECT token FROM writers WHERE asset = ?", (asset,)).fetchone()
    if row is None or row["token"] != token:
        remedy = (
            "Nothing to do, unless it happens often: then two runs write one table, see pools in docs/operations.md."
        )
        raise SongifyError("another run has taken over the writing of this table", where=asset, remedy=remedy)


def _enter(db: sqlite3.Connection, file: LandedFile, state: str, what: str | None, remedy: str | None) -> None:
    values = (file.source, file.feed, str(file.delivered_on), file.slot, file.place, file.sha256, file.size,
              file.landed_at.isoformat(), state, what, remedy)  # fmt: skip
    db.execute("INSERT INTO files VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", values)
