"""Dagster's event log in SQLite, with its connections kept open and its batches written in one transaction.

Dagster's own opens a connection and compiles its SQL anew three to six times an event: about 8 ms each, which is most of what
small partitions cost. The files and tables are the same, so either reads what the other has written.
"""

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import dagster as dg
from dagster._core.events import ASSET_CHECK_EVENTS, ASSET_EVENTS, EVENT_TYPE_TO_PIPELINE_RUN_STATUS
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.event_log.schema import SqlEventLogStorageTable
from dagster._core.storage.event_log.sqlite.sqlite_event_log import INDEX_SHARD_NAME
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.event import listen
from sqlalchemy.pool import QueuePool

from songify_assets.orchestration.dagster_internals.check_rows import Numbered, store_planned, store_verdicts
from songify_assets.orchestration.dagster_internals.kept import keep

OPEN_FILES = 8
BATCH = 500
BUSY_S = 60
Type = dg.DagsterEventType
OF_ALL_RUNS = {*ASSET_EVENTS, *ASSET_CHECK_EVENTS, *EVENT_TYPE_TO_PIPELINE_RUN_STATUS}
LATER = {
    Type.LOGS_CAPTURED,
    Type.RESOURCE_INIT_STARTED,
    Type.RESOURCE_INIT_SUCCESS,
    Type.STEP_INPUT,
    Type.LOADED_INPUT,
    Type.STEP_OUTPUT,
    Type.HANDLED_OUTPUT,
    Type.STEP_SUCCESS,
}


class KeptSqliteEventLog(SqliteEventLogStorage):
    """Dagster's event log storage; its `base_dir` in dagster.yaml is `DAGSTER_HOME`."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: dict[str, Engine] = {}
        self._batch: dict[str, Connection] | None = None
        self._waiting: list[dg.EventLogEntry] = []
        self._has_index_columns = False
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
        keep()
        return cls(str(Path(config_value["base_dir"]) / "history" / "runs"), inst_data)

    def has_table(self, table_name: str) -> bool:
        """Whether a table exists; Dagster asks before every event of a check."""
        if table_name not in self._known_tables and super().has_table(table_name):
            self._known_tables.add(table_name)
        return table_name in self._known_tables

    def store_event(self, event: dg.EventLogEntry) -> None:
        """Stores an event; one that nobody waits for with the next one, or before the next look at a run."""
        with self._db_lock:
            if event.is_dagster_event and event.dagster_event_type in LATER:
                self._waiting.append(event)
            else:
                self.store_event_batch([event])

    def store_event_batch(self, events: Sequence[dg.EventLogEntry]) -> None:
        """Stores events, and those that wait, in one transaction a file."""
        with self._db_lock:
            told = [*self._waiting, *events]
            self._batch, self._waiting = {}, []
            try:
                rows = [self._event_to_row(event) for event in told]
                for run_id in dict.fromkeys(event.run_id for event in told):
                    with self.run_connection(run_id) as connection:
                        own = [row for row in rows if row["run_id"] == run_id]
                        connection.execute(SqlEventLogStorageTable.insert(), own)
                self._index(
                    [pair for pair in zip(told, rows, strict=True) if pair[0].dagster_event_type in OF_ALL_RUNS]
                )
                for connection in self._batch.values():
                    connection.commit()
            finally:
                for connection in self._batch.values():
                    connection.close()
                self._batch = None

    def _index(self, told: Sequence[tuple[dg.EventLogEntry, dict[str, Any]]]) -> None:
        """Enters events in the file of all runs, as `store_event` of Dagster does with each; an asset's own row is that of its last event."""
        if not told:
            return
        with self.index_transaction() as connection:
            connection.execute(SqlEventLogStorageTable.insert(), [row for _, row in told])
            # The transaction holds the file's only write lock, so the rows are numbered one after the other.
            last = connection.execute(text("SELECT last_insert_rowid()")).scalar_one()
            numbered = [(event, row, last - len(told) + at) for at, (event, row) in enumerate(told, 1)]
            of_assets = [one for one in numbered if one[0].dagster_event_type in ASSET_EVENTS]
            if of_assets:
                events, _, ids = zip(*of_assets, strict=True)
                self._store_asset_event_tags(connection, events, ids)
            kept = {(row["asset_key"], row["dagster_event_type"]): (event, number) for event, row, number in of_assets}
            for event, number in kept.values():
                self._store_asset_event(connection, event, number)
        self._store_check_events(numbered)

    def _store_check_events(self, numbered: Sequence[Numbered]) -> None:
        """Enters planned checks and verdicts, all at once; where a verdict was not planned, or is of no run, as Dagster does."""
        planned, verdicts = (
            [one for one in numbered if one[0].dagster_event_type == kind]
            for kind in (Type.ASSET_CHECK_EVALUATION_PLANNED, Type.ASSET_CHECK_EVALUATION)
        )
        with self.index_connection() as connection:
            store_planned(connection, planned)
            if all(event.run_id for event, _, _ in verdicts) and store_verdicts(connection, verdicts):
                return
        for event, _, number in verdicts:
            self.store_asset_check_event(event, number)

    def _has_asset_key_index_cols_on_connection(self, conn: Connection) -> bool:
        """Dagster looks at the columns of its table with each event of an asset."""
        self._has_index_columns = self._has_index_columns or super()._has_asset_key_index_cols_on_connection(conn)
        return self._has_index_columns

    def dispose(self) -> None:
        """Writes what waits, and closes all files."""
        if self._waiting:
            self.store_event_batch([])
        while self._engines:
            self._engines.popitem()[1].dispose()
        super().dispose()

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        """A connection to a file, in a transaction; within a batch always the same one."""
        with self._db_lock:
            if self._waiting and self._batch is None and shard != INDEX_SHARD_NAME:
                self.store_event_batch([])
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
        engine = self._engines.pop(url, None) or _engine(url)
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
        if shard == INDEX_SHARD_NAME or file.exists():
            self._initdb(engine)
            return
        making = file.with_suffix(f".making-{os.getpid()}")
        making.write_bytes(self._without_events())
        with suppress(FileExistsError):  # another process may have begun it
            file.hardlink_to(making)
        making.unlink()

    def _without_events(self) -> bytes:
        """An empty file; Dagster's migrations make it where nobody waits for the disk, which they do seventy times."""
        if not self._empty:
            with TemporaryDirectory() as folder:
                engine = _engine(f"sqlite:///{folder}/empty.db", synchronous="OFF")
                self._initdb(engine)
                engine.dispose()
                self._empty = Path(folder, "empty.db").read_bytes()
        return self._empty


def _engine(url: str, synchronous: str = "NORMAL") -> Engine:
    """An engine whose commits do not wait for the disk: after a power cut the last events may be lacking, and no file is damaged."""
    engine = create_engine(url, poolclass=QueuePool, connect_args={"timeout": BUSY_S, "check_same_thread": False})
    listen(engine, "connect", lambda opened, _: opened.execute(f"PRAGMA synchronous={synchronous}"))
    return engine
