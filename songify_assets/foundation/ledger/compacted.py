"""Which partitions of logs were compacted, as what, and how their files were left."""

from collections.abc import Mapping

from songify_assets.foundation.ledger import Ledger


def compacted(ledger: Ledger, table: str) -> dict[str, tuple[str, str]]:
    """By partition the version of the file that compaction left, and the period that it was left as."""
    rows = ledger.rows("SELECT * FROM compacted WHERE asset = ?", table)
    return {row["partition"]: (row["version"], row["period"]) for row in rows}


def note_compacted(ledger: Ledger, table: str, left: Mapping[str, tuple[str, str]]) -> None:
    """Keeps how compaction left these partitions."""
    with ledger.transaction() as db:
        rows = [(table, partition, version, period) for partition, (version, period) in left.items()]
        db.executemany("INSERT OR REPLACE INTO compacted VALUES (?, ?, ?, ?)", rows)
