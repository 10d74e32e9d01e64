"""Dagster's migrations, read once a process.

Dagster reads the files of all of them whenever it opens a database, and the tick of a sensor opens three: that was half of what a
tick took.
"""

from functools import cache
from types import SimpleNamespace

from alembic.script import ScriptDirectory
from dagster._core.storage import sql


def read_migrations_once() -> None:
    """From now on in this process."""
    if vars(sql)["ScriptDirectory"] is ScriptDirectory:
        # Dagster keeps its configurations of Alembic, so that the same one is asked for again.
        vars(sql)["ScriptDirectory"] = SimpleNamespace(from_config=cache(ScriptDirectory.from_config))
