"""Closed months as the warehouse tells of them: versions of statements, how they differ, and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from songify_assets.serving.pages.published import Published, Row

TABLES = (
    "royalties.statements",
    "royalties.statement_versions",
    "royalties.restatements",
    "royalties.restatement_causes",
)
CLOSED = "royalties.market_share"
CAUSES = {
    "late_plays": "plays that came late",
    "corrected_plays": "a corrected delivery of plays",
    "tracks_changed": "tracks that changed hands or became known",
    "locations_changed": "locations that changed or became known",
}
_OF_MONTH = "strftime(month, '%Y-%m') = ?"


@dataclass(frozen=True)
class Step:
    """From one version of a statement to the next, or to what is live now (`after` is None)."""

    before: int
    after: int | None

    @property
    def words(self) -> str:
        """The step, for people."""
        return f"version {self.before} → " + ("now" if self.after is None else f"version {self.after}")


def versions(published: Published, month: str | None = None) -> list[Row]:
    """The versions of the months that were closed (of one month only), the newest month first, versions in order."""
    if not published.has(*TABLES):
        return []
    return published.ask(
        f"""SELECT *, strftime(month, '%Y-%m') AS of_month FROM royalties.statement_versions
            WHERE replace("table", '/', '.') = ? AND (? IS NULL OR {_OF_MONTH}) ORDER BY month DESC, version""",
        CLOSED, month, month,
    )  # fmt: skip


def moved_since(published: Published) -> Mapping[str, int]:
    """By how many plays what is live now differs from the newest statement of each month."""
    if not published.has(*TABLES):
        return {}
    rows = published.ask(
        """SELECT strftime(month, '%Y-%m') AS month, sum(abs(plays_difference))::BIGINT AS plays
           FROM royalties.restatements WHERE version_to IS NULL GROUP BY ALL"""
    )
    return {row["month"]: row["plays"] for row in rows}


def differences(published: Published, month: str, licensor: str | None = None) -> dict[Step, list[Row]]:
    """The rows of a month that differ, step by step; of one licensor only, if one is named."""
    return _by_step(
        published, "royalties.restatements", month, licensor, "abs(plays_difference) DESC, country, licensor"
    )


def causes(published: Published, month: str, licensor: str | None = None) -> dict[Step, list[Row]]:
    """Why they differ, step by step."""
    return _by_step(
        published, "royalties.restatement_causes", month, licensor, "country, licensor, cause, feed, delivered_on"
    )


def _by_step(published: Published, table: str, month: str, licensor: str | None, order: str) -> dict[Step, list[Row]]:
    if not published.has(*TABLES):
        return {}
    rows = published.ask(
        f"""FROM {table} WHERE {_OF_MONTH} AND (? IS NULL OR licensor = ?)
            ORDER BY version_from, version_to NULLS LAST, {order}""",
        month, licensor, licensor,
    )  # fmt: skip
    steps: dict[Step, list[Row]] = {}
    for row in rows:
        steps.setdefault(Step(row["version_from"], row["version_to"]), []).append(row)
    return steps


def statement(published: Published, month: str, version: int, licensor: str | None = None) -> list[Row]:
    """The rows of a statement; of one licensor only, if one is named."""
    return published.ask(
        f"""FROM royalties.statements WHERE {_OF_MONTH} AND version = ? AND (? IS NULL OR licensor = ?)
            ORDER BY plays DESC, country, licensor""",
        month, version, licensor, licensor,
    )  # fmt: skip


def live(published: Published, month: str, licensor: str) -> list[Row]:
    """What a licensor has in the month as it is now."""
    sql = f"FROM royalties.market_share WHERE {_OF_MONTH} AND licensor = ? ORDER BY plays DESC, country"
    return published.ask(sql, month, licensor) if published.has("royalties.market_share") else []


def deliveries(version: Row) -> Sequence[Mapping[str, Any]]:
    """What a version was computed from: feed, delivered_on, sha256."""
    return version["deliveries"] or ()


def in_words(cause: str) -> str:
    """A cause, for people."""
    return CAUSES.get(cause, cause)


def workbook(month: str, version: int) -> str:
    """Where the workbook of a statement can be had."""
    return f"/exports/statements/{month}/v{version}.xlsx"
