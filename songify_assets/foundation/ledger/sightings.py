"""What the last look at a source saw: the files, and what became of them."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from sqlite3 import Row

from songify_assets.foundation.ledger import Ledger
from songify_assets.foundation.sources import Listed


def sightings_of(ledger: Ledger, source: str) -> Mapping[str, Row]:
    """What is known of the files of a source, by path: size, modified, first_seen_at, state."""
    return {row["path"]: row for row in ledger.rows("SELECT * FROM sightings WHERE source = ?", source)}


def remember(ledger: Ledger, source: str, files: Iterable[Listed], state: str) -> None:
    """Keeps what was seen of these files."""
    now = datetime.now(UTC).isoformat()
    values = [(source, file.path, file.size, file.modified.isoformat(), now, state) for file in files]
    with ledger.transaction() as db:
        db.executemany("INSERT OR REPLACE INTO sightings VALUES (?, ?, ?, ?, ?, ?)", values)


def forget(ledger: Ledger, places: Iterable[tuple[str, str]]) -> None:
    """Forgets that files (place, source) were seen, so that the next look fetches them again."""
    sql = "DELETE FROM sightings WHERE source = ? AND substr(?, 1, length(source) + length(path) + 2) = source || '/' || path || '/'"
    with ledger.transaction() as db:
        db.executemany(sql, [(source, f"{place}/") for place, source in places])
