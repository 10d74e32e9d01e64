"""Checks of tables: the schema check that every table has, and a dataset's own truths, evaluated in one step a table."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import dagster as dg
import pandera.polars as pa
import polars as pl
from pandera.errors import SchemaErrors

from songify_assets.foundation.deliveries import Store
from songify_assets.orchestration.metadata import markdown

BATCH_ROWS = 500_000
SHOWN = 5


@dataclass(frozen=True)
class Check:
    """A truth about a table: `offenders` maps the frames of the table and of the tables it `reads` to the rows that break it.

    A warning shows what is odd but possible; an error is wrong, and a blocking one keeps what is downstream from running.
    """

    table: str
    name: str
    description: str
    offenders: Callable[..., pl.LazyFrame]
    reads: Sequence[str] = ()
    severity: Literal["warn", "error"] = "warn"
    blocking: bool = False


def checks_of(table: str, model: type[pa.DataFrameModel] | None, checks: Sequence[Check]) -> dg.AssetChecksDefinition:
    """The checks of a table as one Dagster step; feeds' own tables have no model, as their rows were checked when delivered."""
    key = dg.AssetKey(table.split("/"))
    schema = (
        [dg.AssetCheckSpec("schema", asset=key, description=f"Each row: {model.__doc__}", blocking=True)]
        if model
        else []
    )
    own = [dg.AssetCheckSpec(one.name, asset=key, description=one.description, blocking=one.blocking) for one in checks]

    @dg.multi_asset_check(name=table.replace("/", "__") + "__checks", specs=[*schema, *own])
    def evaluate(
        context: dg.AssetCheckExecutionContext, store: dg.ResourceParam[Store]
    ) -> Iterator[dg.AssetCheckResult]:
        rows = store.lake.scan(table, _keys(context, store, table))
        if model:
            yield _schema_verdict(key, rows, model)
        for one in checks:
            yield _verdict(key, one, one.offenders(rows, *(store.lake.scan(other) for other in one.reads)))

    return evaluate


def _keys(context: dg.AssetCheckExecutionContext, store: Store, table: str) -> list[str] | None:
    """The partitions of this run; all of them where the run has none."""
    if store.lake.tables[table].partition_column is None:
        return [""]
    if context.has_partition_key_range:
        span = context.partition_key_range
        return [key for key in store.lake.keys(table) if span.start <= key <= span.end]
    return [context.partition_key] if context.has_partition_key else None


def _schema_verdict(key: dg.AssetKey, rows: pl.LazyFrame, model: type[pa.DataFrameModel]) -> dg.AssetCheckResult:
    for batch in rows.collect_batches(chunk_size=BATCH_ROWS):
        try:
            model.validate(batch, lazy=True)
        except SchemaErrors as errors:
            cases = errors.failure_cases.select("column", "check", "failure_case")
            says = f"{len(cases)} cells break the schema."
            return dg.AssetCheckResult(
                asset_key=key, check_name="schema", passed=False, description=says, metadata=_shown(cases.head(SHOWN))
            )
    return dg.AssetCheckResult(asset_key=key, check_name="schema", passed=True)


def _verdict(key: dg.AssetKey, check: Check, offenders: pl.LazyFrame) -> dg.AssetCheckResult:
    count = offenders.select(pl.len()).collect(engine="streaming").item()
    return dg.AssetCheckResult(
        asset_key=key,
        check_name=check.name,
        passed=count == 0,
        severity=dg.AssetCheckSeverity.WARN if check.severity == "warn" else dg.AssetCheckSeverity.ERROR,
        description=f"{count:,} row{'s' * (count > 1)} break{'s' * (count == 1)} this: {check.description}"
        if count
        else None,
        metadata={"offenders": count, **(_shown(offenders.head(SHOWN).collect()) if count else {})},
    )


def _shown(offenders: pl.DataFrame) -> dict[str, dg.MetadataValue[Any]]:
    return {"some": dg.MetadataValue.md(markdown(offenders))}
