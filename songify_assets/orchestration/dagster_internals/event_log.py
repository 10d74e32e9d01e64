"""Dagster's event log in SQLite, with its connections kept open and its batches written in one transaction.

Dagster's own opens a connection and compiles its SQL anew three to six times an event: about 8 ms each, which is most of what
small partitions cost. The files and tables are the same, so either reads what the other has written.
"""

import os
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import dagster as dg
from dagster._core.events import ASSET_EVENTS
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.event_log.schema import SqlEventLogStorageTable
from dagster._core.storage.event_log.sqlite.sqlite_event_log import INDEX_SHARD_NAME
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.pool import QueuePool

OPEN_FILES = 8
BATCH = 500
BUSY_S = 60


class KeptSqliteEventLog(SqliteEventLogStorage):
    """Dagster's event log storage; its `base_dir` in dagster.yaml is `DAGSTER_HOME`."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: dict[str, Engine] = {}
        self._batch: dict[str, Connection] | None = None
        self._known_tables: set[str] = set()
        self._empty = b""
        super().__init__(base_dir, inst_data)
        # A batch holds the lock, and stores events that take it too.
        self._db_lock = threading.RLock()  # type: ignore[assignment]

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> "KeptSqliteEventLog":
        """Dagster hands over batches only where this variable is set."""
        os.environ.setdefault("DAGSTER_EVENT_BATCH_SIZE", str(BATCH))
        return cls(str(Path(config_value["base_dir"]) / "history" / "runs"), inst_data)

    def has_table(self, table_name: str) -> bool:
        """Whether a table exists; Dagster asks before every event of a check."""
        if table_name not in self._known_tables and super().has_table(table_name):
            self._known_tables.add(table_name)
        return table_name in self._known_tables

    def store_event_batch(self, events: Sequence[dg.EventLogEntry]) -> None:
        """Stores events in one transaction a file."""
        with self._db_lock:
            self._batch = {}
            try:
                of_assets = [event for event in events if event.dagster_event_type in ASSET_EVENTS]
                for run_id in {event.run_id: None for event in of_assets}:
                    self._store_asset_events(run_id, [event for event in of_assets if event.run_id == run_id])
                for event in events:
                    if event.dagster_event_type not in ASSET_EVENTS:
                        self.store_event(event)
                for connection in self._batch.values():
                    connection.commit()
            finally:
                for connection in self._batch.values():
                    connection.close()
                self._batch = None

    def _store_asset_events(self, run_id: str, events: Sequence[dg.EventLogEntry]) -> None:
        """What `store_event` does with each, a statement for all; an asset's own row is that of its last event."""
        rows = [self._event_to_row(event) for event in events]
        with self.run_connection(run_id) as connection:
            connection.execute(SqlEventLogStorageTable.insert(), rows)
        with self.index_transaction() as connection:
            connection.execute(SqlEventLogStorageTable.insert(), rows)
            # The transaction holds the file's only write lock, so the rows are numbered one after the other.
            last = connection.execute(text("SELECT last_insert_rowid()")).scalar_one()
            ids = range(last - len(rows) + 1, last + 1)
            self._store_asset_event_tags(connection, events, ids)
            numbered = zip(rows, events, ids, strict=True)
            kept = {(row["asset_key"], row["dagster_event_type"]): (event, number) for row, event, number in numbered}
            for event, number in kept.values():
                self._store_asset_event(connection, event, number)

    def dispose(self) -> None:
        """Closes all files."""
        while self._engines:
            self._engines.popitem()[1].dispose()
        super().dispose()

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        """A connection to a file, in a transaction; within a batch always the same one."""
        with self._db_lock:
            if self._batch is not None:
                if shard not in self._batch:
                    self._batch[shard] = self._opened(shard)
                    self._batch[shard].begin()
                yield self._batch[shard]
            else:
                with self._opened(shard) as connection, connection.begin():
                    yield connection

    def _opened(self, shard: str) -> Connection:
        url = self.conn_string_for_shard(shard)
        engine = self._engines.pop(url, None) or create_engine(
            url, poolclass=QueuePool, connect_args={"timeout": BUSY_S, "check_same_thread": False}
        )
        self._engines[url] = engine
        if len(self._engines) > OPEN_FILES:
            self._engines.pop(next(iter(self._engines))).dispose()
        if shard not in self._initialized_dbs:
            self._begin(shard, engine)
            self._initialized_dbs.add(shard)
        return engine.connect()

    def _begin(self, shard: str, engine: Engine) -> None:
        """Makes the tables of a file that has none; to copy an empty file takes a hundredth of Dagster's migrations."""
        file = Path(self.path_for_shard(shard))
        if self._empty and not file.exists():
            making = file.with_suffix(f".making-{os.getpid()}")
            making.write_bytes(self._empty)
            with suppress(FileExistsError):  # another process may have begun it
                file.hardlink_to(making)
            making.unlink()
            return
        is_new = not file.exists()
        self._initdb(engine)
        if is_new and shard != INDEX_SHARD_NAME:
            with closing(sqlite3.connect(file)) as db:
                self._empty = db.serialize()
