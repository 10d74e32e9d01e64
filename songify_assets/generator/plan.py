"""What is asked for, and how large everything is on each day."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

TIMEZONE = "Europe/Stockholm"
LATEST = 7  # days after which even the last late event has come


@dataclass(frozen=True)
class Plan:
    """The arguments of one `generate`. Days are counted from `first_day`, which is 0."""

    seed: int
    scale: float
    first_day: date
    days: int
    defects: Mapping[str, float]

    def linear(self, count: int) -> int:
        """A number of records, users, tracks or locations."""
        return max(1, round(count * self.scale))

    def root(self, count: int) -> int:
        """A number of films, books or authors: ten times the users do not need ten times the films."""
        return max(10, round(count * math.sqrt(self.scale)))

    def date(self, day: int) -> date:
        """The calendar day."""
        return self.first_day + timedelta(days=day)

    def share(self, defect: str) -> float:
        """The share of records or files that get a defect."""
        return self.defects.get(defect, 0.0)


@dataclass(frozen=True)
class Span:
    """The records `start` to `stop` of a day."""

    day: int
    start: int
    stop: int


def local_day(day: date) -> tuple[int, int]:
    """When a business day starts, in milliseconds since the epoch, and how many milliseconds it lasts.

    >>> local_day(date(2021, 3, 28))[1] // 3_600_000
    23
    """
    zone = ZoneInfo(TIMEZONE)
    starts = [datetime.combine(day + timedelta(days=n), time(), zone).astimezone(UTC) for n in (0, 1)]
    first, last = (int(start.timestamp()) * 1000 for start in starts)
    return first, last - first


def arrivals(plan: Plan, per_day: int, day: int) -> list[Span]:
    """Which events a day delivers: that day's own, save the late ones, and late ones of the days before.

    The late events of a day are its last ones, so that each delivery reads only ranges.
    """
    late = round(per_day * plan.share("late"))
    # Half of the late ones are a day late, a quarter two days, and so on.
    bounds = [0, *(per_day - round(late * 0.5**delay) for delay in range(LATEST)), per_day]
    spans = [Span(day - delay, bounds[delay], bounds[delay + 1]) for delay in range(min(day, LATEST), -1, -1)]
    return [span for span in spans if span.stop > span.start]
