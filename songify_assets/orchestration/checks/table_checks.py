"""Checks of tables: the schema check that every table has, and a dataset's own truths, evaluated in one step a table."""

from collections.abc import Iterator, Sequence

import dagster as dg
import pandera.polars as pa
import polars as pl
from pandera.errors import SchemaErrors

from songify_assets.foundation.lake import Lake
from songify_assets.foundation.parquet import row_count
from songify_assets.foundation.store import Store
from songify_assets.orchestration.checks.verdicts import SHOWN, Verdict, judged, result_of, sample
from songify_assets.orchestration.declare.checks import Check
from songify_assets.orchestration.ui.attempts import FAILURES

BATCH_ROWS = 500_000


def checks_of(
    table: str,
    model: type[pa.DataFrameModel] | None,
    checks: Sequence[Check],
    partitions: dg.PartitionsDefinition[str] | None,
) -> dg.AssetChecksDefinition:
    """The checks of a table as one Dagster step; feeds' own tables have no model, as their rows were checked when delivered."""
    key = dg.AssetKey(table.split("/"))

    def spec(name: str, description: str, blocking: bool) -> dg.AssetCheckSpec:
        return dg.AssetCheckSpec(name, asset=key, description=description, blocking=blocking, partitions_def=partitions)

    schema = spec("schema", f"Each row: {model.__doc__}" if model else "", True)
    own = {one.name: spec(one.name, one.description, one.blocking) for one in checks}

    @dg.multi_asset_check(
        name=table.replace("/", "__") + "__checks", specs=[*([schema] if model else []), *own.values()]
    )
    def evaluate(
        context: dg.AssetCheckExecutionContext, store: dg.ResourceParam[Store]
    ) -> Iterator[dg.AssetCheckResult]:
        lake, keys = store.lake, _keys(context, store, table)
        if model:
            yield result_of(context, schema, _schema_verdicts(lake, table, keys, model))
        for one in checks:
            yield result_of(context, own[one.name], _verdicts(one, store, keys))

    return evaluate


def _keys(context: dg.AssetCheckExecutionContext, store: Store, table: str) -> list[str]:
    """The partitions of this run that were written; all of them where the run has none."""
    written = store.lake.keys(table)
    if store.lake.tables[table].partition_column and (context.has_partition_key_range or context.has_partition_key):
        span = context.partition_key_range
        return [key for key in written if span.start <= key <= span.end]
    return written


def _schema_verdicts(lake: Lake, table: str, keys: Sequence[str], model: type[pa.DataFrameModel]) -> dict[str, Verdict]:
    """The verdict on each partition: from all of them together, and only if that is bad from each; most have few rows."""
    whole = judged(_schema_verdict, lake.scan(table, keys), model)
    if whole.passed or len(keys) == 1:
        return dict.fromkeys(keys, whole)
    return {one: judged(_schema_verdict, lake.scan(table, [one]), model) for one in keys}


def _schema_verdict(rows: pl.LazyFrame, model: type[pa.DataFrameModel]) -> Verdict:
    schema = model.to_schema()
    sound = _sound_columns(rows, schema)
    looked_at = schema.remove_columns(sound)
    if not looked_at.columns:
        return Verdict(True)
    for batch in rows.drop(sound).collect_batches(chunk_size=BATCH_ROWS):
        try:
            looked_at.validate(batch, lazy=True)
        except SchemaErrors as errors:
            cases = errors.failure_cases.select("column", "check", "failure_case")
            return Verdict(False, f"{len(cases)} cells break the schema.", {"offenders": len(cases), **sample(cases)})
    return Verdict(True)


def _sound_columns(rows: pl.LazyFrame, schema: pa.DataFrameSchema) -> list[str]:
    """The columns that cannot break a schema, which need not be read: they may hold anything of their type, and have no null where
    there must be none, as the footers of the files tell."""
    if schema.checks or schema.unique:  # of whole rows
        return []
    stored = rows.collect_schema()
    free = [
        name
        for name, column in schema.columns.items()
        if name in stored and not (column.checks or column.unique or column.coerce)
    ]
    filled = [name for name in free if not schema.columns[name].nullable]
    lacking = rows.filter(pl.any_horizontal(pl.col(filled).is_null())).head(1) if filled else rows.head(0)
    has_nulls = len(lacking.collect(engine="streaming")) > 0
    return [name for name in free if not (has_nulls and name in filled)]


def _verdicts(check: Check, store: Store, keys: Sequence[str]) -> dict[str, Verdict]:
    """The verdict on each partition, from one query over all of them; where that fails, from one for each."""
    try:
        return _found(check, store, keys)
    except FAILURES:
        return {key: judged(lambda one: _found(check, store, [one])[one], key) for key in keys}


def _found(check: Check, store: Store, keys: Sequence[str]) -> dict[str, Verdict]:
    lake = store.lake
    column = lake.tables[check.table].partition_column
    frames = [lake.scan(check.table, keys), *(lake.scan(other) for other in check.reads)]
    offenders = check.offenders(*frames, **({"store": store} if check.needs_store else {}))
    keyed = offenders.with_columns(__partition=pl.col(column).cast(pl.String) if column else pl.lit(""))
    counts: dict[str, int] = dict(keyed.group_by("__partition").len().collect(engine="streaming").iter_rows())
    # Of one partition the first rows are enough, and what follows them is not looked for.
    some = keyed.head(SHOWN) if len(counts) == 1 else keyed.group_by("__partition", maintain_order=True).head(SHOWN)
    shown = (
        some.collect(engine="streaming").partition_by("__partition", as_dict=True, include_key=False) if counts else {}
    )
    rows = {key: row_count(lake.path(check.table, key)) for key in keys if key in counts}
    return {key: _verdict(check, counts.get(key, 0), rows.get(key, 0), shown.get((key,))) for key in keys}


def _verdict(check: Check, count: int, rows: int, some: pl.DataFrame | None) -> Verdict:
    share = count / rows if rows else 0.0
    says = f"{count:,} row{'s break' if count > 1 else ' breaks'} this: {check.description}"
    if check.error_above < 1:
        says += f" ({share:.2%} of the rows; above {check.error_above:.0%} it is an error.)"
    if check.summary and some is not None:
        says = check.summary(some)
    return Verdict(
        not count,
        says if count else None,
        {"offenders": count, **({} if some is None else sample(some))},
        "error" if share > check.error_above else check.severity,
    )
