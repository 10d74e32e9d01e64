"""From "this landed" or "this was computed" to "these partitions must be computed (again)".

Every write marks what depends on it as out of date in the ledger, before it happens; a computation takes its own mark back
when it is done. So what is marked is always all there is to do, whoever started the run and however it ended.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from songify_assets.foundation.calendar import halved, month_of, ranges, week_of
from songify_assets.foundation.tables import Lake
from songify_assets.orchestration.tables import Cadence

PARTITION_TAG = "dagster/partition"
START_TAG, END_TAG = "dagster/asset_partition_range_start", "dagster/asset_partition_range_end"


@dataclass(frozen=True)
class Node:
    """An asset as the triggers see it: its cadence, the assets it depends on, and the version of its definition."""

    key: str
    cadence: Cadence | None
    upstream: tuple[str, ...]
    code_version: str = "1"


@dataclass(frozen=True)
class PlannedRun:
    """Assets and the range of partitions to compute in one run (None: they have no partitions)."""

    assets: tuple[str, ...]
    first: str | None
    last: str | None

    @property
    def tags(self) -> dict[str, str]:
        """The tags that tell Dagster the partition, or the range of them that one run computes."""
        if self.first is None or self.last is None:
            return {}
        if self.first == self.last:
            return {PARTITION_TAG: self.first}
        return {START_TAG: self.first, END_TAG: self.last}

    def covers(self, asset: str, partition: str) -> bool:
        """Whether the run computes this partition (empty: the asset has none)."""
        return asset in self.assets and (not partition or (self.first or "") <= partition <= (self.last or ""))

    @property
    def span(self) -> str:
        """Its partitions in words."""
        return (f" for {self.first}" if self.first else "") + (f" to {self.last}" if self.last != self.first else "")

    @property
    def text(self) -> str:
        """The run in words."""
        return ", ".join(self.assets) + self.span


class Triggers:
    """Knows the graph, and which partitions of an asset depend on which of another."""

    def __init__(
        self,
        nodes: Iterable[Node],
        *,
        by_delivery: Iterable[tuple[str, str]],
        by_event_date: Iterable[tuple[str, str]],
        last: Iterable[str],
    ) -> None:
        self.nodes: Mapping[str, Node] = {node.key: node for node in nodes}
        # These edges are marked by the delivery code, which knows the event dates and keys that changed.
        self.by_event_date = set(by_event_date)
        self.own_marks = {*by_delivery, *self.by_event_date}
        self.last = set(last)
        self._ancestors: dict[str, frozenset[str]] = {}

    def dependents(self, lake: Lake, asset: str, keys: Sequence[str]) -> list[tuple[str, str]]:
        """The partitions that depend on these partitions of an asset."""
        found = []
        for child in self.nodes.values():
            if asset in child.upstream and (asset, child.key) not in self.own_marks:
                found += [(child.key, key) for key in _mapped(lake, self.nodes[asset], child, keys)]
        return found

    def ancestors(self, asset: str) -> frozenset[str]:
        """All assets upstream of an asset."""
        if asset not in self._ancestors:
            parents = self.nodes[asset].upstream
            self._ancestors[asset] = frozenset(parents).union(*(self.ancestors(parent) for parent in parents))
        return self._ancestors[asset]

    def next_runs(
        self,
        stale: Mapping[str, set[str]],
        all_keys: Mapping[Cadence | None, list[str]],
        busy: Iterable[str] = (),
        scope: Collection[str] | None = None,
        tried: Mapping[str, Collection[tuple[str, str]]] = MappingProxyType({}),
    ) -> list[PlannedRun]:
        """The runs to start now, in ranges, with what follows at once: what is out of date and has nothing upstream that is
        out of date too, or that a run is computing at this moment (`busy`). They compute assets in `scope` only (None: any).

        A range of an asset that was `tried` in vain is asked for in halves.
        """
        known = {asset: keys for asset, keys in stale.items() if asset in self.nodes}
        unsettled = {*known, *busy}
        runs: dict[tuple[str | None, str | None, Cadence | None], list[str]] = {}
        within = set(self.nodes) if scope is None else set(scope)
        for asset in sorted(asset for asset in within & set(known) if not self.ancestors(asset) & unsettled):
            cadence = self.nodes[asset].cadence
            spans: Sequence[tuple[str, str] | tuple[None, None]] = (
                halved(ranges(known[asset], all_keys[cadence]), tried.get(asset, ()), all_keys[cadence])
                if cadence
                else [(None, None)]
            )
            for first, last in spans:
                runs.setdefault((first, last, cadence), []).append(asset)
        whole = runs.pop((None, None, None), [])
        # An asset without partitions can ride along in a run of any of them.
        runs.setdefault(next(iter(runs), (None, None, None)), []).extend(whole)
        elsewhere = [set(assets) for assets in runs.values()]
        found = []
        for (first, last, cadence), assets in ((span, assets) for span, assets in runs.items() if assets):
            others = unsettled.union(*elsewhere) - set(assets)
            found.append(PlannedRun(self._with_followers(assets, cadence, others, within), first, last))
        return found

    def _with_followers(
        self, assets: Sequence[str], cadence: Cadence | None, unsettled: set[str], within: Collection[str]
    ) -> tuple[str, ...]:
        """Assets and what can be computed in the same run, upstream first: the same partitions, or none at all.

        A follower must not depend on something else that is out of date, nor on days that are only known after the run.
        """
        run = list(assets)
        for child in sorted(self.nodes.values(), key=lambda node: len(self.ancestors(node.key))):
            parents = set(child.upstream) & set(run)
            by_event_date = any((parent, child.key) in self.by_event_date for parent in child.upstream)
            fits = child.cadence in (cadence, None) and not by_event_date and child.key not in (*run, *self.last)
            fits = fits and child.key in within
            if parents and fits and not set(child.upstream) & (unsettled - set(run)):
                run.append(child.key)
        return tuple(run)


def _mapped(lake: Lake, parent: Node, child: Node, keys: Sequence[str]) -> list[str]:
    if child.cadence is None:
        return [""]
    if parent.cadence is None:
        return lake.keys(child.key)
    days = [date.fromisoformat(key) for key in keys]
    if child.cadence == parent.cadence:
        return list(keys)
    if child.cadence == "month":
        return sorted({str(month_of(day)) for day in days})
    # A late event can change the cohort of a user, and with it every week.
    return sorted({*lake.keys(child.key), *(str(week_of(day)) for day in days)})
