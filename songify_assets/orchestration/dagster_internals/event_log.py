"""Dagster's event log in SQLite, with its connections kept open and its batches written in one transaction.

Dagster's own opens a connection and compiles its SQL anew three to six times an event: about 8 ms each, which is most of what
small partitions cost. The files and tables are the same, so either reads what the other has written.
"""

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, Engine, create_engine
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
                for event in events:
                    self.store_event(event)
                for connection in self._batch.values():
                    connection.commit()
            finally:
                for connection in self._batch.values():
                    connection.close()
                self._batch = None

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
            self._initdb(engine)
            self._initialized_dbs.add(shard)
        return engine.connect()
