"""The newest delivery of each feed, and whether it is late."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from itertools import pairwise

from songify_assets.foundation.ledger import Ledger
from songify_assets.foundation.ledger.files import first_landed, known_feeds
from songify_assets.serving.pages import delivered
from songify_assets.serving.pages import formats as f
from songify_assets.serving.pages.content import Cell, Section, Table

# As the check of freshness has it: a feed comes regularly when so many of its last deliveries landed so soon after their dates.
LAST, REGULAR, ON_TIME_DAYS = 7, 3, 2
LATE = "late: ask the source"


def feeds(ledger: Ledger, now: datetime) -> list[list[Cell]]:
    """A row a feed, those that are late first."""
    rows = []
    for source, feed in known_feeds(ledger):
        landed = first_landed(ledger, feed, LAST)
        days = sorted(landed)
        age = (now.date() - days[-1]).days
        late = _is_late(landed, now)
        at = landed[days[-1]]
        rows.append([
            Cell(feed), Cell(source), f.link(str(days[-1]), delivered.address(feed, str(days[-1]))), f.count(age), f.at(at),
            Cell(LATE, tone="warn", detail=f"then songify load --source {source}") if late else Cell("in time" if _is_regular(landed, now) else "not regular"),
        ])  # fmt: skip
    return sorted(rows, key=lambda row: not is_late(row))


def _is_regular(landed: Mapping[date, datetime], now: datetime) -> bool:
    on_time = [day for day, at in landed.items() if (at.astimezone(now.tzinfo).date() - day).days <= ON_TIME_DAYS]
    return len(on_time) >= REGULAR


def _is_late(landed: Mapping[date, datetime], now: datetime) -> bool:
    days = sorted(landed)
    usual = max(((after - before).days for before, after in pairwise(days)), default=0)
    return _is_regular(landed, now) and (now.date() - days[-1]).days > max(usual, 1)


def is_late(row: Sequence[Cell]) -> bool:
    """Whether such a row is of a feed that is late."""
    return row[-1].text == LATE


def section(rows: Sequence[Sequence[Cell]]) -> Section:
    """The feeds as a part of a page."""
    table = Table(
        "The newest delivery of each feed",
        ["feed", "source", "newest", "days ago", "first landed", "is"],
        rows,
        "Nothing has landed yet.",
    )
    note = "Late is a feed that came regularly and has not for longer than its usual gap."
    return Section("late", "Deliveries", [table], note=note)
