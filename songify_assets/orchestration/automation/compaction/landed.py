"""Landed bytes of old deliveries, compressed."""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial

from songify_assets.foundation.landing.kept import compress, compressed_size, is_plain
from songify_assets.foundation.ledger.files import delivered_before
from songify_assets.foundation.store import Store
from songify_assets.orchestration.automation.compaction.saved import Saved, Task

SAMPLE = 16 * 2**20  # bytes of a file that a dry run compresses


def landed_bytes(store: Store, today: date, dry_run: bool) -> Iterator[Task]:
    """Compresses each file whose last delivery is more than SONGIFY_KEEP_PLAIN_DAYS old."""
    landing = store.landing.root
    for sha256, place in delivered_before(store.ledger, today - timedelta(days=store.settings.keep_plain_days)):
        if is_plain(landing, sha256):
            yield place, partial(_compressed, store, sha256, dry_run)


def _compressed(store: Store, sha256: str, dry_run: bool) -> Saved:
    landing = store.landing.root
    size = compressed_size(landing, sha256, SAMPLE) if dry_run else compress(landing, sha256)
    return Saved("landing", 1, (0, 0), size)
