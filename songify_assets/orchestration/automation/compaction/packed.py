"""Partitions of old days, packed: the same rows in less space."""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial

from songify_assets.errors import HomeError
from songify_assets.foundation.lake import version_of
from songify_assets.foundation.ledger import PUBLISHED
from songify_assets.foundation.ledger.compacted import compacted, note_compacted
from songify_assets.foundation.packing import may_be_packed, pack, same_rows
from songify_assets.foundation.parquet import row_count
from songify_assets.foundation.statements import keep_links
from songify_assets.foundation.store import Store
from songify_assets.orchestration.automation.compaction.saved import Saved, Task
from songify_assets.orchestration.declare.datasets import Catalog

PACKED, WORTH = "packed", 0.9


def old_partitions(store: Store, catalog: Catalog, today: date, dry_run: bool) -> Iterator[Task]:
    """Packs the large partitions that are more than SONGIFY_KEEP_RAW_DAYS old, once each.

    Raw ones are taken away instead, and logs are selected from.
    """
    first = str(today - timedelta(days=store.settings.keep_raw_days))
    others = {*catalog.logs, *(feed.raw for feed in catalog.feeds)}
    for table in (table for name, table in catalog.tables.items() if table.partition_column and name not in others):
        done, estimate = compacted(store.ledger, table.name), list[float]()
        for key, state in store.lake.files(table.name).items():
            version = version_of(state)
            if key < first and done.get(key) != (version, PACKED) and may_be_packed(store.lake.path(table.name, key)):
                partition = store, table.name, key
                task = partial(_estimated, *partition, estimate) if dry_run else partial(_packed, *partition, version)
                yield f"{table.name} {key}", task


def _packed(store: Store, table: str, key: str, version: str) -> Saved | None:
    """Packs a partition; None if it was written anew meanwhile, or takes hardly less space packed."""
    lake, before = store.lake, store.lake.path(table, key)
    with lake.staging() as staged:
        after = staged / "packed.parquet"
        pack(before, after, staged)
        sizes = before.stat().st_size, after.stat().st_size
        is_smaller = sizes[1] < WORTH * sizes[0]
        if is_smaller and not same_rows(before, after):
            what, remedy = "what would be kept packed is not what is there", f"Run `songify rebuild --table {table}`."
            raise HomeError(what, where=f"{table} {key}", remedy=remedy)
        rows, left = row_count(after), version_of(after.stat()) if is_smaller else version
        was = before.stat()
        if is_smaller:
            store.ledger.mark([(PUBLISHED, "")])
        if is_smaller and not lake.put_instead(table, key, after, version):
            return None
        if is_smaller:
            keep_links(lake, table, key, was)
    note_compacted(store.ledger, table, {key: (left, PACKED)})
    return Saved(table, 1, (rows, rows), sizes) if is_smaller else None


def _estimated(store: Store, table: str, key: str, ratio: list[float]) -> Saved:
    """What packing a partition would save: as that of the first one that was tried."""
    path, rows = store.lake.path(table, key), store.lake.rows(table, key)
    size = path.stat().st_size
    if not ratio:
        with store.lake.staging() as staged:
            pack(path, staged / "packed.parquet", staged)
            packed = (staged / "packed.parquet").stat().st_size / size
            ratio.append(packed if packed < WORTH else 1)
    return Saved(table, 1, (rows, rows), (size, int(size * ratio[0])))
