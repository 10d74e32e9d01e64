"""Months that are closed: their rows are frozen as statements, which no load changes."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

import dagster as dg
import polars as pl

from songify_assets.errors import SettingsError, SongifyError
from songify_assets.foundation.ledger.statements import Statement, keep_statement, statements
from songify_assets.foundation.statements import digest, freeze, frozen, rows_of_month
from songify_assets.foundation.store import Store
from songify_assets.orchestration.closing.lacking import lacking
from songify_assets.orchestration.closing.made_of import days_made_of, deliveries_of
from songify_assets.orchestration.declare.datasets import Catalog
from songify_assets.orchestration.planner.missing import shown_in
from songify_assets.orchestration.planner.triggers import Triggers

MARKET_SHARE = "royalties/market_share"


@dataclass(frozen=True)
class Closing:
    """Closes and restates months, in one transaction of the ledger: nothing is written to the lake meanwhile."""

    store: Store
    catalog: Catalog
    triggers: Triggers

    def close(
        self, instance: dg.DagsterInstance, table: str, month: date, *, by: str, reason: str = "", despite: str = ""
    ) -> Statement:
        """Freezes a month as version 1. SongifyError, with what is missing, where it cannot be closed, unless `despite` says why."""
        with self.store.ledger.transaction():
            if self._known(table, month):
                remedy = f"Run `songify restate {month:%Y-%m} --table {table}`, if what was sent is to be corrected."
                raise SongifyError("it is closed already", where=f"{table} {month:%Y-%m}", remedy=remedy)
            missing = lacking(self.store, self.triggers, self.catalog.feeds, instance, table, month)
            if missing and not despite.strip():
                remedy = "Deliver or mend it and load, or give the reason to close the month all the same by --despite."
                raise SongifyError("; ".join(missing), where=f"{table} {month:%Y-%m} cannot be closed", remedy=remedy)
            return self._freeze(table, month, 1, by=by, reason=reason, despite=despite)

    def restate(self, table: str, month: date, *, by: str, reason: str) -> Statement:
        """Freezes a closed month as it is now, as the next version. SongifyError where it is not closed, nothing
        changed, or a version is not what was closed any more."""
        if not reason.strip():
            raise SettingsError("the reason is empty", where="--reason", remedy="Say why the month is restated.")
        with self.store.ledger.transaction():
            known = self._known(table, month)
            if not known:
                remedy = f"Run `songify close {month:%Y-%m} --table {table}` first."
                raise SongifyError("it is not closed", where=f"{table} {month:%Y-%m}", remedy=remedy)
            for statement in known:
                frozen(self.store.lake, statement)  # what is broken is mended first
            if digest(self._now(table, month)) == known[-1].digest:
                what, remedy = f"nothing has changed since version {known[-1].version}", "There is nothing to restate."
                raise SongifyError(what, where=f"{table} {month:%Y-%m}", remedy=remedy)
            return self._freeze(table, month, known[-1].version + 1, by=by, reason=reason)

    def moved(self, statement: Statement) -> int:
        """How many rows of a statement are others, or none, in the month as it is now; or, where those are more, of the month."""
        before, now = frozen(self.store.lake, statement), self._now(statement.table, statement.month)
        shared = before.columns
        sides = ((before, now.select(shared)), (now.select(shared), before))
        return max(len(rows.join(others, on=shared, how="anti", nulls_equal=True)) for rows, others in sides)

    def to_close(self, table: str, before: date) -> list[date]:
        """The months of a table that ended before a day and are not closed."""
        months = self.store.lake.scan(table).select(pl.col("month").unique().sort()).collect()["month"]
        return [month for month in months if month < before and not self._known(table, month)]

    def _known(self, table: str, month: date) -> list[Statement]:
        if table not in self.catalog.closing:
            remedy = f"Tables whose months are closed: {', '.join(self.catalog.closing)}."
            raise SettingsError(f"no month of '{table}' is ever closed", where="--table", remedy=remedy)
        return statements(self.store.ledger, table, month)

    def _now(self, table: str, month: date) -> pl.DataFrame:
        return rows_of_month(self.store.lake, table, month).collect(engine="streaming")

    def _freeze(self, table: str, month: date, version: int, *, by: str, reason: str, despite: str = "") -> Statement:
        store, rows = self.store, self._now(table, month)
        days = days_made_of(store, self.triggers, table, month)
        sources = deliveries_of(store, self.triggers, self.catalog.feeds, table, month)
        freeze(store.lake, table, month, version, rows, days)
        statement = Statement(
            table=table,
            month=month,
            version=version,
            closed_at=datetime.now(UTC),
            closed_by=by,
            reason=reason.strip() or None,
            despite=despite.strip() or None,
            digest=digest(rows),
            rows=len(rows),
            deliveries=tuple(sources),
        )
        keep_statement(store.ledger, statement, shown_in(self.triggers, [statement]))
        return statement
