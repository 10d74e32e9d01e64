"""What Dagster makes anew each time that it opens a database, and this process keeps.

Its migrations: all of their files are read, and the tick of a sensor opens three databases. An engine for each statement to the
runs and the ticks: without what it has compiled before, which was half of what a daemon with nothing to do took.
"""

from functools import lru_cache
from types import ModuleType, SimpleNamespace

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from dagster._core.storage import sql
from dagster._core.storage.runs.sqlite import sqlite_run_storage
from dagster._core.storage.schedules.sqlite import sqlite_schedule_storage
from sqlalchemy import create_engine

MOST_ENGINES = 32
_migrations: dict[str | None, ScriptDirectory] = {}


def keep() -> None:
    """From now on in this process."""
    for module in (sql, command):
        _replace(module, "ScriptDirectory", ScriptDirectory, SimpleNamespace(from_config=_migrations_of))
    # They hold no connection: each is opened and closed as before.
    kept = lru_cache(MOST_ENGINES)(create_engine)
    for module in (sqlite_run_storage, sqlite_schedule_storage):
        _replace(module, "create_engine", create_engine, kept)


def read_migrations() -> None:
    """Reads those of SQLite databases now, so that forks of this process have them."""
    _migrations_of(sql.get_alembic_config(sqlite_run_storage.__file__)).get_heads()


def _migrations_of(config: Config) -> ScriptDirectory:
    """All three databases have the same ones, and a configuration each."""
    place = config.get_main_option("script_location")
    if place not in _migrations:
        _migrations[place] = ScriptDirectory.from_config(config)
    return _migrations[place]


def _replace(module: ModuleType, name: str, old: object, new: object) -> None:
    if vars(module)[name] is old:
        vars(module)[name] = new
