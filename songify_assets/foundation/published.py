"""The published warehouse: whether it can be opened, how far it reaches, which Postgres has it, which checks failed then."""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import duckdb
import polars as pl

from songify_assets.foundation.store import Store
from songify_assets.settings import Settings

SERVED, FAILING_CHECKS = "postgres.served", "warehouse.failing_checks.parquet"
FAILING = pl.Schema(dict.fromkeys(["table", "check", "partition", "severity", "says"], pl.String()))


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


def begun(warehouse: duckdb.DuckDBPyConnection, schema: str, months: Sequence[str]) -> list[str]:
    """Those of these months (`2021-12`) that some table of a schema reaches, by its newest partition; all, if none does.

    Payouts are told before they arrive, and invoices before they are issued: nobody asks first for a month that has not begun.
    """
    newest = "SELECT strftime(max(through), '%Y-%m') FROM meta.tables WHERE starts_with(\"table\", ? || '.')"
    [[through]] = warehouse.execute(newest, [schema]).fetchall()
    return [month for month in months if month <= (through or "")] or list(months)


def is_lost(store: Store) -> bool:
    """Whether there is no warehouse, or none that can be opened, or a Postgres that never had it, though there are tables."""
    lacking = bool(damage(store.settings.home / "warehouse.duckdb")) or not is_served(store.settings)
    return lacking and any(store.lake.keys(table) for table in store.lake.tables)


def is_served(settings: Settings) -> bool:
    """Whether the Postgres of the settings, if there is one, is that which took over the warehouse last."""
    note = settings.home / SERVED
    return not settings.postgres_url or (note.exists() and note.read_text("utf-8") == _digest(settings.postgres_url))


def note_served(settings: Settings) -> None:
    """Notes that the Postgres of the settings has taken over the warehouse."""
    (settings.home / SERVED).write_text(_digest(settings.postgres_url), "utf-8")


def write_failing(home: Path, failing: pl.DataFrame) -> None:
    """Keeps beside a warehouse which checks failed when it was published, in the columns of `FAILING`.

    It is no table of it: the same deliveries give the same warehouse, whenever its checks were evaluated.
    """
    made = home / f"{FAILING_CHECKS}.{os.getpid()}"
    failing.write_parquet(made)
    made.replace(home / FAILING_CHECKS)


def read_failing(home: Path) -> pl.DataFrame | None:
    """The checks that failed then; None where nothing tells of them."""
    try:
        return pl.read_parquet(home / FAILING_CHECKS)
    except (OSError, pl.exceptions.PolarsError):
        return None


def _digest(url: str) -> str:
    return hashlib.sha256(url.encode()).hexdigest()
