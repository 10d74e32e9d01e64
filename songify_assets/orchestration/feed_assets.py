"""Feed -> its assets: raw with its checks, and for a full dump the history and the latest table. Nothing is written by hand."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import dagster as dg
import polars as pl

from songify_assets.foundation import history
from songify_assets.foundation.deliveries import Sight, Store, missing_keys, write_history, write_raw
from songify_assets.foundation.feeds import Feed
from songify_assets.foundation.ledger import Delivery
from songify_assets.orchestration.lake import EVERYTHING
from songify_assets.orchestration.metadata import column_schema, table_metadata
from songify_assets.orchestration.triggers import Node
from songify_assets.orchestration.warehouse import PUBLISHED

SHOWN = 10
Partitions = dg.PartitionsDefinition[str] | None


def feed_nodes(feed: Feed) -> list[Node]:
    """The feed's assets as the triggers see them."""
    nodes = [Node(feed.raw, "day", ())]
    if feed.kind == "full dump":
        nodes += [Node(feed.history, "day", (feed.raw,)), Node(feed.table, None, (feed.history,))]
    return nodes


def feed_assets(feed: Feed, daily: Partitions, sights: Sequence[Sight]) -> list[dg.AssetsDefinition]:
    """The Dagster assets of a feed."""
    assets = [raw_asset(feed, daily)]
    if feed.kind == "full dump":
        assets += [history_asset(feed, daily, sights), latest_asset(feed)]
    return assets


def raw_asset(feed: Feed, daily: Partitions) -> dg.AssetsDefinition:
    """What was delivered, typed: one partition a delivery date."""

    @dg.asset(
        key=feed.raw.split("/"),
        group_name="raw",
        partitions_def=daily,
        backfill_policy=dg.BackfillPolicy.single_run(),
        description=f"What {feed.source} delivered as {', '.join(feed.files)} ({feed.kind}), typed; one partition a delivery "
        f"date. {feed.model.__doc__}\n\nRefused rows go to `quarantine.rows`.",
        kinds={"polars", "parquet"},
        metadata={"dagster/column_schema": column_schema(feed.columns, {})},
        check_specs=_raw_check_specs(feed),
    )
    def raw(context: dg.AssetExecutionContext, store: dg.ResourceParam[Store]) -> Iterator[Any]:
        days = [date.fromisoformat(key) for key in context.partition_keys]
        judged = write_raw(store, feed, days)
        store.ledger.mark([(PUBLISHED, "")])
        _report_other_days(context, feed, store, [dump for dump in judged if dump.delivered_on not in days])
        found = [delivery for delivery in store.ledger.deliveries(feed.name) if delivery.delivered_on in days]
        rows = {str(delivery.delivered_on): delivery.accepted for delivery in found}
        yield dg.MaterializeResult(
            metadata=table_metadata(store.lake, feed.raw, rows),
            check_results=[
                _readable(store, feed, days),
                _conserved(store, feed, found),
                _well_formed(store, found),
                *([_complete(store, feed, found)] if feed.kind == "full dump" else []),
            ],
        )

    return raw


def _raw_check_specs(feed: Feed) -> list[dg.AssetCheckSpec]:
    texts = {
        "readable": ("Every file of the delivery can be read.", True),
        "conservation": ("accepted + refused + collapsed duplicates = received.", True),
        "schema": ("The share of refused rows is within SONGIFY_QUARANTINE_LIMIT.", False),
    }
    if feed.kind == "full dump":
        texts["mass_delete"] = (
            "The dump lacks no more than SONGIFY_MASS_DELETE_LIMIT of its predecessor's keys.",
            True,
        )
    return [
        dg.AssetCheckSpec(name, asset=feed.raw.split("/"), description=text, blocking=blocking)
        for name, (text, blocking) in texts.items()
    ]


def _readable(store: Store, feed: Feed, days: list[date]) -> dg.AssetCheckResult:
    sql = """SELECT place, what, remedy, delivered_on FROM files WHERE feed = ? AND state = 'refused'
             AND file_id IN (SELECT max(file_id) FROM files GROUP BY feed, delivered_on, slot)"""
    refused = [row for row in store.ledger.rows(sql, feed.name) if date.fromisoformat(row["delivered_on"]) in days]
    return dg.AssetCheckResult(
        check_name="readable",
        passed=not refused,
        description="; ".join(f"{row['place']}: {row['what']}. {row['remedy']}" for row in refused) or None,
    )


def _conserved(store: Store, feed: Feed, found: list[Delivery]) -> dg.AssetCheckResult:
    lost = [one for one in found if one.accepted + one.refused + one.collapsed != one.received]
    return dg.AssetCheckResult(
        check_name="conservation",
        passed=not lost,
        metadata={name: sum(getattr(one, name) for one in found) for name in ("received", "accepted", "refused", "collapsed")},
        description="; ".join(f"{one.delivered_on}: received {one.received}, found {one.accepted + one.refused + one.collapsed}"
                              for one in lost) or None,
    )  # fmt: skip


def _well_formed(store: Store, found: list[Delivery]) -> dg.AssetCheckResult:
    limit = store.settings.quarantine_limit
    poor = [one for one in found if one.refused > limit * one.received]
    says = [f"{one.delivered_on}: {one.refused} of {one.received} rows refused (limit {limit:.0%})" for one in poor]
    return dg.AssetCheckResult(
        check_name="schema",
        passed=not poor,
        metadata={"refused": sum(one.refused for one in found)},
        description="; ".join(says) + ". See `songify quarantine list`." if says else None,
    )


def _complete(store: Store, feed: Feed, found: list[Delivery]) -> dg.AssetCheckResult:
    held = [one for one in found if one.status == "held"]
    return dg.AssetCheckResult(
        check_name="mass_delete",
        passed=not held,
        metadata={"missing_keys": sum(one.missing for one in found)},
        description=" ".join(describe_held(store, feed, one) for one in held) or None,
    )


def describe_held(store: Store, feed: Feed, dump: Delivery) -> str:
    """How many keys and which a held dump lacks, and how to release it."""
    assert dump.predecessor is not None, "a dump is held against its predecessor"
    keys = missing_keys(store, feed, dump.predecessor, dump.delivered_on)
    some = ", ".join(keys.head(SHOWN)) + (", …" if len(keys) > SHOWN else "")
    return (
        f"The dump of {dump.delivered_on} is held: it lacks {dump.missing} of the {dump.of_keys} keys of {dump.predecessor} "
        f"({dump.missing / dump.of_keys:.0%}, limit {store.settings.mass_delete_limit:.0%}): {some}. "
        f"If that is right: songify approve {feed.raw} {dump.delivered_on} --reason TEXT."
    )


def _report_other_days(context: dg.AssetExecutionContext, feed: Feed, store: Store, dumps: list[Delivery]) -> None:
    """A dump is judged again when its predecessor changes; the check of its own day must show it."""
    for dump in dumps:
        report_judgement(context.instance, feed, store, dump)


def report_judgement(instance: dg.DagsterInstance, feed: Feed, store: Store, dump: Delivery) -> None:
    """Shows a judgement in the mass-delete check of the dump's partition, without a run."""
    held = dump.status == "held"
    instance.report_runless_asset_event(
        dg.AssetCheckEvaluation(
            asset_key=dg.AssetKey(feed.raw.split("/")),
            check_name="mass_delete",
            passed=not held,
            metadata={
                "missing_keys": dg.IntMetadataValue(dump.missing),
                "delivered_on": dg.TextMetadataValue(str(dump.delivered_on)),
            },
            blocking=True,
            description=describe_held(store, feed, dump) if held else f"The dump of {dump.delivered_on} is accepted.",
        )
    )


def history_asset(feed: Feed, daily: Partitions, sights: Sequence[Sight]) -> dg.AssetsDefinition:
    """What each accepted dump changed: one partition a delivery date."""

    @dg.asset(
        key=feed.history.split("/"),
        group_name=feed.source,
        partitions_def=daily,
        backfill_policy=dg.BackfillPolicy.single_run(),
        deps=[dg.AssetDep(feed.raw.split("/"), partition_mapping=dg.AllPartitionMapping())],
        description=f"Every version that {feed.name} ever had. A partition holds what the dump of its day changed against the "
        "accepted dump before it: a row a record, `event` being added, changed or deleted (then with its last content). "
        "In the warehouse this is one row a version, with version, valid_from, valid_to, change, ended_by and is_current.",
        kinds={"polars", "parquet"},
        metadata={"dagster/column_schema": column_schema(history.history_columns(feed.columns), {})},
        check_specs=[_schema_check_spec(feed.history)],
    )
    def changes(context: dg.AssetExecutionContext, store: dg.ResourceParam[Store]) -> Iterator[Any]:
        rows = write_history(store, feed, map(date.fromisoformat, context.partition_keys), sights)
        yield dg.MaterializeResult(
            metadata=table_metadata(store.lake, feed.history, rows),
            check_results=[_fits(store, feed, feed.history, list(rows))],
        )

    return changes


def latest_asset(feed: Feed) -> dg.AssetsDefinition:
    """The last known version of every key, deleted or not."""

    @dg.asset(
        key=feed.table.split("/"),
        group_name=feed.source,
        ins={"versions": dg.AssetIn(feed.history.split("/"), metadata={EVERYTHING: True})},
        description=f"One row a key of {feed.name}: its last known version. What the source deleted stays here, with `is_deleted`.",
        kinds={"polars", "parquet"},
        metadata={"dagster/column_schema": column_schema(history.latest_columns(feed.columns), {})},
        check_specs=[
            _schema_check_spec(feed.table),
            dg.AssetCheckSpec(
                "unique_key",
                asset=feed.table.split("/"),
                description="Every key has one row, and a hash of its own.",
                blocking=True,
            ),
        ],
    )
    def latest(versions: pl.LazyFrame, store: dg.ResourceParam[Store]) -> Iterator[Any]:
        yield dg.Output(history.latest(versions, feed.columns))
        key = feed.columns.names()[0]
        counted = store.lake.scan(feed.table).select(pl.len(), pl.col(key).hash().n_unique().alias("hashes"))
        rows, hashes = counted.collect(engine="streaming").row(0)
        yield _fits(store, feed, feed.table, [""])
        yield dg.AssetCheckResult(check_name="unique_key", passed=rows == hashes, metadata={"keys": hashes})

    return latest


def _schema_check_spec(table: str) -> dg.AssetCheckSpec:
    text = "The stored columns are the declared ones, and every row has its key."
    return dg.AssetCheckSpec("schema", asset=table.split("/"), description=text, blocking=True)


def _fits(store: Store, feed: Feed, table: str, keys: list[str]) -> dg.AssetCheckResult:
    """The schema check of a history or latest table: its rows' values were checked when they were delivered."""
    stored = pl.scan_parquet([store.lake.path(table, key) for key in keys], hive_partitioning=False)
    same = stored.collect_schema() == store.lake.tables[table].columns
    keyless = stored.select(pl.col(feed.columns.names()[0]).is_null().sum()).collect(engine="streaming").item()
    return dg.AssetCheckResult(check_name="schema", passed=same and not keyless, metadata={"rows_without_key": keyless})
