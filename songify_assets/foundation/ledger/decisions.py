"""What people decided: held dumps that they approved, refused records that they mended."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from songify_assets.foundation.ledger import Delivery, Ledger
from songify_assets.foundation.ledger.manifests import DECISIONS, note
from songify_assets.foundation.ledger.marks import mark_stale

_TABLES = {"approved": "approvals", "amended": "amendments"}


def approve(ledger: Ledger, delivery: Delivery, approved_by: str, reason: str) -> None:
    """Keeps who approved a held dump, when and why; it holds for these bytes of this delivery."""
    of = {"feed": delivery.feed, "delivered_on": str(delivery.delivered_on), "token": delivery.token}
    _keep(ledger, "approved", {**of, "approved_by": approved_by, "approved_at": _now(), "reason": reason})


def approved(ledger: Ledger, feed: str) -> set[tuple[date, str]]:
    """The approved dumps of a feed: delivery date and token of the bytes."""
    rows = ledger.rows("SELECT delivered_on, token FROM approvals WHERE feed = ?", feed)
    return {(date.fromisoformat(row["delivered_on"]), row["token"]) for row in rows}


def amend(ledger: Ledger, feed: str, delivered_on: date, sha256: str, record: int, raw: str, amended_by: str) -> None:
    """Keeps a mended record, which stands in for the refused one from now on."""
    of = {"feed": feed, "delivered_on": str(delivered_on), "sha256": sha256, "record": record}
    _keep(ledger, "amended", {**of, "raw": raw, "amended_by": amended_by, "amended_at": _now()})


def amendments(ledger: Ledger, feed: str, delivered_on: date, sha256: str) -> dict[int, str]:
    """The mended records of a file, by record number."""
    sql = "SELECT record, raw FROM amendments WHERE feed = ? AND delivered_on = ? AND sha256 = ? ORDER BY record"
    return {row["record"]: row["raw"] for row in ledger.rows(sql, feed, str(delivered_on), sha256)}


def keep_again(ledger: Ledger, event: Mapping[str, Any]) -> None:
    """Keeps a decision as its manifest has it."""
    _keep(
        ledger, event["event"], {name: value for name, value in event.items() if name not in ("event", "at", "number")}
    )


def _keep(ledger: Ledger, event: str, values: Mapping[str, Any]) -> None:
    columns = f"({','.join(values)}) VALUES ({','.join(':' + name for name in values)})"
    with ledger.transaction() as db:
        if ledger.landing:
            note(ledger.landing / DECISIONS, event, **values)
        db.execute(f"INSERT OR REPLACE INTO {_TABLES[event]} {columns}", dict(values))
        if event == "amended":
            mark_stale(db, [(f"raw/{values['feed']}", values["delivered_on"])])


def _now() -> str:
    return datetime.now(UTC).isoformat()
