"""What the finders of problems look at: the Dagster instance, the clock, and the graph as far as it is known."""

from collections.abc import Iterable
from dataclasses import dataclass

import dagster as dg
from dagster_shared.error import SerializableErrorInfo

from songify_assets.foundation.alerting.routing import Problem, Severity
from songify_assets.orchestration.alerts.graph import Graph

SHOWN_CHARACTERS = 500


@dataclass(frozen=True)
class View:
    """The instance at a moment (epoch seconds). Without a graph, an asset's group is the first part of its key."""

    instance: dg.DagsterInstance
    now: float
    graph: Graph | None = None
    ui_url: str = ""

    def has_lost(self, name: str, seen_at: float) -> bool:
        """Whether something is known to be gone from the code."""
        return self.graph is not None and self.graph.has_lost(name, seen_at)

    def problem(
        self, key: str, severity: Severity, title: str, body: str, link: str, assets: Iterable[str] = ()
    ) -> Problem:
        """A problem of these assets, with their groups and owners; `link` is a path in the UI."""
        known = self.graph.assets if self.graph else {}
        about = [known.get(asset, ((asset.partition("/")[0],), ())) for asset in assets]
        groups = sorted({group for some, _ in about for group in some})
        owners = sorted({owner for _, some in about for owner in some})
        return Problem(key, severity, title, body.strip(), f"{self.ui_url}{link}", tuple(groups), tuple(owners))


def innermost(error: SerializableErrorInfo | None) -> str:
    """The first line of the error at the bottom of a chain of causes."""
    while error and error.cause:
        error = error.cause
    lines = [line.strip() for line in (error.message if error else "").splitlines() if line.strip()]
    return lines[0][:SHOWN_CHARACTERS] if lines else "no reason was recorded"
