"""Business days, weeks and months, and which ranges a set of days means. Days are local (`SONGIFY_TIMEZONE`)."""

from collections.abc import Collection, Iterable
from datetime import date, timedelta
from typing import Literal

Cadence = Literal["day", "week", "month"]


def month_of(day: date) -> date:
    """The first day of the month.

    >>> month_of(date(2021, 12, 25))
    datetime.date(2021, 12, 1)
    """
    return day.replace(day=1)


def next_month(month: date) -> date:
    """The first day of the following month.

    >>> next_month(date(2021, 12, 1))
    datetime.date(2022, 1, 1)
    """
    return (month.replace(day=1) + timedelta(days=32)).replace(day=1)


def week_of(day: date) -> date:
    """The Monday of the week.

    >>> week_of(date(2021, 12, 25))
    datetime.date(2021, 12, 20)
    """
    return day - timedelta(days=day.weekday())


def partition_of(cadence: Cadence | None, day: date) -> str:
    """The key of the partition that a day lies in; empty if there are none.

    >>> partition_of("week", date(2021, 12, 25)), partition_of(None, date(2021, 12, 25))
    ('2021-12-20', '')
    """
    starts = {"day": day, "week": week_of(day), "month": month_of(day)}
    return str(starts[cadence]) if cadence else ""


def days_of(cadence: Cadence | None, key: str) -> list[date]:
    """The days of a partition; none of an asset without partitions.

    >>> len(days_of("month", "2021-12-01")), days_of(None, "")
    (31, [])
    """
    if cadence is None:
        return []
    first = date.fromisoformat(key)
    lasts = {"day": first, "week": first + timedelta(days=6), "month": next_month(first) - timedelta(days=1)}
    return days_between(first, lasts[cadence])


def moved(cadence: Cadence | None, key: str, steps: int) -> str:
    """The key of the partition so many steps after another one, or before it.

    >>> moved("month", "2021-12-01", 1), moved("week", "2021-12-20", -1), moved("month", "2021-12-01", -24)
    ('2022-01-01', '2021-12-13', '2019-12-01')
    """
    first = date.fromisoformat(key)
    if cadence == "month":
        year, month = divmod(first.year * 12 + first.month - 1 + steps, 12)
        return str(date(year, month + 1, 1))
    return str(first + timedelta(days=steps * (7 if cadence == "week" else 1)))


def days_between(first: date, last: date) -> list[date]:
    """Every day from first to last, both included."""
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def ranges(keys: Iterable[str], ordered: list[str]) -> list[tuple[str, str]]:
    """Partition keys as the fewest contiguous ranges (first, last), `ordered` being all keys there are.

    >>> ranges(["b", "a", "d"], ["a", "b", "c", "d"])
    [('a', 'b'), ('d', 'd')]
    """
    position = {key: n for n, key in enumerate(ordered)}
    found: list[tuple[int, int]] = []
    for n in sorted(position[key] for key in set(keys)):
        if found and found[-1][1] == n - 1:
            found[-1] = (found[-1][0], n)
        else:
            found.append((n, n))
    return [(ordered[first], ordered[last]) for first, last in found]


def halved(
    spans: Iterable[tuple[str, str]], tried: Collection[tuple[str, str]], ordered: list[str]
) -> list[tuple[str, str]]:
    """These ranges, but instead of one that was tried its halves, and theirs; a single key stays.

    >>> halved([("a", "d")], [("a", "d"), ("a", "b")], ["a", "b", "c", "d"])
    [('a', 'a'), ('b', 'b'), ('c', 'd')]
    """
    found = []
    for first, last in spans:
        if first == last or (first, last) not in tried:
            found.append((first, last))
        else:
            middle = (ordered.index(first) + ordered.index(last)) // 2
            found += halved([(first, ordered[middle]), (ordered[middle + 1], last)], tried, ordered)
    return found
