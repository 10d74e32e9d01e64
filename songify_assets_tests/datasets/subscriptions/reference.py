"""A plain, slow reference of the subscriptions tables, day by day and customer by customer, without data frames."""

import calendar
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from songify_assets_tests.datasets.drop import Drop, as_of_day, key, last_of, local_day, minor, records_of
from songify_assets_tests.datasets.subscriptions.drops import EVENTS, PLANS, TYPES

A_YEAR = {"day": 365, "week": 52, "month": 12, "year": 1}
BECOMES = {
    "trial": "trialing", "sign_up": "active", "renewal": "active", "resume": "active", "reactivation": "active",
    "pause": "paused", "cancellation": "cancelled",
}  # fmt: skip
CASH = ("payment", "refund")
Row = dict[str, Any]
A_DAY = timedelta(days=1)


def tables(arrived: Sequence[Drop]) -> dict[str, list[tuple[Any, ...]]]:
    """All tables, whatever the order in which the drops came."""
    last = last_of(arrived)
    events = _events(last)
    if not last:
        return {}
    as_of = max(drop.delivered_on for drop in last)
    acts = sorted((e for e in events if e["day"] <= as_of), key=lambda e: (e["acts_at"], e["event"]))
    if not acts:
        return {name: [] for name in ("periods", "mrr_movements", "mrr", "cohorts")} | {
            "subscription_events": _fact(events)
        }
    days = _days(min(e["day"] for e in acts), as_of)
    ends = {
        sub: _day_ends([e for e in acts if e["sub"] == sub and e["type"] not in CASH], days)
        for sub in {e["sub"] for e in acts}
    }
    revenue = _revenue(ends, days)
    movements = _movements(revenue, days)
    delivered = {drop.delivered_on for drop in last if drop.file == EVENTS}
    return {
        "subscription_events": _fact(events),
        "periods": [row for sub, states in ends.items() for row in _periods(sub, states, days)],
        "mrr_movements": movements,
        "mrr": list(_months(acts, ends, revenue, movements, as_of, delivered)),
        "cohorts": list(_cohorts(acts, revenue, as_of, delivered)),
    }


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def _plans(last: Sequence[Drop]) -> dict[str, list[tuple[date, Row]]]:
    versions: dict[str, list[tuple[date, Row]]] = defaultdict(list)
    for day, record in records_of(last, PLANS):
        price = minor(record["price"], record["currency"])
        if record["interval"] in A_YEAR and record["interval_count"] > 0 and price is not None:
            versions[record["plan_id"]].append((day, {**record, "price": price}))
    return versions


def _events(last: Sequence[Drop]) -> list[Row]:
    plans, newest = _plans(last), dict[str, Row | None]()
    for delivered_on, record in records_of(last, EVENTS):
        amount = minor(record["amount"], record["currency"]) if record["amount"] else None
        quantity = int(record["quantity"]) if record["quantity"] else None
        kind = record["type"]
        if (
            record["currency"] == "XTS" or kind not in TYPES or kind == "gift" or not record["subscription_id"]
            or (record["amount"] and (amount is None or amount < 0)) or (quantity or 0) < 0 or (kind in CASH and amount is None)
        ):  # fmt: skip
            continue
        occurred = datetime.fromisoformat(record["occurred_at"])
        effective = datetime.fromisoformat(record["effective_at"]) if record["effective_at"] else None
        plan, event_date = key(record["plan_id"]), local_day(occurred)
        event = {
            "event": key(record["event_id"]), "sub": key(record["subscription_id"]), "customer": key(record["customer_id"]),
            "type": kind, "plan": plan, "quantity": quantity, "amount": amount, "currency": record["currency"],
            "occurred": occurred, "effective": effective, "acts_at": effective or occurred, "event_date": event_date,
            "day": local_day(effective or occurred), "delivered_on": delivered_on,
            "listed": as_of_day(plans.get(plan or "", []), event_date),
        }  # fmt: skip
        newest[str(event["event"])] = event
    return [event for event in newest.values() if event and event["type"] != "void"]


def _fact(events: list[Row]) -> list[tuple[Any, ...]]:
    rows = []
    for e in events:
        listed = e["listed"] or {}
        rows.append((
            e["event_date"], e["event"], e["sub"], e["customer"], e["type"], e["plan"], e["quantity"], e["amount"], e["currency"],
            e["occurred"], e["effective"], listed.get("interval"), listed.get("interval_count"), listed.get("price"),
            listed.get("currency"), e["delivered_on"],
        ))  # fmt: skip
    return rows


def _day_ends(events: list[Row], days: list[date]) -> dict[date, tuple[Any, ...]]:
    """(customer, currency, status, plan, quantity, mrr) at the end of each day from the first event on."""
    states, status, plan, quantity, amount, listed = dict[date, tuple[Any, ...]](), None, None, None, None, None
    last: Row | None = None
    for day in days:
        for event in (e for e in events if e["day"] == day):
            last = event
            status = BECOMES.get(event["type"], status or "active")
            if event["plan"]:
                plan, listed = event["plan"], event["listed"]
                quantity = 1 if event["quantity"] is None else event["quantity"]
                amount = event["amount"]
                if amount is None and listed and listed["currency"] == event["currency"]:
                    amount = listed["price"] * quantity
            else:
                quantity = quantity if event["quantity"] is None else event["quantity"]
                amount = amount if event["amount"] is None else event["amount"]
        if last:
            mrr = 0
            if status == "active" and listed and amount:
                whole = 12 * listed["interval_count"]
                mrr = (2 * amount * A_YEAR[listed["interval"]] + whole) // (2 * whole)
            states[day] = (last["customer"], last["currency"], status, plan, quantity, mrr)
    return states


def _periods(sub: str, states: dict[date, tuple[Any, ...]], days: list[date]) -> Iterator[tuple[Any, ...]]:
    starts = [day for day in days if day in states and states.get(day - A_DAY) != states[day]]
    for number, start in enumerate(starts):
        customer, currency, status, plan, quantity, mrr = states[start]
        until = starts[number + 1] if number + 1 < len(starts) else None
        yield sub, customer, currency, status, plan, quantity, mrr, start, until


def _revenue(ends: dict[str, dict[date, tuple[Any, ...]]], days: list[date]) -> dict[tuple[str, str], dict[date, int]]:
    """The recurring revenue of each customer and currency at the end of each day."""
    sums: dict[tuple[str, str], dict[date, int]] = defaultdict(lambda: defaultdict(int))
    for states in ends.values():
        for day in days:
            if day in states:
                customer, currency, *_, mrr = states[day]
                sums[(customer, currency)][day] += mrr
    return sums


def _movements(revenue: dict[tuple[str, str], dict[date, int]], days: list[date]) -> list[tuple[Any, ...]]:
    rows = []
    for (customer, currency), ends in revenue.items():
        ever = False
        for day in days:
            before, after = ends.get(day - A_DAY, 0), ends.get(day, 0)
            if before != after:
                name = "contraction" if after < before else "expansion"
                name = ("reactivation" if ever else "new") if before == 0 else "churn" if after == 0 else name
                rows.append((day, customer, currency, name, before, after, after - before))
            ever = ever or after > 0
    return rows


def _month(day: date) -> date:
    return day.replace(day=1)


def _months_between(first: date, last: date) -> list[date]:
    return sorted({_month(day) for day in _days(first, last)})


def _end(month: date, as_of: date) -> date:
    return min(month.replace(day=calendar.monthrange(month.year, month.month)[1]), as_of)


def _complete(month: date, delivered: set[date]) -> bool:
    return set(_days(month, month.replace(day=calendar.monthrange(month.year, month.month)[1]))) <= delivered


def _cash(events: list[Row], kind: str) -> int:
    return sum(e["amount"] for e in events if e["type"] == kind)


def _over(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _months(
    acts: list[Row], ends: Any, revenue: Any, movements: Any, as_of: date, delivered: set[date]
) -> Iterator[tuple[Any, ...]]:
    for currency in {e["currency"] for e in acts}:
        own = [e for e in acts if e["currency"] == currency]
        for month in _months_between(min(e["day"] for e in own), as_of):
            before, end = month - A_DAY, _end(month, as_of)
            moved = [m for m in movements if m[2] == currency and _month(m[0]) == month]
            sums = {
                name: sum(abs(m[6]) for m in moved if m[3] == name)
                for name in ("new", "expansion", "reactivation", "contraction", "churn")
            }
            counts = {name: sum(m[3] == name for m in moved) for name in sums}
            both = [(days.get(before, 0), days.get(end, 0)) for (_, c), days in revenue.items() if c == currency]
            opening, closing = sum(o for o, _ in both), sum(c for _, c in both)
            opened, closed = sum(o > 0 for o, _ in both), sum(c > 0 for _, c in both)
            lost = [o for o, c in both if o > 0 and c == 0]
            paused = {
                states[end][0] for states in ends.values()
                if end in states and states[end][1:3] == (currency, "paused") and not revenue[states[end][0], currency].get(end, 0)
            }  # fmt: skip
            logo, arpa = _over(len(lost), opened), _over(closing, closed)
            in_month = [e for e in own if _month(e["day"]) == month]
            yield (
                month, currency, opening, sums["new"], sums["expansion"], sums["reactivation"], sums["contraction"], sums["churn"],
                closing, opened, counts["new"], counts["reactivation"], counts["churn"], closed, len(lost), len(paused),
                _over(sum(c for o, c in both if o > 0), opening), _over(sum(min(o, c) for o, c in both), opening), logo,
                _over(sum(lost), opening), arpa, _over(arpa, logo) if arpa is not None and logo is not None else None,
                _cash(in_month, "payment"), _cash(in_month, "refund"), _complete(month, delivered),
            )  # fmt: skip


def _cohorts(acts: list[Row], revenue: Any, as_of: date, delivered: set[date]) -> Iterator[tuple[Any, ...]]:
    firsts: dict[tuple[str, str], date] = {}
    for event in acts:
        if event["type"] not in CASH:
            of = (event["customer"], event["currency"])
            firsts[of] = min(firsts.get(of, as_of), event["day"])
    for cohort, currency in {(_month(day), of[1]) for of, day in firsts.items()}:
        members = [of for of, day in firsts.items() if (_month(day), of[1]) == (cohort, currency)]
        for period, month in enumerate(_months_between(cohort, as_of)):
            end = _end(month, as_of)
            mrr = [revenue[of].get(end, 0) for of in members]
            active = sum(m > 0 for m in mrr)
            paid = [e for e in acts if (e["customer"], e["currency"]) in members and e["day"] <= end]
            cash, size = _cash(paid, "payment") - _cash(paid, "refund"), len(members)
            yield (
                cohort, currency, period, size, active, active / size, sum(mrr), cash, cash / size, _complete(month, delivered)
            )  # fmt: skip
