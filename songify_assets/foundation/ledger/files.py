"""What landed and what was refused whole: questions about the ledger's files."""

from dataclasses import dataclass
from datetime import date, datetime
from sqlite3 import Row

from songify_assets.foundation.ledger import LandedFile, Ledger
from songify_assets.foundation.ledger.marks import PUBLISHED, mark_stale
from songify_assets.foundation.ledger.schema import landed_file


@dataclass(frozen=True)
class RefusedFile(LandedFile):
    """A file that is quarantined whole: what is wrong with it, and what to do."""

    what: str
    remedy: str

    @property
    def id(self) -> str:
        """Its name in the quarantine."""
        return f"{self.place}@{self.delivered_on}"

    @property
    def says(self) -> str:
        """Why it was refused, and what to do."""
        return f"{self.what}. {self.remedy}"


def refused_files(ledger: Ledger, feed: str | None = None, since: datetime | None = None) -> list[RefusedFile]:
    """The quarantined files, of a feed only, or that landed since then only, in the order in which they came."""
    rows = ledger.rows(
        "SELECT * FROM files WHERE state = 'refused' AND feed IS coalesce(?, feed) AND landed_at >= ? ORDER BY file_id",
        feed,
        since.isoformat() if since else "",
    )
    return [_refused(row) for row in rows]


def newest_refused(ledger: Ledger, feed: str) -> list[RefusedFile]:
    """The quarantined files of a feed that nothing has replaced since."""
    newest = "SELECT max(file_id) FROM files GROUP BY feed, delivered_on, slot"
    sql = f"SELECT * FROM files WHERE feed = ? AND state = 'refused' AND file_id IN ({newest}) ORDER BY file_id"
    return [_refused(row) for row in ledger.rows(sql, feed)]


def others_of(ledger: Ledger, file: LandedFile) -> dict[LandedFile, str | None]:
    """The files of the same delivery and slot from other places, and why they are refused if they are."""
    rows = ledger.rows(
        """SELECT *, max(file_id) FROM files WHERE feed = ? AND delivered_on = ? AND slot = ? AND place <> ?
           AND state IN ('landed', 'refused') GROUP BY place""",
        file.feed, str(file.delivered_on), file.slot, file.place,
    )  # fmt: skip
    return {landed_file(row): row["what"] for row in rows}


def slots_of_many(ledger: Ledger) -> dict[str, str]:
    """The slots of files, by place, that are one of several of their delivery."""
    found = ledger.rows("SELECT DISTINCT place, slot FROM files WHERE slot <> feed")
    return {row["place"]: row["slot"] for row in found}


def kept_files(ledger: Ledger) -> list[LandedFile]:
    """The files, landed or refused, whose bytes are needed."""
    return [
        landed_file(row)
        for row in ledger.rows(
            "SELECT * FROM files WHERE state IN ('landed', 'refused') GROUP BY source, place, sha256, size"
        )
    ]


def delivered_before(ledger: Ledger, day: date) -> list[tuple[str, str]]:
    """The bytes (SHA-256) that were last delivered before a day, and a place where they lay."""
    sql = "SELECT sha256, max(place) AS place FROM files GROUP BY sha256 HAVING max(delivered_on) < ? ORDER BY max(delivered_on)"
    return [(row["sha256"], row["place"]) for row in ledger.rows(sql, str(day))]


def known_feeds(ledger: Ledger) -> list[tuple[str, str]]:
    """The source and name of each feed of which something landed."""
    sql = "SELECT DISTINCT source, feed FROM files WHERE state = 'landed' AND feed IS NOT NULL ORDER BY source, feed"
    return [(row["source"], row["feed"]) for row in ledger.rows(sql)]


def landed_days(ledger: Ledger, feed: str) -> set[date]:
    """The delivery dates for which something of a feed landed."""
    rows = ledger.rows("SELECT DISTINCT delivered_on FROM files WHERE feed = ? AND state = 'landed'", feed)
    return {date.fromisoformat(row["delivered_on"]) for row in rows}


def first_landed(ledger: Ledger, feed: str, last: int) -> dict[date, datetime]:
    """When the last so many deliveries of a feed came first."""
    rows = ledger.rows(
        """SELECT delivered_on, min(landed_at) AS landed_at FROM files WHERE feed = ? AND state = 'landed'
           GROUP BY delivered_on ORDER BY delivered_on DESC LIMIT ?""",
        feed,
        last,
    )
    return {date.fromisoformat(row["delivered_on"]): datetime.fromisoformat(row["landed_at"]) for row in rows}


def landed_since(ledger: Ledger, since: datetime) -> set[tuple[str, date]]:
    """The deliveries (feed, delivery date) of which something landed since then."""
    rows = ledger.rows("SELECT DISTINCT feed, delivered_on FROM files WHERE landed_at >= ?", since.isoformat())
    return {(row["feed"], date.fromisoformat(row["delivered_on"])) for row in rows}


def forget_computed(ledger: Ledger) -> None:
    """Forgets what was computed, and marks all that was landed."""
    with ledger.transaction() as db:
        for table in ("deliveries", "event_dates", "stale"):
            db.execute(f"DELETE FROM {table}")
        landed = db.execute("SELECT DISTINCT feed, delivered_on FROM files WHERE state = 'landed'").fetchall()
        mark_stale(db, [*((f"raw/{row['feed']}", row["delivered_on"]) for row in landed), (PUBLISHED, "")])


def _refused(row: Row) -> RefusedFile:
    return RefusedFile(**vars(landed_file(row)), what=row["what"], remedy=row["remedy"])
