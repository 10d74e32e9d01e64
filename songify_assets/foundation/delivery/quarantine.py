"""What was refused, rows and whole files, and the way back in once it is mended."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from songify_assets.errors import SettingsError, UnreadableFile
from songify_assets.foundation.delivery.files import mended as read_mended
from songify_assets.foundation.feed_tables import QUARANTINE
from songify_assets.foundation.feeds import Feed
from songify_assets.foundation.landing.replay import replay as replay_file
from songify_assets.foundation.ledger import files
from songify_assets.foundation.ledger.decisions import amend
from songify_assets.foundation.ledger.files import RefusedFile
from songify_assets.foundation.store import Store


def refused_files(store: Store) -> list[RefusedFile]:
    """Files that are quarantined whole, the newest deliveries first, and of one day those that came last."""
    newest_last = sorted(files.refused_files(store.ledger), key=lambda file: file.delivered_on)
    return newest_last[::-1]


def refused_rows(store: Store, feed: str | None = None) -> pl.DataFrame:
    """Rows that are quarantined (None: of all feeds): the columns of `quarantine.rows`, and `id`.

    An id names the file, too, where a delivery may have several: each of them has a first record.
    """
    slots = files.slots_of_many(store.ledger)
    slot = pl.col("file").replace_strict(slots, default=None, return_dtype=pl.String)
    delivery = pl.format("{}@{}", "feed", "delivered_on")
    ids = pl.format("{}#{}", pl.coalesce(pl.format("{}/{}", delivery, slot), delivery), "record").alias("id")
    rows = store.lake.scan(QUARANTINE.name).with_columns(ids)
    rows = rows.filter(pl.col("feed") == feed) if feed else rows
    return rows.sort("delivered_on", "feed", "file", "record", descending=[True, False, False, False]).collect()


def refused_row(store: Store, id: str) -> dict[str, Any]:
    """One quarantined row; SettingsError where there is none."""
    found = refused_rows(store).filter(pl.col("id") == id)
    if found.is_empty():
        raise SettingsError(
            f"nothing in quarantine is called '{id}'", where="ID", remedy="See `songify quarantine list`."
        )
    return found.row(0, named=True)


def is_refused(store: Store, id: str) -> bool:
    """Whether a file or row is in quarantine."""
    return id in {file.id for file in refused_files(store)} or id in set(refused_rows(store)["id"])


def replay(store: Store, feeds: Sequence[Feed], id: str, *, by: str, file: Path | None, raw: str | None) -> None:
    """Brings a refused file or row back in, mended by a `file` or, a row, by its text `raw`; without, as it is.

    It is computed by the next run. SettingsError where nothing is called so, or the mended record cannot be read.
    """
    refused = next((file for file in refused_files(store) if file.id == id), None)
    if refused:
        replay_file(store.landing, refused, [feed for feed in feeds if feed.source == refused.source], file)
    else:
        _replay_row(store, feeds, id, by, raw or (file.read_text("utf-8").rstrip("\r\n") if file else None))


def _replay_row(store: Store, feeds: Sequence[Feed], id: str, by: str, raw: str | None) -> None:
    """Keeps the mended record, which is read instead of the refused one from now on; without one the delivery is read again."""
    row = refused_row(store, id)
    feed = next(feed for feed in feeds if feed.name == row["feed"])
    day, record = row["delivered_on"], row["record"]
    if raw is None:
        store.ledger.mark([(feed.raw, str(day))])
        return
    with store.lake.staging() as scratch:
        try:
            list(read_mended(feed, {record: raw}, scratch / "mended", id))
        except UnreadableFile as error:
            raise SettingsError(error.what, where="the mended record", remedy=error.remedy) from None
    file = next(file for file in store.ledger.files(feed.name, day) if file.place == row["file"])
    amend(store.ledger, feed.name, day, file.sha256, record, raw, by)
