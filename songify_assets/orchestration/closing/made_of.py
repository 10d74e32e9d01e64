"""What a month of a table is made of: days of tables, and deliveries."""

from collections.abc import Sequence
from datetime import date

from songify_assets.foundation.calendar import days_of
from songify_assets.foundation.feeds import Feed
from songify_assets.foundation.ledger.statements import Source
from songify_assets.foundation.store import Store
from songify_assets.orchestration.declare.inputs import Events, Table
from songify_assets.orchestration.declare.inputs.statements import accepted_files
from songify_assets.orchestration.planner.triggers import Triggers


def read_by_day(triggers: Triggers, table: str) -> set[str]:
    """The assets upstream of which a month reads its own days only; all of a table that has no months is read whole."""
    by_day, todo = set[str](), [table]
    while todo:
        node = triggers.nodes[todo.pop()]
        reads = [read for read in node.inputs.values() if isinstance(read, Events | Table) and node.cadence]
        assets = {read.asset for read in reads if triggers.nodes[read.asset].cadence} - by_day
        by_day |= assets
        todo += assets
    return by_day


def feeds_of(triggers: Triggers, feeds: Sequence[Feed], table: str) -> list[Feed]:
    """The feeds that a table is made of."""
    return [feed for feed in feeds if feed.raw in triggers.ancestors(table)]


def deliveries_of(store: Store, triggers: Triggers, feeds: Sequence[Feed], table: str, month: date) -> list[Source]:
    """The files of all deliveries that count for a month of a table."""
    days, by_day = days_of("month", str(month)), read_by_day(triggers, table)
    sources = list[Source]()
    for feed in feeds_of(triggers, feeds, table):
        wanted = {*days, *store.ledger.deliveries_of(feed.name, days)}
        files = accepted_files(store, feed.name)
        sources += [file for file in files if feed.raw not in by_day or file.delivered_on in wanted]
    return sources


def days_made_of(store: Store, triggers: Triggers, table: str, month: date) -> dict[str, list[str]]:
    """The days of tables that a month is made of, by table."""
    days = [str(day) for day in days_of("month", str(month))]
    tables = [
        name for name in read_by_day(triggers, table) if name in store.lake.tables and not name.startswith("raw/")
    ]
    return {name: sorted({*days} & {*store.lake.keys(name)}) for name in sorted(tables)}
