"""Declared tables -> Dagster assets: partitions, inputs and storage; and the publication of the warehouse."""

import inspect
from collections.abc import Mapping
from typing import Any

import dagster as dg
import pandera.polars as pa

from songify_assets.foundation.calendar import Cadence
from songify_assets.orchestration.assets.frames import merged, with_frames
from songify_assets.orchestration.assets.io_manager import LINEAGE
from songify_assets.orchestration.declare.datasets import Catalog
from songify_assets.orchestration.declare.inputs import Reader
from songify_assets.orchestration.declare.tables import TableAsset
from songify_assets.orchestration.planner.triggers import Triggers
from songify_assets.orchestration.ui.metadata import (
    code_references,
    column_lineage,
    column_schema,
    declared_lineage,
    function_at,
)

Model = type[pa.DataFrameModel]


def table_asset(
    declared: TableAsset,
    triggers: Triggers,
    partitions: Mapping[Cadence | None, Any],
    catalog: Catalog,
    owner: str,
) -> dg.AssetsDefinition:
    """The Dagster asset of a declared table."""
    mappings: dict[str, list[dg.PartitionMapping | None]] = {}
    for read in declared.inputs.values():
        for asset in set(read.assets) - {declared.key}:
            reader = Reader(declared.key, declared.cadence, triggers.nodes[asset].cadence)
            mappings.setdefault(asset, []).append(read.mapping(reader))
    return dg.asset(
        key=declared.key.split("/"),
        code_version=declared.code_version,
        description=f"{inspect.getdoc(declared.compute)}\n\n{declared.notes}".strip(),
        group_name=declared.key.split("/")[0],
        owners=[owner],
        tags={"layer": "table", "cadence": declared.cadence or "whole"},
        pool=declared.key,
        partitions_def=partitions[declared.cadence],
        backfill_policy=dg.BackfillPolicy.single_run() if declared.cadence else None,
        deps=[dg.AssetDep(asset.split("/"), partition_mapping=merged(some)) for asset, some in mappings.items()],
        kinds={"polars", "parquet"} if declared.stored else {"excel"},
        metadata={**code_references(function_at(declared.compute)), **_columns(declared, catalog)},
        io_manager_key="io_manager",
    )(with_frames(declared, triggers))


def _columns(declared: TableAsset, catalog: Catalog) -> dict[str, Any]:
    """The metadata that says which columns a table has, and where they come from."""
    if (model := catalog.models.get(declared.key)) is None:
        return {}
    columns, tables = catalog.tables[declared.key].columns, catalog.tables
    upstream = {key: tables[key].columns.names() for key in declared.upstream if key in tables}
    return {
        "dagster/column_schema": column_schema(columns, descriptions(model)),
        LINEAGE: column_lineage(columns.names(), declared_lineage(model), upstream),
    }


def descriptions(model: Model) -> dict[str, str]:
    """What each column of a model means."""
    return {name: column.description for name, column in model.to_schema().columns.items() if column.description}
