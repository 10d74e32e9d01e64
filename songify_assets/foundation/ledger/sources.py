"""Which sources could not be reached, and since when."""

from datetime import UTC, datetime

from songify_assets.foundation.ledger import Ledger


def reached(ledger: Ledger, source: str, failure: str | None = None) -> None:
    """Notes that a source was reached, or with `failure` that it could not be, and since when."""
    with ledger.transaction() as db:
        if failure is None:
            db.execute("DELETE FROM unreachable WHERE source = ?", (source,))
        else:
            sql = "INSERT INTO unreachable VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET what = excluded.what"
            db.execute(sql, (source, datetime.now(UTC).isoformat(), failure))


def unreachable(ledger: Ledger) -> dict[str, tuple[datetime, str]]:
    """The sources that could not be reached at the last look: since when, and why."""
    rows = ledger.rows("SELECT * FROM unreachable ORDER BY source")
    return {row["source"]: (datetime.fromisoformat(row["since"]), row["what"]) for row in rows}
