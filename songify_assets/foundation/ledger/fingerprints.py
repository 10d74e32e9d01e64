"""With which definition each table was computed."""

from collections.abc import Iterable

from songify_assets.foundation.ledger import Ledger
from songify_assets.foundation.ledger.marks import mark_stale


def fingerprints(ledger: Ledger) -> dict[str, str]:
    """The fingerprint of each table's definition; with an empty name if the ledger has had them from its beginning."""
    return {row["asset"]: row["fingerprint"] for row in ledger.rows("SELECT * FROM fingerprints")}


def replace_fingerprint(ledger: Ledger, table: str, fingerprint: str, stale: Iterable[str]) -> None:
    """Keeps the fingerprint of a table, and marks these of its partitions."""
    with ledger.transaction() as db:
        mark_stale(db, [(table, key) for key in stale])
        db.execute("INSERT OR REPLACE INTO fingerprints VALUES (?, ?)", (table, fingerprint))
