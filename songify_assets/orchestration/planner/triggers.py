"""From "this landed" or "this was computed" to "these partitions must be computed (again)".

Every write marks what depends on it as out of date in the ledger, before it happens; a computation takes its own mark back
when it is done. So what is marked is always all there is to do, whoever started the run and however it ended.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import polars as pl

from songify_assets.foundation.calendar import Cadence, halved, ranges
from songify_assets.foundation.lake import Lake
from songify_assets.orchestration.declare.inputs import Input, Reader
from songify_assets.orchestration.declare.nodes import Node

PARTITION_TAG = "dagster/partition"
START_TAG, END_TAG = "dagster/asset_partition_range_start", "dagster/asset_partition_range_end"


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


@dataclass(frozen=True)
class _Round:
    """What is planned at one time: from which marks, which assets may be computed (`within`), and those that runs planned before
    leave out of date on days `beside` theirs."""

    lake: Lake
    stale: Mapping[str, set[str]]
    within: Collection[str]
    beside: set[str] = field(default_factory=set)


class Triggers:
    """Knows the graph, and which partitions of an asset depend on which of another."""

    def __init__(self, nodes: Iterable[Node], *, last: Iterable[str]) -> None:
        """ValueError if an asset reads what no other makes."""
        self.nodes: Mapping[str, Node] = {node.key: node for node in nodes}
        for node in self.nodes.values():
            if lacking := [asset for asset in node.upstream if asset not in self.nodes]:
                raise ValueError(f"{node.key} reads {lacking[0]}, which no feed and no asset makes")
        self.last = set(last)
        self._ancestors: dict[str, frozenset[str]] = {}

    def dependents(self, lake: Lake, asset: str, keys: Sequence[str]) -> list[tuple[str, str]]:
        """The partitions that depend on these partitions of an asset."""
        dependents = dict[tuple[str, str], None]()
        for child in self.nodes.values():
            for declared in child.inputs.values():
                if declared.asset == asset and not declared.is_marked_by_writer:
                    touched = declared.touched(lake, keys, self.reader(child.key, declared))
                    dependents |= {(child.key, key): None for key in sorted(touched)}
        return list(dependents)

    def dependents_by_rows(
        self, lake: Lake, asset: str, keys: Sequence[str], now: pl.LazyFrame
    ) -> list[tuple[str, str]]:
        """Further partitions that are out of date when the rows of these partitions become `now`."""
        children = ((child.key, declared) for child in self.nodes.values() for declared in child.inputs.values())
        return [
            (child, key)
            for child, declared in children
            if declared.asset == asset and not declared.is_marked_by_writer
            for key in declared.touched_by_rows(lake, keys, self.reader(child, declared), now)
        ]

    def reader(self, asset: str, declared: Input) -> Reader:
        """An asset as the reader of one of its inputs."""
        return Reader(asset, self.nodes[asset].cadence, self.nodes[declared.asset].cadence)

    def ancestors(self, asset: str) -> frozenset[str]:
        """All assets upstream of an asset."""
        if asset not in self._ancestors:
            parents = self.nodes[asset].upstream
            self._ancestors[asset] = frozenset(parents).union(*(self.ancestors(parent) for parent in parents))
        return self._ancestors[asset]

    def ends(self, asset: str) -> list[str]:
        """What an asset reads directly and not through something else that it reads: enough to draw it after all of them."""
        upstream = self.nodes[asset].upstream
        through = frozenset[str]().union(*(self.ancestors(parent) for parent in upstream))
        return [parent for parent in upstream if parent not in through]

    def next_runs(
        self,
        lake: Lake,
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
        planned, together = [], _Round(lake, known, within)
        left = Counter(asset for assets in runs.values() for asset in assets)
        for (first, last, cadence), assets in ((span, assets) for span, assets in runs.items() if assets):
            left.subtract(assets)
            others, again = unsettled.union(*elsewhere) - set(assets), {asset for asset in assets if left[asset]}
            keys = [key for key in all_keys[cadence] if first <= key <= last] if first and last else [""]
            run = self._with_followers(together, assets, cadence, keys, others, again)
            planned.append(PlannedRun(run, first, last))
        return planned

    def _with_followers(
        self,
        together: _Round,
        assets: Sequence[str],
        cadence: Cadence | None,
        keys: Sequence[str],
        unsettled: set[str],
        again: set[str],
    ) -> tuple[str, ...]:
        """Assets and what can be computed in the same run, upstream first: the same partitions, or none at all.

        A follower must not depend on something else that is out of date, nor on days that are only known after the run, nor on
        what will be out of date beside; one of which the run touches every partition has a run of its own for them. One without
        partitions follows the last run of what it reads, and not each: it reads all of it `again`. What the run leaves out of
        date on other days is added to what runs before it leave so.
        """
        run = list(assets)
        for child in sorted(self.nodes.values(), key=lambda node: len(self.ancestors(node.key))):
            leading = [read for read in child.inputs.values() if not (child.cadence and read.touches_by_rows)]
            parents = {asset for read in leading for asset in read.assets} & set(run)
            follows_records = any(declared.follows_records for declared in child.inputs.values())
            fits = child.cadence in (cadence, None) and not follows_records and child.key not in (*run, *self.last)
            whole = child.cadence and any(read.touches_all and read.asset in run for read in child.inputs.values())
            fits = fits and child.key in together.within and not whole
            if not child.cadence and self.ancestors(child.key) & again:
                unsettled, fits = unsettled | {child.key}, False
            if parents and fits and not self.ancestors(child.key) & (unsettled - set(run) | together.beside):
                run.append(child.key)
            waits = child.key not in assets and together.stale.get(child.key, set()) - set(keys)
            if child.key in run and child.cadence and (waits or self._touches_others(together.lake, child, run, keys)):
                together.beside.add(child.key)
        return tuple(run)

    def _touches_others(self, lake: Lake, child: Node, run: Collection[str], keys: Sequence[str]) -> bool:
        """Whether other partitions of an asset than those of its run are out of date once that is over, or may be: a late day is
        in the windows of days that are there already."""
        reads = [read for read in child.inputs.values() if read.asset in run and not read.is_marked_by_writer]
        touched = {key for read in reads for key in read.touched(lake, keys, self.reader(child.key, read))}
        by_rows = any(read.touches_by_rows for read in reads)
        return not touched <= set(keys) or (by_rows and any(key > max(keys) for key in lake.keys(child.key)))
