"""Which files a row came from."""

from datetime import date
from functools import cache
from pathlib import Path

from songify_assets.foundation.ledger import Ledger


class Files:
    """The files of a home's deliveries, by feed and delivery date."""

    def __init__(self, home: Path) -> None:
        path = home / "ledger.sqlite"
        self.ledger = Ledger(path) if path.exists() else None
        self.of = cache(self._of)

    def _of(self, feed: str, delivered_on: date | None) -> str:
        if self.ledger is None or delivered_on is None:
            return ""
        return ", ".join(file.place for file in self.ledger.files(feed, delivered_on))
