"""The statements of a table whose months are closed, as a table of their own: it follows from the word `closes`."""

from typing import Any, get_type_hints

import pandera.polars as pa
import polars as pl

from songify_assets.foundation.lake import Table
from songify_assets.foundation.ledger.statements import statements
from songify_assets.foundation.statements import trouble
from songify_assets.foundation.store import Store
from songify_assets.orchestration.declare.checks import Check
from songify_assets.orchestration.declare.inputs import Frozen
from songify_assets.orchestration.declare.tables import TableAsset

Model = type[pa.DataFrameModel]
DOCUMENTATION = """The rows of `{table}` in each closed month, as they were when the month was closed (version 1) or restated (2, 3 …).

No load, correction or upgrade changes a row of it: `songify close` and `songify restate` add versions. What has moved since is
told by `songify statements`.
"""


def statements_of(closing: TableAsset) -> TableAsset:
    """The asset of a closing table's statements."""

    def compute(frozen: pl.LazyFrame) -> pl.LazyFrame:
        return frozen

    compute.__doc__ = DOCUMENTATION.format(table=closing.key)
    return TableAsset(closing.statements, compute, "month", {"frozen": Frozen(closing.key)})


def statements_model(model: Model) -> Model:
    """The model of the statements: the table's columns, and which version they are."""
    columns = model.to_schema().columns
    fields: dict[str, Any] = {
        name: pa.Field(nullable=column.nullable, description=column.description) for name, column in columns.items()
    }
    fields["version"] = pa.Field(ge=1, description="1: the close of the month; 2, 3 …: its restatements")
    hints = {**get_type_hints(model, include_extras=True), "version": int}
    body = {
        "__annotations__": {name: hints[name] for name in fields},
        "__doc__": f"As closed: {model.__doc__}",
        **fields,
    }
    return type(f"{model.__name__}Statements", (pa.DataFrameModel,), body)


def statements_table(closing: TableAsset, live: Table) -> Table:
    """The lake's table of the statements."""
    columns = pl.Schema({"month": live.columns["month"], "version": pl.Int64(), **live.columns})
    return Table(closing.statements, columns, "month")


def digests_check(closing: TableAsset) -> Check:
    """That each statement still has the rows that were closed."""

    def off_their_digest(_: pl.LazyFrame, store: Store) -> pl.LazyFrame:
        told = ((one.month, one.version, trouble(store.lake, one)) for one in statements(store.ledger, closing.key))
        schema = {"month": pl.Date(), "version": pl.Int64(), "why": pl.String()}
        return pl.LazyFrame([row for row in told if row[-1]], schema=schema, orient="row")

    what = "The rows are those that were closed: each statement's digest is computed anew."
    return Check(closing.statements, "digests_hold", what, off_their_digest, severity="error", needs_store=True)


def moved_check(closing: TableAsset) -> Check:
    """That a closed month is still as its newest statement has it; a dataset with a limit of its own has a check of its own."""

    def moved(live: pl.LazyFrame, statements: pl.LazyFrame) -> pl.LazyFrame:
        newest = statements.filter(pl.col("version") == pl.col("version").max().over("month"))
        columns = [name for name in live.collect_schema().names() if name in statements.collect_schema().names()]
        here = newest.join(live.select("month").unique(), on="month", how="semi")
        now = live.join(newest.select("month").unique(), on="month", how="semi")
        gone = here.join(live, on=columns, how="anti", nulls_equal=True)
        new = now.join(here, on=columns, how="anti", nulls_equal=True)
        return pl.concat([gone.select(columns), new.select(columns)])

    what = "A closed month is as its newest statement has it; settle what has moved by `songify restate`."
    return Check(closing.key, "as_closed", what, moved, reads=[closing.statements])
