"""Raw partitions of old deliveries, taken away: they are made again from the landed bytes when something needs them."""

import time
from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial

from songify_assets.foundation.delivery.raw import take_away
from songify_assets.foundation.feeds import Feed
from songify_assets.foundation.lake import version_of
from songify_assets.foundation.store import Store
from songify_assets.orchestration.automation.compaction.saved import Saved, Task
from songify_assets.orchestration.declare.datasets import Catalog
from songify_assets.orchestration.declare.inputs import AsOfDate, Events, MovedDeliveries

AT_WORK_S = 24 * 3600


def old_raw(store: Store, catalog: Catalog, today: date, dry_run: bool) -> Iterator[Task]:
    """Takes raw partitions away that are more than SONGIFY_KEEP_RAW_DAYS old, of feeds whose old ones are seldom read.

    A feed is left for the next time while something that reads it is marked since less than a day: it may be at work.
    """
    first = str(today - timedelta(days=store.settings.keep_raw_days))
    recent = {mark.asset for mark in store.ledger.marks() if time.time() - mark.marked_at < AT_WORK_S}
    for feed in catalog.feeds:
        own = {feed.raw, feed.history} if feed.is_dump else {feed.raw}
        if _is_seldom_read(catalog, feed) and not recent & {*own, *catalog.readers(feed).events}:
            for key, state in store.lake.files(feed.raw).items():
                if key < first:
                    yield (
                        f"{feed.raw} {key}",
                        partial(_taken, store, feed, key, state.st_size, version_of(state), dry_run),
                    )


def _is_seldom_read(catalog: Catalog, feed: Feed) -> bool:
    """Whether an old raw partition is only read for a late delivery near it: a full dump, or events that are read by day.

    A later delivery of a keyed record is compared with all before; and a table without partitions reads all there are.
    """
    readers = [
        (asset, declared)
        for asset in catalog.assets
        for declared in asset.inputs.values()
        if feed.raw in declared.assets and not isinstance(declared, AsOfDate | MovedDeliveries)
    ]
    by_day = all(isinstance(declared, Events) and asset.cadence for asset, declared in readers)
    return feed.is_dump or (feed.kind != "keyed" and by_day)


def _taken(store: Store, feed: Feed, key: str, size: int, version: str, dry_run: bool) -> Saved | None:
    rows = store.lake.rows(feed.raw, key)
    if dry_run or take_away(store, feed, key, version):
        return Saved(feed.raw, 1, (rows, 0), (size, 0))
    return None
