"""On which local day a home was last looked at: what was today then may be over now."""

from collections.abc import Iterable
from datetime import date

from songify_assets.foundation.ledger import Ledger
from songify_assets.foundation.ledger.marks import mark_stale


def day_begun(ledger: Ledger) -> date | None:
    """The day that had begun at the last look; None if nobody has looked."""
    days = ledger.rows("SELECT day FROM days_begun")
    return date.fromisoformat(days[0]["day"]) if days else None


def begin_day(ledger: Ledger, day: date, stale: Iterable[tuple[str, str]]) -> None:
    """Keeps the day, and marks what is out of date because it has begun."""
    with ledger.transaction() as db:
        mark_stale(db, list(stale))
        db.execute("DELETE FROM days_begun")
        db.execute("INSERT INTO days_begun VALUES (?)", (str(day),))
