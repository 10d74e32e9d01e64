"""The engagement tables in plain Python, straight from their definitions: who comes back."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from songify_assets_tests.datasets.engagement.events import Events, Row
from songify_assets_tests.datasets.listening.reference import calendar, plays_of

Rows = list[tuple[Any, ...]]
BRACKETS = ((0, 0), (1, 3), (4, 7), (8, 14), (15, 30))
LAST = {"day": 30, "week": 52, "month": 24}


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def shifted(grain: str, start: date, count: int) -> date:
    if grain == "month":
        months = start.year * 12 + start.month - 1 + count
        return date(months // 12, months % 12 + 1, 1)
    return start + timedelta(days=count * (7 if grain == "week" else 1))


@dataclass(frozen=True)
class Product:
    """The activity of a product."""

    name: str
    active: list[Row]
    events: list[Row]
    delivered: set[date]

    @cached_property
    def calendar(self) -> list[date]:
        return calendar(self.active, self.delivered)

    @cached_property
    def days(self) -> dict[str, set[date]]:
        found: dict[str, set[date]] = defaultdict(set)
        for row in self.active:
            found[row["user"]].add(row["day"])
        return found

    @cached_property
    def first(self) -> dict[str, date]:
        return {user: min(days) for user, days in self.days.items()}

    def users(self, first: date, last: date) -> set[str]:
        return {user for user, days in self.days.items() if any(first <= day <= last for day in days)}

    def whole(self, first: date, last: date) -> bool:
        return all(first + timedelta(days=n) in self.delivered for n in range((last - first).days + 1))


def products(events: Events) -> list[Product]:
    log = [row for row in events.log if row["user"]]
    return [
        Product("listening", plays_of(events), log, events.delivered["listening"]),
        Product("viewing", events.streams, events.streams, events.delivered["viewing"]),
    ]


def each(function: Callable[[Product], Iterable[tuple[Any, ...]]]) -> Callable[[Events], Rows]:
    return lambda events: [(product.name, *row) for product in products(events) for row in function(product)]


@each
def user_days(product: Product) -> Rows:
    counts, seconds = Counter[Any](), Counter[Any]()
    for row in product.active:
        counts[row["day"], row["user"]] += 1
        length = row["length"] if product.name == "listening" else (row["end"] - row["at"]).total_seconds()
        seconds[row["day"], row["user"]] += length
    return [(*key, count, float(seconds[key])) for key, count in counts.items()]


@each
def first_days(product: Product) -> Rows:
    return list(product.first.items())


@each
def active_users(product: Product) -> Rows:
    rows = []
    for day in product.calendar:
        begins = [day - timedelta(days=span - 1) for span in (1, 7, 28)]
        dau, wau, mau = (len(product.users(begin, day)) for begin in begins)
        whole = [product.whole(begin, day) for begin in begins]
        rows.append((day, dau, wau, mau, dau / mau if mau else None, whole[2], whole[1]))
    return rows


def starts(product: Product, grain: str) -> dict[str, date]:
    into = {"day": lambda day: day, "week": monday, "month": lambda day: day.replace(day=1)}[grain]
    return {user: into(day) for user, day in product.first.items()}


def cells(product: Product, grain: str, form: str, last: int | None) -> Rows:
    rows, cohorts = [], defaultdict(set)
    for user, cohort in starts(product, grain).items():
        cohorts[cohort].add(user)
    brackets = dict(BRACKETS)
    for cohort, users in cohorts.items():
        period = 0
        while shifted(grain, cohort, period) <= product.calendar[-1] and (last is None or period <= last):
            ends = {"exact": period, "unbounded": last, "bracket": brackets.get(period)}[form]
            if ends is not None:
                begin, end = shifted(grain, cohort, period), shifted(grain, cohort, ends + 1) - timedelta(days=1)
                active = len(users & product.users(begin, end))
                last_begin = shifted(grain, cohort, ends)
                rows.append(
                    (
                        grain,
                        form,
                        cohort,
                        period,
                        len(users),
                        active,
                        active / len(users),
                        product.whole(last_begin, end),
                    )
                )
            period += 1
    return rows


@each
def cohort_retention(product: Product) -> Rows:
    return [row[2:] for row in cells(product, "week", "exact", None)]


@each
def retention(product: Product) -> Rows:
    forms = [(grain, form) for grain in LAST for form in ("exact", "unbounded")] + [("day", "bracket")]
    return [row for grain, form in forms for row in cells(product, grain, form, LAST[grain])]


@each
def churn(product: Product) -> Rows:
    rows = []
    for month in sorted({day.replace(day=1) for day in product.calendar}):
        before, after = shifted("month", month, -1), shifted("month", month, 1)
        end = after - timedelta(days=1)
        was, now = product.users(before, month - timedelta(days=1)), product.users(month, end)
        new = {user for user in now if product.first[user] >= month}
        lost = was - now
        counts = (len(was), len(was & now), len(lost), len(new), len(now - was - new))
        rows.append((month, *counts, len(lost) / len(was) if was else None, product.whole(before, end)))
    return rows
