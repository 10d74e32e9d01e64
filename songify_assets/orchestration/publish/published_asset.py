"""A publication as a Dagster asset, and what it says of tables and columns."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import dagster as dg
import pandera.polars as pa

from songify_assets.errors import SongifyError
from songify_assets.foundation.feeds import Feed
from songify_assets.foundation.published import note_served, write_failing
from songify_assets.foundation.store import Store
from songify_assets.orchestration.assets.table_assets import descriptions
from songify_assets.orchestration.assets.writing import writing_asset
from songify_assets.orchestration.planner.left_behind import UNREADABLE, failed_or_held
from songify_assets.orchestration.planner.planner import Planner
from songify_assets.orchestration.publish.postgres.publishing import Postgres
from songify_assets.orchestration.publish.target import Target
from songify_assets.orchestration.publish.told import failing_checks
from songify_assets.orchestration.ui.metadata import code_references, function_at, named

Model = type[pa.DataFrameModel]


def published_asset(target: Target, planner: Planner, postgres: Postgres | None) -> dg.AssetsDefinition:
    """A target as a Dagster asset, which is published whole, and then taken over by a Postgres, if there is one."""
    key = dg.AssetKey(target.key.split("/"))

    @dg.asset(
        key=key,
        group_name=key.path[0],
        pool=target.key,
        tags={"layer": "warehouse"},
        deps=[dg.AssetDep(end.split("/"), partition_mapping=None) for end in planner.triggers.ends(target.key)],
        kinds={target.kind},
        description=target.description,
        metadata=code_references(function_at(published_asset)),
    )
    def published(context: dg.AssetExecutionContext, store: dg.ResourceParam[Store]) -> Iterator[Any]:
        with writing_asset(context, store):
            write_failing(store.settings.home, failing_checks(context.instance))
            done = target.publish()
            kept = {**failed_or_held(planner, context.instance), **done.unreadable}
            unreadable = {UNREADABLE: dg.MetadataValue.json(done.unreadable)} if done.unreadable else {}
            told: dict[str, Any] = {
                "tables": done.tables,
                "changed": ", ".join(done.changed) or "none",
                "kept as before": named(kept),
            }
            served, trouble = _served(postgres, done.publication_id, store)
            yield dg.MaterializeResult(metadata={**told, **served, **unreadable})
            if done.unreadable or trouble:
                texts = [unreadable_text(done.unreadable) if done.unreadable else "", trouble]
                raise dg.Failure(" Besides, ".join(filter(None, texts)), allow_retries=False)

    return published


def _served(postgres: Postgres | None, publication: str, store: Store) -> tuple[dict[str, Any], str]:
    """What the Postgres took over, and what is wrong with it: the warehouse is published all the same."""
    if postgres is None:
        return {}, ""
    try:
        done = postgres.publish(publication)
    except SongifyError as error:
        return {"postgres": f"not published: {error}"}, f"the warehouse is published, but not in Postgres: {error}"
    note_served(store.settings)
    told: dict[str, Any] = {"postgres": f"{done.tables} tables; replaced in {', '.join(done.replaced) or 'none'}"}
    if not done.held:
        return told, ""
    reasons = "; ".join(f"{table}: {why}" for table, why in done.held.items())
    remedy = "Rename or drop these tables in Postgres; the next load makes them anew."
    return {
        **told,
        "postgres holds": named(done.held),
    }, f"Postgres would lose data, so these tables stay as they are there: {reasons}. {remedy}"


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
