"""The statements of closed months: which versions there are, who made each, when, why, and from which deliveries."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from sqlite3 import Row
from typing import NamedTuple

from songify_assets.foundation.ledger import Ledger
from songify_assets.foundation.ledger.decisions import keep


class Source(NamedTuple):
    """A delivered file that a statement was computed from; `content` also changes when one of its records is mended."""

    feed: str
    delivered_on: date
    sha256: str
    content: str


@dataclass(frozen=True)
class Statement:
    """A version of a closed month of a table: its rows never change again.

    `despite` is why it was to be closed even if something was missing. `digest` is that of its rows (`foundation.statements`).
    """

    table: str
    month: date
    version: int
    closed_at: datetime
    closed_by: str
    reason: str | None
    despite: str | None
    digest: str
    rows: int
    deliveries: tuple[Source, ...]

    @property
    def name(self) -> str:
        """The statement in words."""
        return f"{self.table} {self.month:%Y-%m} version {self.version}"


def keep_statement(ledger: Ledger, statement: Statement, stale: Iterable[tuple[str, str]]) -> None:
    """Keeps what is known of a statement; `stale` are the partitions (asset, key) that show it."""
    deliveries = json.dumps([[*map(str, source)] for source in statement.deliveries])
    values = {**vars(statement), "asset": statement.table, "deliveries": deliveries}
    values |= {"month": str(statement.month), "closed_at": statement.closed_at.astimezone(UTC).isoformat()}
    del values["table"]
    keep(ledger, "closed", values, stale)


def statements(ledger: Ledger, table: str | None = None, month: date | None = None) -> list[Statement]:
    """The statements of a table (None: of all) and month (None: of all), in the order of their versions."""
    sql = "SELECT * FROM statements WHERE asset = coalesce(?, asset) AND month = coalesce(?, month) ORDER BY asset, month, version"
    return [_statement(row) for row in ledger.rows(sql, table, str(month) if month else None)]


def _statement(row: Row) -> Statement:
    values = {name: row[name] for name in ("version", "closed_by", "reason", "despite", "digest", "rows")}
    sources = [Source(feed, date.fromisoformat(day), *rest) for feed, day, *rest in json.loads(row["deliveries"])]
    return Statement(
        table=row["asset"],
        month=date.fromisoformat(row["month"]),
        closed_at=datetime.fromisoformat(row["closed_at"]),
        deliveries=tuple(sources),
        **values,
    )
