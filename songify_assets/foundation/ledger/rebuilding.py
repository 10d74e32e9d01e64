"""A lost or damaged ledger, made again from the manifests beside the landed bytes."""

import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from songify_assets.foundation.ledger import LandedFile, Ledger
from songify_assets.foundation.ledger.decisions import keep_again
from songify_assets.foundation.ledger.manifests import events, is_used, manifest_of, note
from songify_assets.foundation.trouble import REBUILD, of_database, refuse_unwritable

COMPLETE = "manifests"  # a file in the landing that says: each landed file has its manifest


def damage(path: Path, landing: Path) -> str:
    """What is wrong with a ledger, in words; empty if nothing is. HomeError when it cannot be read as things are."""
    if not path.exists():
        return "lost, though files have landed" if is_used(landing) else ""
    refuse_unwritable(path)
    try:
        with closing(sqlite3.connect(path)) as db:
            verdict = str(db.execute("PRAGMA quick_check").fetchone()[0])
            db.execute("SELECT count(*) FROM files")
    except sqlite3.Error as error:
        trouble = of_database(error, path)
        if trouble.remedy != REBUILD:
            raise trouble from None
        return f"damaged ({error})"
    return "" if verdict == "ok" else f"damaged ({verdict.splitlines()[0]})"


def make_again(path: Path, landing: Path) -> int:
    """Makes the ledger from the manifests, and puts it in the place of the old one, which is kept under another name.

    Returns the number of files. Killed at any moment, it is made from the beginning when asked again.
    """
    made = path.parent / "rebuilding"
    shutil.rmtree(made, ignore_errors=True)
    number = _replay(Ledger(made / path.name), landing)
    with closing(sqlite3.connect(made / path.name)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    kept = f"{path.name}.damaged-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    for end in ("-wal", "-shm", ""):
        if path.with_name(path.name + end).exists():
            path.with_name(path.name + end).rename(path.with_name(kept + end))
    (made / path.name).rename(path)
    shutil.rmtree(made, ignore_errors=True)
    return number


def _replay(ledger: Ledger, landing: Path) -> int:
    number = 0
    for event in events(landing):
        match event["event"]:
            case "landed":
                number += ledger.land(_file(event))
            case "refused":
                ledger.refuse(_file(event), event["what"], event["remedy"])
                number += 1
            case "released":
                ledger.release(event["source"], date.fromisoformat(event["delivered_on"]), event["place"])
            case _:
                keep_again(ledger, event)
    return number


def _file(event: dict[str, Any]) -> LandedFile:
    columns = ("source", "feed", "slot", "place", "sha256", "size")
    day, landed_at = date.fromisoformat(event["delivered_on"]), datetime.fromisoformat(event["landed_at"])
    return LandedFile(**{name: event[name] for name in columns}, delivered_on=day, landed_at=landed_at)


def complete_manifests(ledger: Ledger) -> None:
    """Writes the manifests of what landed before there were any; done once in a home."""
    landing = ledger.landing
    if landing is None or (landing / COMPLETE).exists():
        return
    if not any(landing.glob("files/*/*.jsonl")):
        for row in ledger.rows("SELECT * FROM files ORDER BY file_id"):
            values = {name: row[name] for name in row.keys() if name not in ("file_id", "state")}  # noqa: SIM118
            first = "landed" if row["state"] == "landed" else "refused"
            manifest, at = manifest_of(landing, row["sha256"]), {"at": row["landed_at"], "number": row["file_id"]}
            note(manifest, first, **{**values, **at})
            if row["state"] == "released":
                note(manifest, "released", **{**values, **at})
        for table, event in (("approvals", "approved"), ("amendments", "amended"), ("matches", "matched")):
            for row in ledger.rows(f"SELECT * FROM {table}"):
                note(landing / "decisions.jsonl", event, **{"at": row[f"{event}_at"], **dict(row)})
    landing.mkdir(parents=True, exist_ok=True)
    (landing / COMPLETE).touch()
