"""What the main code location holds. It is read by a process of its own, so that the alerts stay small and go on without it.

`python -m songify_assets.orchestration.alerts.graph MODULE` is that process: it prints the graph as JSON.
"""

import importlib
import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass

import dagster as dg
from dagster._core.definitions.assets.graph.base_asset_graph import BaseAssetNode

MAIN = "songify_assets.definitions"
LOAD_S = 20


@dataclass(frozen=True)
class Graph:
    """The graph as it was at a moment (epoch seconds).

    Groups (its own, and its source's) and owners of each asset, and the names of all checks (`raw/books:readable`), sensors and schedules.
    """

    assets: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]
    names: frozenset[str]
    read_at: float

    def has_lost(self, name: str, seen_at: float) -> bool:
        """Whether a check, sensor or schedule is no longer there. What was seen since the graph was read is newer code."""
        return name not in self.names and seen_at < self.read_at


def read_graph(now: float) -> Graph | str:
    """The graph of the main code location, or in a line why it cannot be loaded."""
    command = [sys.executable, "-m", __name__, MAIN]
    try:
        ran = subprocess.run(command, capture_output=True, text=True, timeout=LOAD_S, check=False)
    except subprocess.TimeoutExpired:
        return f"Loading {MAIN} takes longer than {LOAD_S} seconds."
    if ran.returncode:
        lines = [line for line in ran.stderr.strip().splitlines() if line.strip()]
        return lines[-1] if lines else f"Loading {MAIN} ended with status {ran.returncode}."
    read = json.loads(ran.stdout.splitlines()[-1])
    assets = {asset: (tuple(groups), tuple(owners)) for asset, (groups, owners) in read["assets"].items()}
    return Graph(assets, frozenset(read["names"]), now)


def as_json(definitions: dg.Definitions) -> str:
    """The graph of definitions, which must be right in every part."""
    dg.Definitions.validate_loadable(definitions)
    graph = definitions.resolve_asset_graph()
    keys = graph.get_all_asset_keys()
    checks = [f"{key.asset_key.to_user_string()}:{key.name}" for key in graph.asset_check_keys]
    automations = [one.name for one in [*(definitions.sensors or ()), *(definitions.schedules or ())]]
    assets = {key.to_user_string(): (_groups(graph.get(key)), list(graph.get(key).owners)) for key in keys}
    return json.dumps({"assets": assets, "names": [*checks, *automations]})


def _groups(asset: BaseAssetNode) -> list[str]:
    return sorted({asset.group_name or "", asset.tags.get("source", asset.group_name or "")})


if __name__ == "__main__":
    print(as_json(importlib.import_module(sys.argv[1]).defs()))
