"""Feed -> its assets: raw with its checks, and for a full dump the history and the latest table. Nothing is written by hand."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from typing import Any

import dagster as dg
import polars as pl

from songify_assets.foundation.delivery.history import write_history
from songify_assets.foundation.delivery.partition import write_raw
from songify_assets.foundation.feed_tables import CODE_VERSION, raw_columns
from songify_assets.foundation.feeds import Feed
from songify_assets.foundation.keys import stable_hash
from songify_assets.foundation.lake import Lake
from songify_assets.foundation.store import Store
from songify_assets.foundation.versions import differences as history
from songify_assets.foundation.versions.touched_days import Lookup
from songify_assets.orchestration.assets.io_manager import LINEAGE
from songify_assets.orchestration.assets.writing import writing_asset
from songify_assets.orchestration.checks.raw_checks import raw_check_specs, raw_results, report_judgement
from songify_assets.orchestration.checks.verdicts import Verdict, judged, result_of
from songify_assets.orchestration.ui.drawn import growth
from songify_assets.orchestration.ui.metadata import (
    code_references,
    column_lineage,
    column_schema,
    declared_at,
    function_at,
    show,
)

STRUCTURE = {
    "record": "position of the record in the delivery, from 1",
    "event_date": "local day on which the event started",
    "delivered_on": "delivery date of the drop",
    "event": "what the dump did to the key: added, changed or deleted it",
    "is_deleted": "whether the source has deleted the key since",
}
Partitions = dg.PartitionsDefinition[str] | None


def feed_assets(feed: Feed, daily: Partitions, lookups: Sequence[Lookup], owner: str) -> list[dg.AssetsDefinition]:
    """The Dagster assets of a feed."""
    assets = [raw_asset(feed, daily, owner)]
    if feed.is_dump:
        assets += [history_asset(feed, daily, lookups, owner), latest_asset(feed, owner)]
    return assets


def _tags(feed: Feed, layer: str) -> dict[str, str]:
    return {"layer": layer, "cadence": "whole" if layer == "latest" else "day", "source": feed.source}


def _metadata(feed: Feed, columns: pl.Schema, upstream: str | None, function: Callable[..., Any]) -> dict[str, Any]:
    """The columns, where they come from, and the source of the asset and of the feed's declaration."""
    names = feed.columns.names()
    return {
        "dagster/column_schema": column_schema(columns, {**STRUCTURE, **feed.descriptions}),
        **code_references(function_at(function), declared_at(feed.model, f"feed {feed.name}")),
        LINEAGE: column_lineage(columns.names(), {}, {upstream: names} if upstream else {}),
    }


def raw_asset(feed: Feed, daily: Partitions, owner: str) -> dg.AssetsDefinition:
    """What was delivered, typed: one partition a delivery date."""
    specs = raw_check_specs(feed, daily)

    @dg.asset(
        key=feed.raw.split("/"),
        code_version=CODE_VERSION,
        group_name="raw",
        partitions_def=daily,
        backfill_policy=dg.BackfillPolicy.single_run(),
        description=f"What {feed.source} delivered as {', '.join(feed.files)} ({feed.kind}), typed; one partition a delivery "
        f"date. {feed.model.__doc__}\n\nRefused rows go to `quarantine.rows`.",
        pool=feed.raw,
        owners=[owner],
        tags=_tags(feed, "raw"),
        kinds={"polars", "parquet"},
        metadata=_metadata(feed, raw_columns(feed), None, raw_asset),
        check_specs=list(specs.values()),
    )
    def raw(context: dg.AssetExecutionContext, store: dg.ResourceParam[Store]) -> Iterator[Any]:
        days = [date.fromisoformat(key) for key in context.partition_keys]
        with writing_asset(context, store):
            for dump in write_raw(store, feed, days):
                if dump.delivered_on not in days:
                    report_judgement(context.instance, context.run, feed, store, dump)
        found = {str(one.delivered_on): one.accepted for one in store.ledger.deliveries(feed.name)}
        show(context, store.lake, feed.raw, {str(day): found.get(str(day), 0) for day in days})
        yield dg.MaterializeResult(check_results=raw_results(context, store, feed, specs, days))

    return raw


def history_asset(feed: Feed, daily: Partitions, lookups: Sequence[Lookup], owner: str) -> dg.AssetsDefinition:
    """What each accepted dump changed: one partition a delivery date."""
    schema, names = _schema_check_spec(feed.history, daily), feed.columns.names()

    @dg.asset(
        key=feed.history.split("/"),
        group_name=feed.source,
        partitions_def=daily,
        backfill_policy=dg.BackfillPolicy.single_run(),
        deps=[dg.AssetDep(feed.raw.split("/"), partition_mapping=dg.AllPartitionMapping())],
        description=f"Every version that {feed.name} ever had. A partition holds what the dump of its day changed against the "
        "accepted dump before it: a row a record, `event` being added, changed or deleted (then with its last content). "
        "In the warehouse this is one row a version, with version, valid_from, valid_to, change, ended_by and is_current.",
        pool=feed.history,
        owners=[owner],
        tags=_tags(feed, "history"),
        kinds={"polars", "parquet"},
        metadata=_metadata(feed, history.history_columns(feed.columns), feed.raw, history_asset),
        check_specs=[schema],
    )
    def changes(
        context: dg.AssetExecutionContext, store: dg.ResourceParam[Store], engine: dg.ResourceParam[Lake]
    ) -> Iterator[Any]:
        with writing_asset(context, store):
            rows = write_history(store, feed, map(date.fromisoformat, context.partition_keys), lookups, engine)
        lineage = column_lineage(names, {}, {feed.raw: names})
        show(context, store.lake, feed.history, rows, lineage, growth(feed.history), engine.engine)
        yield dg.MaterializeResult(check_results=[result_of(context, schema, _fit(store, feed, feed.history, rows))])

    return changes


def latest_asset(feed: Feed, owner: str) -> dg.AssetsDefinition:
    """The last known version of every key, deleted or not."""
    schema = _schema_check_spec(feed.table, None)
    text = "Every key has one row, and a hash of its own, by which facts look it up."
    unique = dg.AssetCheckSpec("unique_key", asset=feed.table.split("/"), description=text, blocking=True)

    @dg.asset(
        key=feed.table.split("/"),
        group_name=feed.source,
        ins={"versions": dg.AssetIn(feed.history.split("/"))},
        description=f"One row a key of {feed.name}: its last known version. What the source deleted stays here, with `is_deleted`.",
        pool=feed.table,
        owners=[owner],
        tags=_tags(feed, "latest"),
        kinds={"polars", "parquet"},
        metadata=_metadata(feed, history.latest_columns(feed.columns), feed.history, latest_asset),
        check_specs=[
            schema,
            unique,
        ],
    )
    def latest(
        context: dg.AssetExecutionContext, versions: pl.LazyFrame, store: dg.ResourceParam[Store]
    ) -> Iterator[Any]:
        yield dg.Output(history.latest(versions, feed.columns, feed.key))
        yield result_of(context, schema, _fit(store, feed, feed.table, [""]))
        yield result_of(context, unique, {"": judged(_unique, store, feed)})

    return latest


def _schema_check_spec(table: str, daily: Partitions) -> dg.AssetCheckSpec:
    text = "The stored columns are the declared ones, and every row has its key."
    return dg.AssetCheckSpec("schema", asset=table.split("/"), description=text, blocking=True, partitions_def=daily)


def _fit(store: Store, feed: Feed, table: str, keys: Iterable[str]) -> dict[str, Verdict]:
    """The schema check of a history or latest table: its rows' values were checked when they were delivered."""
    return {key: judged(_fits, store, feed, table, key) for key in keys}


def _fits(store: Store, feed: Feed, table: str, key: str) -> Verdict:
    stored = pl.scan_parquet(store.lake.path(table, key), hive_partitioning=False)
    same = stored.collect_schema() == store.lake.tables[table].columns
    # Asked as a filter, footers answer.
    keyless = stored.filter(pl.col(feed.key[0]).is_null()).select(pl.len()).collect(engine="streaming").item()
    return Verdict(same and not keyless, metadata={"rows_without_key": keyless})


def _unique(store: Store, feed: Feed) -> Verdict:
    hashes = stable_hash(*feed.key, bits=64).n_unique()
    counted = store.lake.scan(feed.table).select(pl.len(), hashes.alias("hashes"))
    rows, keys = counted.collect(engine="streaming").row(0)
    return Verdict(rows == keys, metadata={"keys": keys})
