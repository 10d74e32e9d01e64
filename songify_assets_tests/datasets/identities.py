"""Tries to break each blocking check of a dataset on a home that is right."""

import polars as pl

from songify_assets_tests.datasets.homes import Home


def offenders(home: Home, name: str, change: pl.Expr | None = None, again: bool = False) -> int:
    """How many rows break a check: as it is, with a change of its table, or with the table's rows `again`."""
    check = next(check for check in home.dataset.checks if check.name == name)
    table, *others = (home.engine.store.lake.scan(key) for key in (check.table, *check.reads))
    broken = table if change is None else table.with_columns(change)
    given = {"store": home.engine.store} if check.needs_store else {}
    return len(check.offenders(pl.concat([broken, table]) if again else broken, *others, **given).collect())


def blocking(home: Home) -> set[str]:
    return {check.name for check in home.dataset.checks if check.blocking}
