"""What keeps its previous state, because a run or a check failed on it or on what it is made from; publication goes on."""

from collections.abc import Sequence

import dagster as dg

from songify_assets.foundation.ledger import Mark, by_asset
from songify_assets.orchestration.planning import Planner
from songify_assets.orchestration.warehouse import PUBLISHED

SHOWN = 5


def left_behind(planner: Planner, instance: dg.DagsterInstance) -> dict[str, str]:
    """Which partitions of which asset, and why, in words."""
    if all(mark.asset == PUBLISHED for mark in planner.store.ledger.marks()):
        return {}
    state = planner.state(instance)
    says: dict[str, list[str]] = {}
    for marks, why in ((state.failed, "a run failed"), (state.held, "what it is made from failed or is held")):
        for asset, said in _in_words(marks, why).items():
            says.setdefault(asset, []).append(said)
    return {asset: "; ".join(parts) for asset, parts in sorted(says.items())}


def _in_words(marks: Sequence[Mark], why: str) -> dict[str, str]:
    """What to say of each asset: some of its partitions, and why."""
    said = {}
    for asset, keys in by_asset(mark for mark in marks if mark.asset != PUBLISHED).items():
        shown = sorted(keys)[:SHOWN] + ([f"{len(keys) - SHOWN} more"] if len(keys) > SHOWN else [])
        said[asset] = f"{', '.join(filter(None, shown)) or 'all of it'}: {why}"
    return said
