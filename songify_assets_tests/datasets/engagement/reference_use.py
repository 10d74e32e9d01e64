"""The engagement tables in plain Python, straight from their definitions: sessions, funnels and features."""

from collections import Counter, defaultdict
from datetime import datetime, time, timedelta
from itertools import groupby
from math import sqrt
from statistics import mean
from typing import Any

from songify_assets_tests.datasets.engagement import reference
from songify_assets_tests.datasets.engagement.drops import ZONE
from songify_assets_tests.datasets.engagement.events import Events, Row, local_day, percentile
from songify_assets_tests.datasets.engagement.reference import Product, Rows, each, monday, products
from songify_assets_tests.datasets.listening.reference import users_history

HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)
FUNNELS = {"upgrade": ("Upgrade", "Submit Upgrade"), "downgrade": ("Downgrade", "Submit Downgrade")}
FEATURES = {
    "settings": ("listening", lambda row: row["page"] == "Settings"),
    "help": ("listening", lambda row: row["page"] == "Help"),
    "upgrade_page": ("listening", lambda row: row["page"] == "Upgrade"),
    "evening": ("viewing", lambda row: row["at"].astimezone(ZONE).time() >= time(18)),
}
Session = tuple[str, datetime, datetime, int]


def sessions_of(product: Product) -> list[Session]:
    by = ("user", "sessionId") if product.name == "listening" else ("user",)
    rows = sorted(product.events, key=lambda row: (*(row[name] for name in by), row["at"], row["end"]))
    sessions: list[Session] = []
    for _, some in groupby(rows, key=lambda row: tuple(row[name] for name in by)):
        own: list[Session] = []
        for row in some:
            if own and goes_on(product.name, own[-1], row):
                user, begin, end, count = own[-1]
                own[-1] = (user, begin, max(end, row["end"]), count + 1)
            else:
                own.append((row["user"], row["at"], row["end"], 1))
        sessions += own
    return sessions


def goes_on(product: str, session: Session, row: Row) -> bool:
    _, begin, end, _ = session
    if product == "listening":
        return bool(row["at"] - end <= DAY)
    return bool(row["at"] - end <= HOUR / 2 and row["at"] - begin <= DAY)


@each
def sessions(product: Product) -> Rows:
    return [
        (user, local_day(begin), begin, end, (end - begin).total_seconds(), count)
        for user, begin, end, count in sessions_of(product)
    ]


@each
def use_time_daily(product: Product) -> Rows:
    rows, lengths, days = [], defaultdict(list), defaultdict(list)
    for _, begin, end, _ in sessions_of(product):
        lengths[local_day(begin)].append((end - begin).total_seconds())
    for row in product.active:
        seconds = row["length"] if product.name == "listening" else (row["end"] - row["at"]).total_seconds()
        days[row["day"]].append((row["user"], seconds))
    for day in product.calendar:
        users = len({user for user, _ in days[day]})
        each_user = sum(seconds for _, seconds in days[day]) / users if users else None
        middle = percentile(lengths[day], 0.5)
        rows.append((day, users, each_user, len(lengths[day]), mean(lengths[day]) if lengths[day] else None, middle))
    return rows


def plan_changes(events: Events) -> Rows:
    rows, before = [], dict[str, Any]()
    for user, _, _, _, level, version, begins, *_ in users_history(events):
        was = before.get(user)
        if version > 1 and was and level and was != level:
            change = "upgrade" if level == "paid" else "downgrade"
            rows.append((user, version, begins, local_day(begins), was, level, change))
        before[user] = level
    return rows


def entries_of(product: Product, steps: tuple[str, ...]) -> list[tuple[Any, list[datetime], bool]]:
    """The day of each entry, when it reached each step, and whether its window is still open."""
    found, last = [], max(product.delivered, default=None)
    rows = sorted(product.events, key=lambda row: (row["user"], row["at"], row["sessionId"], row["itemInSession"]))
    seen = set()
    for place, row in enumerate(rows):
        if row["page"] != steps[0] or (row["user"], row["day"]) in seen:
            continue
        seen.add((row["user"], row["day"]))
        reached, number = [row["at"]], 1
        for later in rows[place + 1 :]:
            if number == len(steps) or later["user"] != row["user"] or later["at"] >= row["at"] + WEEK:
                break
            if later["page"] == steps[number]:
                reached.append(later["at"])
                number += 1
        assert last
        midnight = datetime(last.year, last.month, last.day, tzinfo=ZONE) + DAY
        found.append((row["day"], reached, row["at"] + WEEK > midnight))
    return found


def counted(entries: list[tuple[Any, list[datetime], bool]], steps: tuple[str, ...]) -> Rows:
    rows = []
    for number, name in enumerate(steps):
        there = [entry for entry in entries if len(entry[1]) > number]
        last = number == len(steps) - 1
        on = [entry for entry in there if last or len(entry[1]) > number + 1]
        waiting = [entry for entry in there if not last and len(entry[1]) == number + 1 and entry[2]]
        dropped = len(there) - len(on) - len(waiting)
        nexts = [] if last else [(entry[1][number + 1] - entry[1][number]).total_seconds() for entry in on]
        totals = [(entry[1][number] - entry[1][0]).total_seconds() for entry in there]
        decided = len(on) + dropped
        times = [percentile(values, share) for values in (nexts, totals) for share in (0.5, 0.9, 0.99)]
        completion = len(on) / decided if decided else None
        rows.append((number + 1, name, len(there), len(on), dropped, len(waiting), completion, *times))
    return rows


def funnels(events: Events) -> Rows:
    rows, listening = [], products(events)[0]
    for funnel, steps in FUNNELS.items():
        entries = entries_of(listening, steps)
        for day in {entry[0] for entry in entries}:
            of_day = [entry for entry in entries if entry[0] == day]
            rows += [("listening", funnel, day, *row) for row in counted(of_day, steps)]
    return rows


def funnel_totals(events: Events) -> Rows:
    rows, listening = [], products(events)[0]
    for funnel, steps in FUNNELS.items():
        entries = entries_of(listening, steps)
        for span in (7, 28, 90):
            some = [entry for entry in entries if entry[0] in listening.calendar[-span:]]
            if some:
                rows += [("listening", funnel, span, *row) for row in counted(some, steps)]
    return rows


def uses_of(events: Events) -> dict[str, tuple[Product, Counter[Any]]]:
    by_name = {product.name: product for product in products(events)}
    found = {}
    for feature, (name, is_use) in FEATURES.items():
        product = by_name[name]
        found[feature] = (product, Counter((row["user"], row["day"]) for row in product.events if is_use(row)))
    return found


def feature_usage_daily(events: Events) -> Rows:
    rows = []
    for feature, (product, uses) in uses_of(events).items():
        for day in {day for _, day in uses}:
            counts = [count for (_, when), count in uses.items() if when == day]
            rows.append((product.name, feature, day, len(counts), sum(counts)))
    return rows


def wilson(hits: int, of: int) -> tuple[float, float]:
    z, share = 1.959963984540054, hits / of
    middle, width = share + z * z / (2 * of), z * sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    return (middle - width) / (1 + z * z / of), (middle + width) / (1 + z * z / of)


def feature_retention(events: Events) -> Rows:
    rows = []
    for feature, (product, uses) in uses_of(events).items():
        for cohort in {monday(day) for day in product.first.values()}:
            users = [user for user, day in product.first.items() if monday(day) == cohort]
            sides: dict[bool, list[bool]] = {True: [], False: []}
            for user in users:
                first = product.first[user]
                used = any(who == user and first <= day <= first + 6 * DAY for who, day in uses)
                came = any(first + 7 * DAY <= day <= first + 27 * DAY for day in product.days[user])
                sides[used].append(came)
            shares = {used: sum(side) / len(side) if side else None for used, side in sides.items()}
            told: tuple[float | None, ...] = (None, None, None)
            if sides[True] and sides[False]:
                (low, high), (other_low, other_high) = (
                    wilson(sum(side), len(side)) for side in (sides[True], sides[False])
                )
                share, other = shares[True], shares[False]
                difference = share - other
                down = sqrt((share - low) ** 2 + (other_high - other) ** 2)
                told = (
                    difference,
                    difference - down,
                    difference + sqrt((high - share) ** 2 + (other - other_low) ** 2),
                )
            whole = product.whole(cohort, cohort + 33 * DAY)
            for used, side in sides.items():
                rows.append((product.name, feature, cohort, used, len(side), sum(side), shares[used], *told, whole))
    return rows


# The columns that are compared; all, where none are named.
TABLES: dict[str, tuple[Any, tuple[str, ...]]] = {
    "user_days": (reference.user_days, ()),
    "first_days": (reference.first_days, ()),
    "active_users": (reference.active_users, ()),
    "cohort_retention": (reference.cohort_retention, ()),
    "retention": (reference.retention, ()),
    "churn": (reference.churn, ()),
    "sessions": (
        sessions,
        ("product", "user_id", "session_date", "started_at", "ended_at", "length_s", "events"),
    ),
    "use_time_daily": (use_time_daily, ()),
    "plan_changes": (plan_changes, ()),
    "funnels": (funnels, ()),
    "funnel_totals": (funnel_totals, ()),
    "feature_usage_daily": (feature_usage_daily, ()),
    "feature_retention": (feature_retention, ()),
}
