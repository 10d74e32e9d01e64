"""The published warehouse as a file: whether it is there, and can be opened."""

from pathlib import Path

import duckdb

from songify_assets.foundation.store import Store


def damage(warehouse: Path) -> str:
    """Why a warehouse cannot be opened; empty if it can, or if another program that writes to it has it open."""
    if not warehouse.exists():
        return "it is missing"
    try:
        duckdb.connect(str(warehouse), read_only=True).close()
    except duckdb.Error as error:
        is_open = isinstance(error, duckdb.ConnectionException) or "lock" in str(error)
        return "" if is_open else str(error).splitlines()[0]
    return ""


def is_lost(store: Store) -> bool:
    """Whether there is no warehouse, or none that can be opened, though there are tables to publish."""
    return bool(damage(store.settings.home / "warehouse.duckdb")) and any(
        store.lake.keys(table) for table in store.lake.tables
    )
