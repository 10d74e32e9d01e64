"""Old days are kept smaller: landed bytes compressed, raw partitions taken away, the others packed, and of logs the last snapshots.

Each thing is verified against what is there before anything is dropped, and what fails holds nothing else back. Killed at any
moment, it is done again.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from songify_assets.errors import SongifyError, unexpected
from songify_assets.foundation.ledger import PUBLISHED
from songify_assets.foundation.store import Store
from songify_assets.foundation.trouble import of_file
from songify_assets.orchestration.automation.compaction.landed import landed_bytes
from songify_assets.orchestration.automation.compaction.logs import Logs
from songify_assets.orchestration.automation.compaction.packed import old_partitions
from songify_assets.orchestration.automation.compaction.raw import old_raw
from songify_assets.orchestration.automation.compaction.saved import Saved
from songify_assets.orchestration.declare.datasets import Catalog
from songify_assets.orchestration.planner.triggers import Triggers

Task = tuple[str, Callable[[], Saved | None]]


@dataclass
class Compacted:
    """What was saved, by table, and what could not be done."""

    saved: dict[str, Saved] = field(default_factory=dict)
    errors: list[SongifyError] = field(default_factory=list)
    is_to_be_published: bool = False


@dataclass(frozen=True)
class Compaction:
    """Compacts the home of a catalog."""

    store: Store
    catalog: Catalog
    triggers: Triggers

    def run(self, tell: Callable[[str], None], dry_run: bool = False) -> Compacted:
        """Compacts what has grown old since the last time; with `dry_run` only says about what that would save."""
        compacted, published = Compacted(), set(self.catalog.tables) - {feed.raw for feed in self.catalog.feeds}
        for what, task in self._tasks(dry_run):
            tell(f"compacting {what}")
            try:
                saved = task()
            except SongifyError as error:
                compacted.errors.append(error)
            except OSError as error:
                compacted.errors.append(of_file(error))
            except Exception as error:
                compacted.errors.append(unexpected(error, what))
            else:
                if saved:
                    before = compacted.saved.get(saved.table)
                    compacted.saved[saved.table] = before + saved if before else saved
        if not dry_run and any(table in published for table in compacted.saved):
            compacted.is_to_be_published = True
            self.store.ledger.mark([(PUBLISHED, "")])
        return compacted

    def _tasks(self, dry_run: bool) -> Iterator[Task]:
        """What to do, one thing after the other, each with its name."""
        today = datetime.now(self.store.settings.zone).date()
        yield from landed_bytes(self.store, today, dry_run)
        yield from old_raw(self.store, self.catalog, today, dry_run)
        yield from old_partitions(self.store, self.catalog, today, dry_run)
        yield from Logs(self.store, self.catalog, self.triggers).tasks(dry_run)
