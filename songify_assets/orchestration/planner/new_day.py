"""Midnight: a table that tells whether a day is over is out of date when one of its days has ended, though nothing was delivered."""

from collections.abc import Mapping
from datetime import date, datetime

import polars as pl

from songify_assets.foundation.lake import Lake
from songify_assets.foundation.ledger.days import begin_day, day_begun
from songify_assets.foundation.store import Store
from songify_assets.orchestration.declare.nodes import Node
from songify_assets.orchestration.ui.attempts import FAILURES


def mark_new_day(store: Store, nodes: Mapping[str, Node]) -> None:
    """Marks the tables that have a day which has ended since the last look; after a clock was set back, one that has not."""
    before, today = day_begun(store.ledger), datetime.now(store.settings.zone).date()
    if before == today:
        return
    first, last = sorted((before or date.min, today))
    asked = [node for node in nodes.values() if node.ends_of]
    begin_day(store.ledger, today, [(node.key, "") for node in asked if _has_days(store.lake, node, first, last)])


def _has_days(lake: Lake, node: Node, first: date, last: date) -> bool:
    """Whether a table has a day from `first` on and before `last`; one that cannot be read is computed again."""
    days = pl.col(node.ends_of).is_between(first, last, closed="left")
    try:
        return not lake.scan(node.key).filter(days).head(1).collect(engine="streaming").is_empty()
    except FAILURES:
        return True
