"""What keeps its previous state, because a run or a check failed on it or on what it is made from; publication goes on."""

from collections.abc import Sequence

import dagster as dg

from songify_assets.foundation.ledger import PUBLISHED, Mark, by_asset
from songify_assets.orchestration.planner.planner import Planner

SHOWN, UNREADABLE = 5, "unreadable tables"


def left_behind(planner: Planner, instance: dg.DagsterInstance) -> dict[str, str]:
    """What is published as it was before, by asset: which partitions, and why, in words."""
    return {**failed_or_held(planner, instance), **_unreadable(planner, instance)}


def failed_or_held(planner: Planner, instance: dg.DagsterInstance) -> dict[str, str]:
    """The part of it that was not computed."""
    if all(mark.asset == PUBLISHED for mark in planner.store.ledger.marks()):
        return {}
    state = planner.state(instance)
    says: dict[str, list[str]] = {}
    for marks, why in ((state.failed, "a run failed"), (state.held, "what it is made from failed or is held")):
        for asset, said in _in_words(marks, why).items():
            says.setdefault(asset, []).append(said)
    return {asset: "; ".join(parts) for asset, parts in sorted(says.items())}


def _unreadable(planner: Planner, instance: dg.DagsterInstance) -> dict[str, str]:
    """The tables that the last publication could not read from the lake; it is out of date as long as there are some."""
    event = instance.get_latest_materialization_event(dg.AssetKey(PUBLISHED.split("/")))
    if PUBLISHED not in planner.store.ledger.stale() or event is None or event.asset_materialization is None:
        return {}
    found = event.asset_materialization.metadata.get(UNREADABLE)
    return dict(found.value) if isinstance(found, dg.JsonMetadataValue) and isinstance(found.value, dict) else {}


def _in_words(marks: Sequence[Mark], why: str) -> dict[str, str]:
    """What to say of each asset: some of its partitions, and why."""
    said = {}
    for asset, keys in by_asset(mark for mark in marks if mark.asset != PUBLISHED).items():
        shown = sorted(keys)[:SHOWN] + ([f"{len(keys) - SHOWN} more"] if len(keys) > SHOWN else [])
        said[asset] = f"{', '.join(filter(None, shown)) or 'all of it'}: {why}"
    return said
