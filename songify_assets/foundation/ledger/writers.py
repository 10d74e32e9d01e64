"""Who writes an asset: the last that has taken it over."""

import sqlite3

from songify_assets.errors import SongifyError


def still_writes(db: sqlite3.Connection, asset: str, token: str) -> None:
    """Raises SongifyError when another writer has taken over the asset from the one with this token."""
    row = db.execute("SELECT token FROM writers WHERE asset = ?", (asset,)).fetchone()
    if row is None or row["token"] != token:
        remedy = (
            "Nothing to do, unless it happens often: then two runs write one table, see pools in docs/operations.md."
        )
        raise SongifyError("another run has taken over the writing of this table", where=asset, remedy=remedy)
