"""Everything, or one table, computed anew from what was landed."""

import shutil
from collections.abc import Iterable, Sequence

from songify_assets.errors import SettingsError
from songify_assets.foundation.deliveries import Store
from songify_assets.foundation.feeds import Feed
from songify_assets.foundation.ledger import PUBLISHED
from songify_assets.orchestration.missing import mend
from songify_assets.orchestration.triggers import Triggers


def forget_tables(store: Store, *, keep: bool) -> None:
    """Takes the lake away (or not: `keep`, when not all of it can be computed) and marks all that was landed.

    The warehouse stays until the new one is published.
    """
    landed = "SELECT DISTINCT feed, delivered_on FROM files WHERE state = 'landed'"
    with store.ledger.transaction() as db:
        for table in ("deliveries", "event_dates", "stale"):
            db.execute(f"DELETE FROM {table}")
        store.ledger.mark((f"raw/{row['feed']}", row["delivered_on"]) for row in db.execute(landed).fetchall())
        store.ledger.mark([(PUBLISHED, "")])
    if not keep:
        shutil.rmtree(store.lake.root, ignore_errors=True)


def forget_table(store: Store, triggers: Triggers, feeds: Sequence[Feed], table: str) -> None:
    """Marks all partitions of a table; what can be read of them stays until it is replaced.

    SettingsError where no table is called so.
    """
    known = [key for key in triggers.nodes if key in store.lake.tables]
    if table not in known:
        raise SettingsError(f"no table is called '{table}'", where="--table", remedy=f"There are {', '.join(known)}.")
    mend(store, triggers, feeds)
    store.ledger.mark((table, key) for key in store.lake.keys(table))


def lost_bytes(store: Store) -> dict[str, tuple[str, str]]:
    """The landed files whose bytes are gone: by place their source, and why they cannot be read."""
    lost = {}
    sql = "SELECT DISTINCT source, place, sha256, size FROM files WHERE state IN ('landed', 'refused')"
    for row in store.ledger.rows(sql):
        path = store.landing.path(row["sha256"])
        size = path.stat().st_size if path.exists() else None
        if size != row["size"]:
            lost[str(row["place"])] = (
                str(row["source"]),
                f"its landed bytes are {'missing' if size is None else 'cut'}",
            )
    return lost


def fetch_again(store: Store, lost: Iterable[tuple[str, str]]) -> None:
    """Has lost bytes (place, source) fetched again by the next look, if they still lie there."""
    sql = "DELETE FROM sightings WHERE source = ? AND substr(?, 1, length(source) + length(path) + 2) = source || '/' || path || '/'"
    with store.ledger.transaction() as db:
        db.executemany(sql, [(source, f"{place}/") for place, source in lost])
