"""Everything, or one table, computed anew from what was landed."""

import shutil
from collections.abc import Sequence

from songify_assets.errors import SettingsError
from songify_assets.foundation.feeds import Feed
from songify_assets.foundation.landing.kept import trouble
from songify_assets.foundation.ledger.compacted import compacted
from songify_assets.foundation.ledger.files import forget_computed, kept_files
from songify_assets.foundation.statements import CLOSED
from songify_assets.foundation.store import Store
from songify_assets.orchestration.planner.missing import mend
from songify_assets.orchestration.planner.triggers import Triggers


def forget_tables(store: Store, *, keep: bool) -> None:
    """Takes the lake away (or not: `keep`, when not all of it can be computed) and marks all that was landed.

    Closed months stay: nothing computes them again. The warehouse stays until the new one is published.
    """
    forget_computed(store.ledger)
    if not keep and store.lake.root.exists():
        for folder in (entry for entry in store.lake.root.iterdir() if entry.name != CLOSED):
            shutil.rmtree(folder, ignore_errors=True)


def forget_table(store: Store, triggers: Triggers, feeds: Sequence[Feed], table: str) -> None:
    """Marks all partitions of a table; what can be read of them stays until it is replaced.

    SettingsError where no table is called so.
    """
    known = [key for key in triggers.nodes if key in store.lake.tables]
    if table not in known:
        raise SettingsError(f"no table is called '{table}'", where="--table", remedy=f"There are {', '.join(known)}.")
    mend(store, triggers, feeds)
    keys = {*store.lake.keys(table), *compacted(store.ledger, table)}
    store.ledger.mark((table, key) for key in sorted(keys))


def lost_bytes(store: Store) -> dict[str, tuple[str, str]]:
    """The landed files whose bytes are gone: by place their source, and why they cannot be read."""
    told = ((file, trouble(store.landing.root, file)) for file in kept_files(store.ledger))
    return {file.place: (file.source, why) for file, why in told if why}
