"""Which picture a table's page shows: from the lake, after a partition of it was written."""

from collections.abc import Callable, Sequence

import polars as pl

from songify_assets.foundation.lake import Lake
from songify_assets.orchestration.ui import pictures

Picture = Callable[[Lake, str], bytes]


def of_partition(table: str, draw: Callable[[pl.DataFrame], bytes]) -> Picture:
    """Draws the partition just written."""
    return lambda lake, key: draw(lake.scan(table, [key]).collect())


def of_table(table: str, draw: Callable[[pl.DataFrame], bytes]) -> Picture:
    """Draws the whole table."""
    return lambda lake, key: draw(lake.scan(table).collect())


def of_newest(table: str, draw: Callable[[pl.DataFrame], bytes], partitions: int) -> Picture:
    """Draws the newest partitions of a table that has one for each day."""
    return lambda lake, key: draw(lake.scan(table, lake.keys(table)[-partitions:]).collect())


def rows_a_day(table: str) -> Picture:
    """Draws the rows of the newest days."""
    return lambda lake, key: pictures.daily_picture(pictures.rows_per_day(lake, table), f"{table}: rows a day")


def growth(history: str) -> Picture:
    """Draws what each accepted dump changed, and the keys that were there then."""
    return lambda lake, key: pictures.history_picture(pictures.changes_per_dump(lake, history), f"{history}: changes")


def of_counts(
    table: str, draw: Callable[[pl.DataFrame], bytes], by: Sequence[str], partitions: int | None = None
) -> Picture:
    """Draws how many `rows` a table has of each value in `by`, in its newest partitions (None: in all)."""

    def counted(lake: Lake, _: str) -> bytes:
        keys = lake.keys(table)[-partitions:] if partitions else None
        return draw(lake.scan(table, keys).group_by(by).agg(rows=pl.len()).collect(engine="streaming"))

    return counted
