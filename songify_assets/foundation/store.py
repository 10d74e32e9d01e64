"""The places of a home: settings, ledger, landed bytes and lake."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from songify_assets.foundation.calendar import Cadence
from songify_assets.foundation.feeds import Feed
from songify_assets.foundation.lake import Lake
from songify_assets.foundation.landing import Landing
from songify_assets.foundation.ledger import Ledger
from songify_assets.foundation.ledger.accepted import newest_accepted
from songify_assets.settings import Settings


@dataclass(frozen=True)
class Readers:
    """The tables that read a feed: its `events`, with their cadence, and its newest accepted delivery date (`as_of`)."""

    events: Mapping[str, Cadence | None] = field(default_factory=dict)
    as_of: Sequence[str] = ()


@dataclass(frozen=True)
class Store:
    """The places where deliveries are kept, and who reads what is written there.

    `readers` are by feed the tables whose partitions follow from records. `dependents` gives for a table and some partitions of
    it those of other tables that are out of date when these are written.
    """

    settings: Settings
    ledger: Ledger
    landing: Landing
    lake: Lake
    readers: Mapping[str, Readers] = field(default_factory=dict)
    dependents: Callable[[Lake, str, Sequence[str]], Iterable[tuple[str, str]]] = lambda lake, table, keys: ()

    def mark_dependents(self, table: str, keys: Sequence[str]) -> None:
        """Marks what depends on these partitions of a table."""
        self.ledger.mark(self.dependents(self.lake, table, keys))

    @contextmanager
    def delivering(self, feed: Feed) -> Iterator[None]:
        """A transaction that changes deliveries; if the newest accepted one is another then, who reads its date is marked."""
        with self.ledger.transaction():
            before = newest_accepted(self.ledger, feed.name)
            yield
            if newest_accepted(self.ledger, feed.name) != before:
                tables = self.readers.get(feed.name, Readers()).as_of
                whole = [table for table in tables if not self.lake.tables[table].partition_column]
                computed = [(table, key) for table in tables for key in self.lake.keys(table)]
                self.ledger.mark([*((table, "") for table in whole), *computed])
