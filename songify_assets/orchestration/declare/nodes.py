"""Assets as the planner sees them: which there are, and what each reads."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from songify_assets.foundation.calendar import Cadence
from songify_assets.foundation.feed_tables import CODE_VERSION
from songify_assets.foundation.feeds import Feed
from songify_assets.orchestration.declare.inputs import Deliveries, Everything, Input


@dataclass(frozen=True)
class Node:
    """An asset as the triggers see it: its cadence, what it reads, the version of its definition, and the column of its days that
    it tells to be over or not (`ends_of`)."""

    key: str
    cadence: Cadence | None
    inputs: Mapping[str, Input] = field(default_factory=dict)
    code_version: str = "1"
    ends_of: str = ""

    @property
    def upstream(self) -> tuple[str, ...]:
        """The other assets it depends on, each once."""
        assets = (asset for declared in self.inputs.values() for asset in declared.assets)
        return tuple(dict.fromkeys(asset for asset in assets if asset != self.key))


def feed_nodes(feed: Feed) -> list[Node]:
    """The feed's assets as the triggers see them."""
    nodes = [Node(feed.raw, "day", code_version=CODE_VERSION)]
    if feed.is_dump:
        nodes.append(Node(feed.history, "day", {"dumps": Deliveries(feed.raw)}))
        nodes.append(Node(feed.table, None, {"versions": Everything(feed.history)}))
    return nodes
