"""Dagster's table of runs in SQLite, asked as little as its events: with its connection kept open, and its columns looked at once.

Dagster's own makes an engine a statement, and looks at the columns of the table with every run that it looks up: 3 ms each time,
and a small load looks up a hundred.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import dagster as dg
from dagster._core.storage.runs import SqliteRunStorage
from sqlalchemy import Connection, create_engine
from sqlalchemy.event import listen
from sqlalchemy.pool import QueuePool

from songify_assets.orchestration.dagster_internals.kept import keep

BUSY_S = 60


def kept_open(folder: Path) -> dg.DagsterInstance:
    """The instance of a folder, which keeps its file of runs open until it is disposed of; a storage elsewhere is Dagster's own."""
    keep()
    instance = dg.DagsterInstance.from_config(str(folder))
    storage = instance.run_storage
    if not isinstance(storage, SqliteRunStorage):
        return instance
    engine = create_engine(
        storage._conn_string, poolclass=QueuePool, connect_args={"timeout": BUSY_S, "check_same_thread": False}
    )
    listen(engine, "connect", lambda opened, _: opened.execute("PRAGMA synchronous=NORMAL"))

    @contextmanager
    def connect() -> Iterator[Connection]:
        with engine.connect() as connection, connection.begin():
            yield connection

    storage.connect = connect  # type: ignore[method-assign]
    storage.dispose = engine.dispose  # type: ignore[method-assign]
    for asked in ("has_run_stats_index_cols", "has_backfill_id_column", "has_built_index"):
        setattr(storage, asked, cache(getattr(storage, asked)))
    return instance
