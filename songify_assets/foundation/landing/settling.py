"""Whether a file stands still: what an earlier look saw of it, and how long it must still be watched."""

from datetime import UTC, datetime
from sqlite3 import Row

from songify_assets.foundation.sources import Listed


def unsettled_for(listed: Listed, sighting: Row | None, settle_seconds: float) -> float:
    """How many seconds a file must still stand unchanged before it counts as delivered."""
    now = datetime.now(UTC)
    age = (now - listed.modified).total_seconds()
    if age >= settle_seconds:
        return 0
    watched = 0.0
    if sighting is not None and sighted_as(listed, sighting) == "waiting":
        watched = (now - datetime.fromisoformat(sighting["first_seen_at"])).total_seconds()
    return settle_seconds - max(watched, age, 0)


def sighted_as(listed: Listed, sighting: Row | None) -> str | None:
    """What became of a file that was seen before with this size and time; None when it is new or another one."""
    same = sighting and (sighting["size"], sighting["modified"]) == (listed.size, listed.modified.isoformat())
    return str(sighting["state"]) if sighting and same else None
