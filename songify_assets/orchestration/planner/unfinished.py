"""What a load that was killed would have told: the next one tells it, since nobody has read it yet."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from songify_assets.foundation.feeds import Feed
from songify_assets.foundation.ledger.files import landed_since, refused_files
from songify_assets.foundation.store import Store


class Unfinished:
    """The note in a home that a load has begun; it goes when the load has ended, so a killed one leaves it."""

    def __init__(self, home: Path) -> None:
        self.path = home / "load.unfinished"
        self.since = datetime.fromisoformat(self.path.read_text("utf-8")) if self.path.exists() else None
        if self.since is None:
            self.path.write_text(datetime.now(UTC).isoformat(), "utf-8")

    def ended(self) -> None:
        """Says that the load has told everything."""
        self.path.unlink(missing_ok=True)


def refused_since(store: Store, since: datetime) -> dict[str, str]:
    """The files that were refused since a killed load began, by place, with the reason."""
    return {file.place: file.says for file in refused_files(store.ledger, since=since)}


def held_since(store: Store, feeds: Sequence[Feed], since: datetime) -> dict[str, str]:
    """The dumps that landed since then and are held, by asset and day, with how much they lack."""
    landed = landed_since(store.ledger, since)
    return {
        f"{feed.raw} {dump.delivered_on}": f"it lacks {dump.missing:,} of the {dump.of_keys:,} keys of the dump before"
        for feed in feeds
        for dump in store.ledger.deliveries(feed.name)
        if dump.status == "held" and (feed.name, dump.delivered_on) in landed
    }
