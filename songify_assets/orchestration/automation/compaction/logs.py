"""Of logs that have grown cold only the last snapshots are kept.

What is left is computed from the deliveries, not from what an earlier compaction left. So a month has its last day even if the
weeks before did not keep it, a late day re-opens its period, and a compaction that was killed is done again.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

import polars as pl

from songify_assets.errors import HomeError
from songify_assets.foundation.hot_and_cold import Period, keep_last, period_of
from songify_assets.foundation.ledger import PUBLISHED
from songify_assets.foundation.ledger.compacted import compacted, note_compacted
from songify_assets.foundation.store import Store
from songify_assets.orchestration.automation.compaction.saved import Saved, Task
from songify_assets.orchestration.declare.datasets import Catalog
from songify_assets.orchestration.declare.tables import TableAsset
from songify_assets.orchestration.planner.triggers import Triggers


@dataclass(frozen=True)
class Logs:
    """The logs of a catalog."""

    store: Store
    catalog: Catalog
    triggers: Triggers

    def tasks(self, dry_run: bool) -> Iterator[Task]:
        """Compacts each log of which something has grown cold since the last time."""
        for asset in (asset for asset in self.catalog.assets if asset.key in self.catalog.logs):
            yield asset.key, partial(self._compact, asset, dry_run)

    def _due(self, table: str) -> dict[str, Period]:
        """The partitions to compact: those of each period of which some day is not as compaction would leave it."""
        lake, settings = self.store.lake, self.store.settings
        versions, done = lake.versions(table), compacted(self.store.ledger, table)
        newest = next((key for key in reversed(versions) if lake.rows(table, key)), None)
        if newest is None:
            return {}
        ages = date.fromisoformat(newest), settings.hot_days, settings.warm_days
        periods = {key: period_of(date.fromisoformat(key), *ages) for key in versions}
        due = {
            period
            for key, period in periods.items()
            if done.get(key) != (versions[key], str(period))
            and (period[0] != "day" or _forgot(done.get(key), versions[key]))
        }
        return {key: period for key, period in periods.items() if period in due}

    def _compact(self, asset: TableAsset, dry_run: bool) -> Saved | None:
        """Keeps the last snapshots of what is due. HomeError, and nothing changed, if they are not what is there."""
        due = self._due(asset.key)
        if not due:
            return None
        lake, table, keys = self.store.lake, asset.key, list(due)
        before = self._size(table, keys)
        periods = {date.fromisoformat(key): period for key, period in due.items()}
        kept = keep_last(self._computed(asset, keys), periods, self.catalog.logs[table])
        if dry_run:
            rows = int(kept.select(pl.len()).collect(engine="streaming").item())
            return Saved(table, len(keys), (before[0], rows), (before[1], before[1] * rows // max(before[0], 1)))
        with self.store.ledger.writing(table):
            self.store.ledger.mark([(PUBLISHED, "")])
            lake.write(table, kept, keys, before=lambda now: self._verify(table, keys, now))
            versions = lake.versions(table)
            note_compacted(self.store.ledger, table, {key: (versions[key], str(period)) for key, period in due.items()})
        after = self._size(table, keys)
        return Saved(table, len(keys), (before[0], after[0]), (before[1], after[1]))

    def _computed(self, asset: TableAsset, keys: Sequence[str]) -> pl.LazyFrame:
        """All rows of these partitions, computed anew."""
        frames = {
            name: read.frame(self.store, keys, self.triggers.reader(asset.key, read))
            for name, read in asset.inputs.items()
        }
        rows: pl.LazyFrame = asset.compute(**frames)
        return rows

    def _verify(self, table: str, keys: Iterable[str], now: pl.LazyFrame) -> None:
        """What is to be kept of days that still have all their rows is what is there."""
        columns = [name for name in self.store.lake.tables[table].columns.names() if name != "kept_as"]
        there = self.store.lake.scan(table, keys).filter(pl.col("kept_as") == "day")
        days = there.select("day").unique()
        others = now.join(days, on="day", how="semi").join(there, on=columns, how="anti", nulls_equal=True)
        if others.select(pl.len()).collect(engine="streaming").item():
            raise HomeError(
                "what compaction would keep is not what is there",
                where=table,
                remedy=f"Run `songify rebuild --table {table}`, then compact again.",
            )

    def _size(self, table: str, keys: Sequence[str]) -> tuple[int, int]:
        lake = self.store.lake
        return sum(lake.rows(table, key) for key in keys), sum(lake.path(table, key).stat().st_size for key in keys)


def _forgot(left: tuple[str, str] | None, version: str) -> bool:
    """Whether a day that is hot (again, as the newest day was taken back) is still as compaction left it."""
    return left is not None and left[0] == version
