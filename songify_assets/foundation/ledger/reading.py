"""A ledger that is only read, by whoever shows what is in it."""

from pathlib import Path

from songify_assets.foundation.ledger import Ledger


class ReadLedger(Ledger):
    """A ledger that is there already, for questions: it makes nothing, and keeps no writer waiting."""

    def __init__(self, path: Path) -> None:
        self.path, self.landing = path, None
