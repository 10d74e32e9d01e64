"""What Dagster makes anew each time that it opens a database, and this process keeps.

Its migrations: all of their files are read, and the tick of a sensor opens three databases. An engine for each statement to the
runs and the ticks: without what it has compiled before, which was half of what a daemon with nothing to do took.
"""

from functools import cache, lru_cache
from types import ModuleType, SimpleNamespace

from alembic.script import ScriptDirectory
from dagster._core.storage import sql
from dagster._core.storage.runs.sqlite import sqlite_run_storage
from dagster._core.storage.schedules.sqlite import sqlite_schedule_storage
from sqlalchemy import create_engine

MOST_ENGINES = 32


def keep() -> None:
    """From now on in this process."""
    # Dagster keeps its configurations of Alembic, so that the same one is asked for again.
    _replace(sql, "ScriptDirectory", ScriptDirectory, SimpleNamespace(from_config=cache(ScriptDirectory.from_config)))
    # They hold no connection: each is opened and closed as before.
    kept = lru_cache(MOST_ENGINES)(create_engine)
    for module in (sqlite_run_storage, sqlite_schedule_storage):
        _replace(module, "create_engine", create_engine, kept)


def _replace(module: ModuleType, name: str, old: object, new: object) -> None:
    if vars(module)[name] is old:
        vars(module)[name] = new
