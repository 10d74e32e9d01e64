"""Old days are kept smaller: landed bytes compressed, raw partitions taken away, the others packed, and of logs the last snapshots.

Each thing is verified against what is there before anything is dropped, and what fails holds nothing else back. Killed at any
moment, it is done again.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

import polars as pl
import pyarrow as pa

from songify_assets.errors import HomeError, SongifyError, unexpected
from songify_assets.foundation.ledger import PUBLISHED
from songify_assets.foundation.store import Store
from songify_assets.foundation.trouble import of_file
from songify_assets.orchestration.automation.compaction.landed import landed_bytes
from songify_assets.orchestration.automation.compaction.logs import Logs
from songify_assets.orchestration.automation.compaction.packed import old_partitions
from songify_assets.orchestration.automation.compaction.raw import old_raw
from songify_assets.orchestration.automation.compaction.saved import Saved, Task
from songify_assets.orchestration.declare.datasets import Catalog
from songify_assets.orchestration.planner.triggers import Triggers


@dataclass
class Compacted:
    """What was saved, by table, and what could not be done."""

    saved: dict[str, Saved] = field(default_factory=dict)
    errors: list[SongifyError] = field(default_factory=list)
    is_to_be_published: bool = False

    def add(self, saved: Saved | None) -> None:
        """Adds what a task saved."""
        if saved:
            before = self.saved.get(saved.table)
            self.saved[saved.table] = before + saved if before else saved

    @contextmanager
    def telling(self, what: str) -> Iterator[None]:
        """Keeps what goes wrong with something, so that the rest goes on."""
        try:
            yield
        except SongifyError as error:
            self.errors.append(error)
        except OSError as error:
            self.errors.append(of_file(error))
        except (pa.ArrowException, pl.exceptions.PolarsError):
            remedy = "Run `songify load`: what is damaged is computed again."
            self.errors.append(HomeError("it cannot be read", where=what, remedy=remedy))
        except Exception as error:
            self.errors.append(unexpected(error, what))


@dataclass(frozen=True)
class Compaction:
    """Compacts the home of a catalog."""

    store: Store
    catalog: Catalog
    triggers: Triggers

    def run(self, tell: Callable[[str], None], dry_run: bool = False) -> Compacted:
        """Compacts what has grown old since the last time; with `dry_run` only says about what that would save."""
        compacted = Compacted()
        for part, tasks in self._parts(dry_run).items():
            with compacted.telling(part):
                for what, task in tasks:
                    tell(f"compacting {what}")
                    with compacted.telling(what):
                        compacted.add(task())
        # What changes a table has marked it before; so has a compaction that was killed.
        compacted.is_to_be_published = not dry_run and PUBLISHED in self.store.ledger.stale()
        return compacted

    def _parts(self, dry_run: bool) -> dict[str, Iterator[Task]]:
        """What to do, each with its name; first what needs no room on the disk."""
        today = datetime.now(self.store.settings.zone).date()
        return {
            "raw": old_raw(self.store, self.catalog, today, dry_run),
            "landing": landed_bytes(self.store, today, dry_run),
            "lake": old_partitions(self.store, self.catalog, today, dry_run),
            "logs": Logs(self.store, self.catalog, self.triggers).tasks(dry_run),
        }
