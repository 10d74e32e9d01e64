"""Blocking checks hold back, in every run, what depends on the very partition that failed, and nothing else."""

from collections.abc import Iterable

import dagster as dg

from songify_assets.foundation.lake import Lake
from songify_assets.foundation.ledger import PUBLISHED
from songify_assets.orchestration.checks.evaluations import failed_evaluations
from songify_assets.orchestration.checks.freshness import NAME as FRESHNESS
from songify_assets.orchestration.planner.triggers import Triggers


def blocking_checks(definitions: dg.Definitions) -> list[dg.AssetCheckKey]:
    """The blocking checks of tables. Those of raw assets are no gates: whether a delivery counts is in the ledger."""
    return [spec.key for spec in _specs(definitions) if spec.blocking and spec.asset_key.path[0] != "raw"]


def checks_by_asset(definitions: dg.Definitions) -> dict[str, list[dg.AssetCheckKey]]:
    """The checks that a run of an asset evaluates: all but freshness, which is a matter of time and not of runs."""
    found: dict[str, list[dg.AssetCheckKey]] = {}
    for spec in _specs(definitions):
        if spec.name != FRESHNESS:
            found.setdefault(spec.asset_key.to_user_string(), []).append(spec.key)
    return found


def _specs(definitions: dg.Definitions) -> list[dg.AssetCheckSpec]:
    parts = [*(definitions.assets or ()), *(definitions.asset_checks or ())]
    return [spec for part in parts if isinstance(part, dg.AssetsDefinition) for spec in part.check_specs]


def held_partitions(
    instance: dg.DagsterInstance, blocking: Iterable[dg.AssetCheckKey], triggers: Triggers, lake: Lake
) -> set[tuple[str, str | None]]:
    """The partitions (None: all of the asset) that must not be computed now; publishing goes on with what is right."""
    gates, held = set(blocking), set[tuple[str, str | None]]()
    for failed in failed_evaluations(instance):
        if failed.evaluation.asset_check_key in gates:
            table = failed.evaluation.asset_key.to_user_string()
            held |= set(triggers.dependents(lake, table, [failed.partition or ""]))
            held |= {
                (node.key, None)
                for node in triggers.nodes.values()
                for declared in node.inputs.values()
                if declared.asset == table and declared.follows_records
            }
    return {(asset, key) for asset, key in held if asset != PUBLISHED}
