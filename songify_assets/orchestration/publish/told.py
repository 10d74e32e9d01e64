"""What a publication tells people of its tables: where each comes from and what must be true of it; and which checks fail."""

from collections.abc import Iterable, Sequence

import dagster as dg
import duckdb
import polars as pl

from songify_assets.foundation.published import FAILING
from songify_assets.orchestration.checks.evaluations import failed_evaluations
from songify_assets.orchestration.declare.inputs.words import in_words
from songify_assets.orchestration.planner.triggers import Triggers

TEXT, BOOLEAN = pl.String(), pl.Boolean()
LINEAGE = pl.Schema({"table": TEXT, "reads": TEXT, "how": TEXT})
CHECKS = pl.Schema({"table": TEXT, "check": TEXT, "description": TEXT, "is_blocking": BOOLEAN})
COMMENTS = {
    "TABLE meta.lineage": "A table that another one is computed from.",
    "COLUMN meta.lineage.table": "the table that is computed",
    "COLUMN meta.lineage.reads": "what it reads; raw.… is a feed as delivered, which the warehouse does not have",
    "COLUMN meta.lineage.how": "which rows of it",
    "TABLE meta.checks": "A check of a table: what must be true of it.",
    "COLUMN meta.checks.table": "the table, with its schema",
    "COLUMN meta.checks.check": "the check",
    "COLUMN meta.checks.description": "what holds when it passes",
    "COLUMN meta.checks.is_blocking": "whether it holds back what follows, if it fails",
}


def lineage(triggers: Triggers, tables: Iterable[str]) -> pl.DataFrame:
    """What each table reads, in words."""
    rows = [
        (_name(table), _name(asset), in_words(read))
        for table in tables
        if table in triggers.nodes
        for read in triggers.nodes[table].inputs.values()
        for asset in read.assets
    ]
    return pl.DataFrame(rows, schema=LINEAGE, orient="row").unique(maintain_order=True)


def declared_checks(definitions: Sequence[dg.AssetChecksDefinition]) -> pl.DataFrame:
    """The checks of tables, as declared."""
    specs = [spec for definition in definitions for spec in definition.check_specs]
    rows = [(_name(spec.asset_key.to_user_string()), spec.name, spec.description, spec.blocking) for spec in specs]
    return pl.DataFrame(rows, schema=CHECKS, orient="row")


def failing_checks(instance: dg.DagsterInstance) -> pl.DataFrame:
    """The checks that failed when they were last evaluated, partition by partition."""
    rows = [
        (
            _name(failed.evaluation.asset_key.to_user_string()),
            failed.evaluation.check_name,
            failed.partition,
            failed.evaluation.severity.value.lower(),
            failed.evaluation.description,
        )
        for failed in failed_evaluations(instance)
    ]
    return pl.DataFrame(rows, schema=FAILING, orient="row")


def write_told(connection: duckdb.DuckDBPyConnection, **told: pl.DataFrame) -> None:
    """Writes these as tables of the schema `meta`, which is there already."""
    for name, rows in told.items():
        connection.register("told", rows.to_arrow())
        connection.execute(f'CREATE TABLE meta."{name}" AS SELECT * FROM told')
        connection.unregister("told")
    for target, text in COMMENTS.items():
        connection.execute(f"COMMENT ON {target} IS '{text}'")


def _name(asset: str) -> str:
    return asset.replace("/", ".", 1)
