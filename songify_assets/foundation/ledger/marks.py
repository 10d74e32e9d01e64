"""Marks: partitions that are out of date."""

import sqlite3
import time
from collections.abc import Iterable
from dataclasses import dataclass

PUBLISHED = "warehouse/published"  # it shows the quarantine, which changes before anything is computed


@dataclass(frozen=True)
class Mark:
    """A partition (empty key: an unpartitioned asset) that is out of date, and since when (epoch seconds)."""

    asset: str
    partition: str
    marked_at: float


def by_asset(marks: Iterable[Mark]) -> dict[str, set[str]]:
    """The partitions of marks, by asset."""
    found: dict[str, set[str]] = {}
    for mark in marks:
        found.setdefault(mark.asset, set()).add(mark.partition)
    return found


def mark_stale(db: sqlite3.Connection, partitions: Iterable[tuple[str, str]]) -> None:
    """Marks partitions as out of date within a transaction."""
    now = time.time()
    db.executemany(
        "INSERT OR REPLACE INTO stale VALUES (?, ?, ?)", [(asset, partition, now) for asset, partition in partitions]
    )
