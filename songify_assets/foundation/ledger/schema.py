"""The ledger's tables, and what a row of them is."""

import sqlite3
from dataclasses import dataclass
from datetime import date, datetime

SCHEMA = """
CREATE TABLE IF NOT EXISTS sightings (source TEXT, path TEXT, size INTEGER, modified TEXT, first_seen_at TEXT, state TEXT,
    PRIMARY KEY (source, path));
CREATE TABLE IF NOT EXISTS files (file_id INTEGER PRIMARY KEY, source TEXT, feed TEXT, delivered_on TEXT, slot TEXT,
    place TEXT, sha256 TEXT, size INTEGER, landed_at TEXT, state TEXT, what TEXT, remedy TEXT);
CREATE INDEX IF NOT EXISTS files_of ON files (feed, delivered_on, slot);
CREATE TABLE IF NOT EXISTS deliveries (feed TEXT, delivered_on TEXT, token TEXT, content TEXT, received INTEGER, accepted INTEGER,
    refused INTEGER, collapsed INTEGER, status TEXT, predecessor TEXT, missing INTEGER, of_keys INTEGER, judged TEXT,
    PRIMARY KEY (feed, delivered_on));
CREATE TABLE IF NOT EXISTS event_dates (feed TEXT, delivered_on TEXT, event_date TEXT, PRIMARY KEY (feed, delivered_on, event_date));
CREATE TABLE IF NOT EXISTS approvals (feed TEXT, delivered_on TEXT, token TEXT, approved_by TEXT, approved_at TEXT, reason TEXT);
CREATE TABLE IF NOT EXISTS amendments (feed TEXT, delivered_on TEXT, sha256 TEXT, record INTEGER, raw TEXT, amended_by TEXT,
    amended_at TEXT, PRIMARY KEY (feed, delivered_on, sha256, record));
CREATE TABLE IF NOT EXISTS matches (video_id TEXT PRIMARY KEY, isrcs TEXT, matched_by TEXT, matched_at TEXT, reason TEXT);
CREATE TABLE IF NOT EXISTS statements (asset TEXT, month TEXT, version INTEGER, closed_at TEXT, closed_by TEXT, reason TEXT, despite TEXT,
    digest TEXT, rows INTEGER, deliveries TEXT, PRIMARY KEY (asset, month, version));
CREATE TABLE IF NOT EXISTS compacted (asset TEXT, partition TEXT, version TEXT, period TEXT, PRIMARY KEY (asset, partition));
CREATE TABLE IF NOT EXISTS unreachable (source TEXT PRIMARY KEY, since TEXT, what TEXT);
-- With a row of no asset the ledger has known them from its beginning: what has none was computed by this version.
CREATE TABLE IF NOT EXISTS fingerprints (asset TEXT PRIMARY KEY, fingerprint TEXT);
CREATE TABLE IF NOT EXISTS days_begun (day TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS writers (asset TEXT PRIMARY KEY, token TEXT);
CREATE TABLE IF NOT EXISTS stale (asset TEXT, partition TEXT, marked_at REAL, PRIMARY KEY (asset, partition));
"""


@dataclass(frozen=True)
class LandedFile:
    """A file whose bytes are in the landing, and where they came from."""

    source: str
    feed: str | None
    delivered_on: date
    slot: str
    place: str
    sha256: str
    size: int
    landed_at: datetime


@dataclass(frozen=True)
class Delivery:
    """What became of one delivery of a feed: the counts of its records, and for a full dump whether it is accepted or held.

    `token` stands for its bytes, `content` for bytes and mended records. `judged` names what the judgement was based on.
    """

    feed: str
    delivered_on: date
    token: str
    content: str
    received: int
    accepted: int
    refused: int
    collapsed: int
    status: str = "accepted"
    predecessor: date | None = None
    missing: int = 0
    of_keys: int = 0
    judged: str = ""


def landed_file(row: sqlite3.Row) -> LandedFile:
    """A row of `files`."""
    columns = ("source", "feed", "slot", "place", "sha256", "size")
    return LandedFile(
        **{name: row[name] for name in columns},
        delivered_on=date.fromisoformat(row["delivered_on"]),
        landed_at=datetime.fromisoformat(row["landed_at"]),
    )


def day_of(text: str | None) -> date | None:
    """A day as the ledger writes it."""
    return date.fromisoformat(text) if text else None
