"""Which deliveries count: all that do, the newest of them (the as-of date of a feed), and the dumps that are held."""

import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path

from songify_assets.foundation.ledger import Ledger
from songify_assets.foundation.ledger.schema import day_of


def newest_accepted(ledger: Ledger, feed: str) -> date | None:
    """The delivery date of a feed's newest delivery that is not held; None as long as there is none."""
    sql = "SELECT max(delivered_on) AS day FROM deliveries WHERE feed = ? AND status = 'accepted'"
    return day_of(ledger.rows(sql, feed)[0]["day"])


def delivery_dates(ledger: Ledger, feed: str) -> list[date]:
    """The days for which a feed has a drop of its own that is not held, in order."""
    sql = "SELECT delivered_on FROM deliveries WHERE feed = ? AND status = 'accepted' ORDER BY delivered_on"
    return [date.fromisoformat(row["delivered_on"]) for row in ledger.rows(sql, feed)]


def held_days(ledger: Ledger) -> list[tuple[str, date]]:
    """The feed and the delivery date of each dump that is held."""
    rows = ledger.rows("SELECT feed, delivered_on FROM deliveries WHERE status = 'held' ORDER BY feed, delivered_on")
    return [(row["feed"], date.fromisoformat(row["delivered_on"])) for row in rows]


def held_now(path: Path) -> int:
    """How many dumps the ledger at a path holds, for who only looks: it is not made or changed; sqlite3.Error if it cannot be read."""
    if not path.exists():
        return 0
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=1)) as db:
        return int(db.execute("SELECT count(*) FROM deliveries WHERE status = 'held'").fetchone()[0])
