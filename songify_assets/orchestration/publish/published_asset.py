"""A publication as a Dagster asset, and what it says of tables and columns."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import dagster as dg
import pandera.polars as pa

from songify_assets.foundation.feeds import Feed
from songify_assets.foundation.store import Store
from songify_assets.orchestration.assets.table_assets import descriptions
from songify_assets.orchestration.assets.writing import writing_asset
from songify_assets.orchestration.planner.left_behind import UNREADABLE, failed_or_held
from songify_assets.orchestration.planner.planner import Planner
from songify_assets.orchestration.publish.target import Target
from songify_assets.orchestration.ui.metadata import named

Model = type[pa.DataFrameModel]


def published_asset(target: Target, planner: Planner) -> dg.AssetsDefinition:
    """A target as a Dagster asset, which is published whole."""
    key = dg.AssetKey(target.key.split("/"))

    @dg.asset(
        key=key,
        group_name=key.path[0],
        pool=target.key,
        tags={"layer": "warehouse"},
        deps=[dg.AssetDep(end.split("/"), partition_mapping=None) for end in planner.triggers.ends(target.key)],
        kinds={target.kind},
        description=target.description,
    )
    def published(context: dg.AssetExecutionContext, store: dg.ResourceParam[Store]) -> Iterator[Any]:
        with writing_asset(context, store):
            done = target.publish()
            kept = {**failed_or_held(planner, context.instance), **done.unreadable}
            unreadable = {UNREADABLE: dg.MetadataValue.json(done.unreadable)} if done.unreadable else {}
            told: dict[str, Any] = {
                "tables": done.tables,
                "changed": ", ".join(done.changed) or "none",
                "kept as before": named(kept),
            }
            yield dg.MaterializeResult(metadata={**told, **unreadable})
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


def comments(feeds: Sequence[Feed], models: Mapping[str, Model]) -> dict[str, Mapping[str, str]]:
    """What each table (under the empty name) and each column means, by table."""
    texts: dict[str, Mapping[str, str]] = {
        table: feed.descriptions for feed in feeds for table in (feed.table, feed.history)
    }
    return texts | {table: {"": model.__doc__ or "", **descriptions(model)} for table, model in models.items()}
