"""What people decided: held dumps that they approved, refused records that they mended, recordings that they named, months that
they closed."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from songify_assets.foundation.ledger import Delivery, Ledger
from songify_assets.foundation.ledger.manifests import DECISIONS, note
from songify_assets.foundation.ledger.marks import mark_stale

_TABLES = {"approved": "approvals", "amended": "amendments", "matched": "matches", "closed": "statements"}


def approve(ledger: Ledger, delivery: Delivery, approved_by: str, reason: str) -> None:
    """Keeps who approved a held dump, when and why; it holds for these bytes of this delivery."""
    of = {"feed": delivery.feed, "delivered_on": str(delivery.delivered_on), "token": delivery.token}
    keep(ledger, "approved", {**of, "approved_by": approved_by, "approved_at": _now(), "reason": reason})


def approved(ledger: Ledger, feed: str) -> set[tuple[date, str]]:
    """The approved dumps of a feed: delivery date and token of the bytes."""
    rows = ledger.rows("SELECT delivered_on, token FROM approvals WHERE feed = ?", feed)
    return {(date.fromisoformat(row["delivered_on"]), row["token"]) for row in rows}


def amend(ledger: Ledger, feed: str, delivered_on: date, sha256: str, record: int, raw: str, amended_by: str) -> None:
    """Keeps a mended record, which stands in for the refused one from now on."""
    of = {"feed": feed, "delivered_on": str(delivered_on), "sha256": sha256, "record": record}
    mended = {**of, "raw": raw, "amended_by": amended_by, "amended_at": _now()}
    keep(ledger, "amended", mended, [(f"raw/{feed}", str(delivered_on))])


def amendments(ledger: Ledger, feed: str, delivered_on: date, sha256: str) -> dict[int, str]:
    """The mended records of a file, by record number."""
    sql = "SELECT record, raw FROM amendments WHERE feed = ? AND delivered_on = ? AND sha256 = ? ORDER BY record"
    return {row["record"]: row["raw"] for row in ledger.rows(sql, feed, str(delivered_on), sha256)}


def match(
    ledger: Ledger,
    video_id: str,
    isrcs: Sequence[str] | None,
    matched_by: str,
    reason: str,
    stale: Iterable[tuple[str, str]],
) -> None:
    """Keeps which recordings a video is (none: that the catalogue lacks it; None: whatever the rules say), and who said so.

    `stale` are the partitions (asset, key) that are out of date with it.
    """
    codes = None if isrcs is None else " ".join(isrcs)
    values = {"video_id": video_id, "isrcs": codes, "matched_by": matched_by, "matched_at": _now(), "reason": reason}
    keep(ledger, "matched", values, stale)


def matches(ledger: Ledger) -> list[tuple[str, list[str], str, datetime, str]]:
    """The videos of which somebody named the recordings: video, codes, who, when and why."""
    rows = ledger.rows("SELECT * FROM matches WHERE isrcs IS NOT NULL ORDER BY video_id")
    return [
        (
            row["video_id"],
            row["isrcs"].split(),
            row["matched_by"],
            datetime.fromisoformat(row["matched_at"]),
            row["reason"],
        )
        for row in rows
    ]


def keep_again(ledger: Ledger, event: Mapping[str, Any]) -> None:
    """Keeps a decision as its manifest has it."""
    values = {name: value for name, value in event.items() if name not in ("event", "at", "number")}
    of = [(f"raw/{values['feed']}", values["delivered_on"])] if event["event"] == "amended" else []
    keep(ledger, event["event"], values, of)


def keep(ledger: Ledger, event: str, values: Mapping[str, Any], stale: Iterable[tuple[str, str]] = ()) -> None:
    """Keeps a decision, in the manifest first; `stale` are the partitions (asset, key) that are out of date with it."""
    columns = f"({','.join(values)}) VALUES ({','.join(':' + name for name in values)})"
    with ledger.transaction() as db:
        if ledger.landing:
            note(ledger.landing / DECISIONS, event, **values)
        db.execute(f"INSERT OR REPLACE INTO {_TABLES[event]} {columns}", dict(values))
        mark_stale(db, stale)


def _now() -> str:
    return datetime.now(UTC).isoformat()
