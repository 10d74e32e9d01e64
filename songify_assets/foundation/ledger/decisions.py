"""What people decided: held dumps that they approved, refused records that they mended."""

from datetime import UTC, date, datetime

from songify_assets.foundation.ledger import Delivery, Ledger
from songify_assets.foundation.ledger.marks import mark_stale


def approve(ledger: Ledger, delivery: Delivery, approved_by: str, reason: str) -> None:
    """Keeps who approved a held dump, when and why; it holds for these bytes of this delivery."""
    values = (delivery.feed, str(delivery.delivered_on), delivery.token, approved_by, _now(), reason)
    with ledger.transaction() as db:
        db.execute("INSERT INTO approvals VALUES (?, ?, ?, ?, ?, ?)", values)


def approved(ledger: Ledger, feed: str) -> set[tuple[date, str]]:
    """The approved dumps of a feed: delivery date and token of the bytes."""
    rows = ledger.rows("SELECT delivered_on, token FROM approvals WHERE feed = ?", feed)
    return {(date.fromisoformat(row["delivered_on"]), row["token"]) for row in rows}


def amend(ledger: Ledger, feed: str, delivered_on: date, sha256: str, record: int, raw: str, amended_by: str) -> None:
    """Keeps a mended record, which stands in for the refused one from now on."""
    with ledger.transaction() as db:
        values = (feed, str(delivered_on), sha256, record, raw, amended_by, _now())
        db.execute("INSERT OR REPLACE INTO amendments VALUES (?, ?, ?, ?, ?, ?, ?)", values)
        mark_stale(db, [(f"raw/{feed}", str(delivered_on))])


def amendments(ledger: Ledger, feed: str, delivered_on: date, sha256: str) -> dict[int, str]:
    """The mended records of a file, by record number."""
    sql = "SELECT record, raw FROM amendments WHERE feed = ? AND delivered_on = ? AND sha256 = ? ORDER BY record"
    return {row["record"]: row["raw"] for row in ledger.rows(sql, feed, str(delivered_on), sha256)}


def _now() -> str:
    return datetime.now(UTC).isoformat()
