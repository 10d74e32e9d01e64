"""Partitions that should be there and are not: lost files of the lake, computations that never happened."""

from collections.abc import Iterable, Sequence

from songify_assets.foundation.calendar import partition_of
from songify_assets.foundation.delivery.raw import raw_keys
from songify_assets.foundation.feed_tables import QUARANTINE
from songify_assets.foundation.feeds import Feed
from songify_assets.foundation.ledger import PUBLISHED
from songify_assets.foundation.ledger.files import landed_days
from songify_assets.foundation.ledger.statements import Statement, statements
from songify_assets.foundation.published import is_lost
from songify_assets.foundation.store import Store
from songify_assets.orchestration.declare.inputs import Events, Frozen, Versions
from songify_assets.orchestration.declare.nodes import Node
from songify_assets.orchestration.planner.triggers import Triggers


def broken_partitions(store: Store) -> dict[tuple[str, str], str]:
    """The partitions (table, key) that were computed and cannot be read any more, and why."""
    lake = store.lake
    return {(table, key): why for table in lake.tables for key, why in lake.broken(table).items()}


def mend(store: Store, triggers: Triggers, feeds: Sequence[Feed]) -> list[str]:
    """Marks what the lake has lost, so that it is computed again; says what could not be read, one line a partition.

    Refused rows are written with their raw partition, so that is computed again for them.
    """
    broken = broken_partitions(store)
    asked = {_computed_with(table, key) for table, key in broken} | {*missing_partitions(store, triggers, feeds)}
    marked = store.ledger.stale()
    store.ledger.mark((asset, key) for asset, key in sorted(asked) if key not in marked.get(asset, ()))
    for table, key in broken:
        file = store.lake.path(table, key)
        file.unlink(missing_ok=True)
        if table == QUARANTINE.name:  # it is only there again if something is refused again
            file.parent.rmdir()
    return [f"{f'{table} {key}'.strip()}: {why}; it is computed again." for (table, key), why in broken.items()]


def _computed_with(table: str, key: str) -> tuple[str, str]:
    feed, _, day = key.partition("@")
    return (f"raw/{feed}", day) if table == QUARANTINE.name else (table, key)


def missing_partitions(store: Store, triggers: Triggers, feeds: Sequence[Feed]) -> list[tuple[str, str]]:
    """The partitions (asset, key) that what was delivered and computed asks for, and that the lake does not have."""
    ledger, lake, missing = store.ledger, store.lake, set[tuple[str, str]]()
    there = {table: set(lake.keys(table)) for table in lake.tables}
    for feed in feeds:
        delivered = {str(day) for day in landed_days(ledger, feed.name)}
        missing |= {(feed.raw, key) for key in delivered.difference(raw_keys(store, feed))}
        if feed.is_dump:
            missing |= {(feed.history, key) for key in delivered - there[feed.history]}
        else:
            events = ledger.delivered_days(feed.name)
            for reader in (node for node in triggers.nodes.values() if _reads_events(node, feed)):
                asked_for = {partition_of(reader.cadence, day) for day in events}
                missing |= {(reader.key, key) for key in asked_for - there[reader.key]}
    for table in (key for key in triggers.nodes if key in lake.tables):
        asked = triggers.dependents(lake, table, sorted(there[table])) if there[table] else []
        missing |= {(child, key) for child, key in asked if child in there and key not in there[child]}
    missing |= {(table, key) for table, key in shown_in(triggers, statements(ledger)) if key not in there[table]}
    if is_lost(store):
        missing.add((PUBLISHED, ""))
    return sorted(missing)


def shown_in(triggers: Triggers, closed: Iterable[Statement]) -> set[tuple[str, str]]:
    """The partitions (table, key) that show these statements."""
    return {
        (node.key, partition_of(node.cadence, statement.month))
        for statement in closed
        for node in triggers.nodes.values()
        for read in node.inputs.values()
        if (isinstance(read, Frozen) and read.asset == statement.table)
        or (isinstance(read, Versions) and read.of in (None, statement.table))
    }


def _reads_events(node: Node, feed: Feed) -> bool:
    return any(isinstance(declared, Events) and declared.asset == feed.raw for declared in node.inputs.values())
