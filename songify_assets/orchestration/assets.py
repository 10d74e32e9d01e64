"""Declared tables -> Dagster assets: partitions, inputs and storage; and the publication of the warehouse."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import dagster as dg
import pandera.polars as pa

from songify_assets.foundation.calendar import Cadence
from songify_assets.foundation.deliveries import Store
from songify_assets.foundation.feeds import Feed
from songify_assets.foundation.ledger import PUBLISHED
from songify_assets.foundation.tables import Lake
from songify_assets.orchestration.frames import both, with_frames
from songify_assets.orchestration.inputs import Reader
from songify_assets.orchestration.lake import LINEAGE
from songify_assets.orchestration.left_behind import UNREADABLE, failed_or_held
from songify_assets.orchestration.metadata import column_lineage, column_schema, declared_lineage, named
from songify_assets.orchestration.planning import Planner
from songify_assets.orchestration.tables import TableAsset
from songify_assets.orchestration.triggers import Triggers
from songify_assets.orchestration.warehouse import publish
from songify_assets.orchestration.writing import writing_asset

Model = type[pa.DataFrameModel]


def table_asset(
    declared: TableAsset,
    triggers: Triggers,
    partitions: Mapping[Cadence | None, Any],
    lake: Lake,
    model: Model | None,
    owner: str,
) -> dg.AssetsDefinition:
    """The Dagster asset of a declared table."""
    mappings: dict[str, list[dg.PartitionMapping | None]] = {}
    for read in declared.inputs.values():
        for asset in read.assets:
            reader = Reader(declared.key, declared.cadence, triggers.nodes[asset].cadence)
            mappings.setdefault(asset, []).append(read.mapping(reader))
    return dg.asset(
        key=declared.key.split("/"),
        code_version=declared.code_version,
        group_name=declared.key.split("/")[0],
        owners=[owner],
        tags={"layer": "table", "cadence": declared.cadence or "whole"},
        pool=declared.key,
        partitions_def=partitions[declared.cadence],
        backfill_policy=dg.BackfillPolicy.single_run() if declared.cadence else None,
        deps=[dg.AssetDep(asset.split("/"), partition_mapping=both(some)) for asset, some in mappings.items()],
        kinds={"polars", "parquet"} if declared.stored else {"excel"},
        metadata=_columns(declared, lake, model) if model else {},
        io_manager_key="io_manager",
    )(with_frames(declared, triggers))


def _columns(declared: TableAsset, lake: Lake, model: Model) -> dict[str, Any]:
    """The metadata that says which columns a table has, and where they come from."""
    columns = lake.tables[declared.key].columns
    upstream = {key: lake.tables[key].columns.names() for key in declared.upstream if key in lake.tables}
    return {
        "dagster/column_schema": column_schema(columns, descriptions(model)),
        LINEAGE: column_lineage(columns.names(), declared_lineage(model), upstream),
    }


def published_asset(feeds: Sequence[Feed], models: Mapping[str, Model], planner: Planner) -> dg.AssetsDefinition:
    """The warehouse, published whole."""

    @dg.asset(
        key=PUBLISHED.split("/"),
        group_name="warehouse",
        pool=PUBLISHED,
        tags={"layer": "warehouse"},
        deps=[dg.AssetDep(key.split("/"), partition_mapping=None) for key in planner.triggers.ends(PUBLISHED)],
        kinds={"duckdb"},
        description="`warehouse.duckdb` with every table, built beside the old file and swapped in whole: readers are never "
        "locked out and never see half a load. What failed or is held keeps its previous state, and is named here.",
    )
    def published(context: dg.AssetExecutionContext, store: dg.ResourceParam[Store]) -> Iterator[Any]:
        with writing_asset(context, store):
            done = publish(store, planner.triggers, feeds, _comments(feeds, models))
            kept = {**failed_or_held(planner, context.instance), **done.unreadable}
            unreadable = {UNREADABLE: dg.MetadataValue.json(done.unreadable)} if done.unreadable else {}
            yield dg.MaterializeResult(metadata={"tables": done.tables, "kept as before": named(kept), **unreadable})
            if done.unreadable:
                raise dg.Failure(unreadable_text(done.unreadable), allow_retries=False)

    return published


def unreadable_text(unreadable: Mapping[str, str]) -> str:
    """What to do about tables that could not be read from the lake."""
    reasons = "; ".join(f"{table}: {why}" for table, why in unreadable.items())
    return (
        f"the warehouse is published, but these tables could not be read from the lake and keep their previous state: {reasons}. "
        f"Run `songify rebuild --table {next(iter(unreadable))}`: it computes them again from what has landed."
    )


def _comments(feeds: Sequence[Feed], models: Mapping[str, Model]) -> dict[str, Mapping[str, str]]:
    """What each table (under the empty name) and each column means, by table."""
    texts: dict[str, Mapping[str, str]] = {
        table: feed.descriptions for feed in feeds for table in (feed.table, feed.history)
    }
    return texts | {table: {"": model.__doc__ or "", **descriptions(model)} for table, model in models.items()}


def descriptions(model: Model) -> dict[str, str]:
    """What each column of a model means."""
    return {name: column.description for name, column in model.to_schema().columns.items() if column.description}
