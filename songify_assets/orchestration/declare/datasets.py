"""What a dataset is made of, and all datasets together."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import pandera.polars as pa

from songify_assets.foundation.feed_tables import feed_tables
from songify_assets.foundation.feeds import Feed
from songify_assets.foundation.lake import Table
from songify_assets.foundation.store import Readers
from songify_assets.foundation.versions.touched_days import Lookup
from songify_assets.orchestration.declare.checks import Check
from songify_assets.orchestration.declare.inputs import AsOf, AsOfDate, Events
from songify_assets.orchestration.declare.nodes import Node, feed_nodes
from songify_assets.orchestration.declare.statements import (
    digests_check,
    moved_check,
    statements_model,
    statements_of,
    statements_table,
)
from songify_assets.orchestration.declare.tables import TableAsset, declared_table

Model = type[pa.DataFrameModel]


@dataclass(frozen=True)
class Dataset:
    """One folder of `datasets`: what its source delivers, the tables made of it, and what must be true of them.

    `tables` gives for each table its model and the column it is partitioned by (None: not at all), `keys` the columns that identify
    a row, where some do. `logs` are tables with a `day` and `kept_as` that are compacted as they age: of each entity (the columns given)
    the last snapshot is kept. `owner` is told of trouble.
    """

    name: str
    owner: str
    feeds: Sequence[Feed] = ()
    tables: Mapping[str, tuple[Model, str | None]] = field(default_factory=dict)
    assets: Sequence[TableAsset] = ()
    checks: Sequence[Check] = ()
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    logs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)  # two are never the same: what is made of one is kept for it
class Catalog:
    """All datasets, in business order. ValueError if two feeds or two tables have one name: the second would replace the first."""

    datasets: Sequence[Dataset]

    def __post_init__(self) -> None:
        tables = [key for feed in self.feeds if feed.is_dump for key in (feed.history, feed.table)]
        for kind, names in (
            ("feeds", [feed.name for feed in self.feeds]),
            ("tables", [*tables, *(asset.key for asset in self.assets)]),
        ):
            if twice := [name for name, times in Counter(names).items() if times > 1]:
                raise ValueError(f"two {kind} are called '{twice[0]}': give one of them another name")

    @cached_property
    def feeds(self) -> tuple[Feed, ...]:
        """The feeds of all datasets."""
        return tuple(feed for dataset in self.datasets for feed in dataset.feeds)

    @cached_property
    def assets(self) -> tuple[TableAsset, ...]:
        """The declared tables of all datasets, and the statements of those that close."""
        return tuple(asset for dataset in self.datasets for asset in self.of(dataset))

    @cached_property
    def closing(self) -> dict[str, TableAsset]:
        """The tables whose months are closed."""
        return {asset.key: asset for dataset in self.datasets for asset in dataset.assets if asset.closes}

    def of(self, dataset: Dataset) -> tuple[TableAsset, ...]:
        """The declared tables of a dataset, and the statements of those that close."""
        closing = (asset for asset in dataset.assets if asset.closes)
        return (*dataset.assets, *map(statements_of, closing))

    @cached_property
    def checks(self) -> tuple[Check, ...]:
        """The checks of all datasets, and those of statements."""
        own = (check for dataset in self.datasets for check in dataset.checks)
        closing = self.closing.values()
        moved = (moved_check(asset) for asset in closing if asset.closes is True)
        return (*own, *map(digests_check, closing), *moved)

    def checks_on(self, table: str) -> list[Check]:
        """The checks of a table."""
        return [check for check in self.checks if check.table == table]

    @cached_property
    def models(self) -> dict[str, Model]:
        """The model of each declared table."""
        own = {key: model for dataset in self.datasets for key, (model, _) in dataset.tables.items()}
        return own | {asset.statements: statements_model(own[key]) for key, asset in self.closing.items()}

    @cached_property
    def logs(self) -> dict[str, tuple[str, ...]]:
        """The tables that are compacted as they age, with the columns of the entity of a snapshot."""
        return {table: key for dataset in self.datasets for table, key in dataset.logs.items()}

    @cached_property
    def keys(self) -> dict[str, tuple[str, ...]]:
        """The columns that identify a row, of each table that has some."""
        of_feeds = {feed.table: feed.key for feed in self.feeds if feed.is_dump}
        of_feeds |= {feed.history: (*feed.key, "version") for feed in self.feeds if feed.is_dump}
        own = {table: key for dataset in self.datasets for table, key in dataset.keys.items()}
        closed = {asset.statements: ("version", *own[table]) for table, asset in self.closing.items() if table in own}
        return {**of_feeds, **own, **closed}

    @cached_property
    def tables(self) -> dict[str, Table]:
        """The lake's tables, those of feeds and the declared ones."""
        tables = [table for feed in self.feeds for table in feed_tables(feed)]
        declared = [declared_table(key, *one) for dataset in self.datasets for key, one in dataset.tables.items()]
        known = {table.name: table for table in [*tables, *declared]}
        closed = [statements_table(asset, known[key]) for key, asset in self.closing.items()]
        return known | {table.name: table for table in closed}

    @cached_property
    def nodes(self) -> list[Node]:
        """All assets as the triggers see them."""
        nodes = [node for feed in self.feeds for node in feed_nodes(feed)]
        return [
            *nodes,
            *(Node(asset.key, asset.cadence, asset.inputs, asset.code_version, asset.ends_of) for asset in self.assets),
        ]

    @property
    def checked(self) -> list[str]:
        """The tables with a declared schema or checks of their own, each once."""
        return list(dict.fromkeys([*self.models, *(check.table for check in self.checks)]))

    def readers(self, feed: Feed) -> Readers:
        """The tables that read a feed's events, with their cadence, and those that read its newest delivery date."""
        inputs = [(asset, one) for asset in self.assets for one in asset.inputs.values() if feed.raw in one.assets]
        return Readers(
            {asset.key: asset.cadence for asset, one in inputs if isinstance(one, Events)},
            [asset.key for asset, one in inputs if isinstance(one, AsOfDate)],
        )

    def lookups(self, feed: Feed) -> list[Lookup]:
        """The facts that look up versions in the history of a feed."""
        inputs = [(asset, one) for asset in self.assets for one in asset.inputs.values() if isinstance(one, AsOf)]
        lookups = []
        for asset, one in inputs:
            if feed.is_dump and one.asset == feed.history:
                day = self.tables[asset.key].partition_column
                assert day is not None, f"{asset.key} looks up versions, so it needs an event date"
                lookups.append(Lookup(asset.key, (one.by,) if isinstance(one.by, str) else one.by, day, one.fills))
        return lookups
