"""Dagster's own databases in a home: its history of runs, of events and of ticks. No table of ours is in them."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from songify_assets.errors import HomeError
from songify_assets.foundation.trouble import of_database

NEW = "Run `songify rebuild`: it puts it aside, and Dagster makes a new one. The history of runs is lost, no table is."


def databases(home: Path) -> Iterator[Path]:
    """The databases that a run cannot begin without."""
    folder = home / "dagster"
    places = ("schedules/schedules.db", "history/runs.db", "history/runs/index.db")
    return (folder / place for place in places if (folder / place).exists())


def trouble(home: Path, error: sqlite3.Error | None = None) -> HomeError | None:
    """What is wrong with the databases, if anything is; `error` is what Dagster met."""
    for path in databases(home):
        try:
            with closing(sqlite3.connect(path)) as db:
                verdict = str(db.execute("PRAGMA quick_check").fetchone()[0])
        except sqlite3.Error as found:
            return of_database(found, path, NEW)
        if verdict != "ok":
            return HomeError("it is damaged", where=str(path), remedy=NEW)
    return of_database(error, home / "dagster", NEW) if error else None


def put_aside(home: Path) -> list[Path]:
    """Renames the databases that are damaged; returns them."""
    damaged = []
    while (found := trouble(home)) and found.remedy == NEW:
        path = Path(found.where)
        path.rename(path.with_name(f"{path.name}.damaged-{datetime.now(UTC):%Y%m%d-%H%M%S}"))
        damaged.append(path)
    return damaged
