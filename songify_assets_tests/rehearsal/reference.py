"""A plain, slow reference of the rehearsal's tables: what they must hold, given what was delivered last."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from songify_assets_tests.rehearsal.drops import Drop, Record

STOCKHOLM = ZoneInfo("Europe/Stockholm")
PLACES = {"SEK": 2, "JPY": 0, "KWD": 3}
Tables = dict[str, list[tuple[Any, ...]]]


def tables(arrived: Sequence[Drop]) -> Tables:
    """All tables, whatever the order in which the drops came; of one file the last counts."""
    files = {(drop.feed, drop.delivered_on, drop.slot): drop for drop in arrived}
    last = [files[key] for key in sorted(files)]
    orders, costs = _orders(last), _costs(last)
    clicks = {}
    for _, record in _of(last, "clicks"):
        moment = datetime.fromtimestamp(record["ts"] / 1000, UTC)
        user = (record["user"] or {}).get("id")
        bought = sum(action["type"] == "buy" for action in record["actions"] or [])
        clicks[(record["id"], moment)] = (moment.astimezone(STOCKHOLM).date(), record["id"], user, bought)
    return {
        "orders": orders,
        "balances": _balances(orders),
        "clicks": list(clicks.values()),
        "clicks_monthly": _counted(day.replace(day=1) for day, *_ in clicks.values()),
        "active_users": _active([(day, user) for day, _, user, _ in clicks.values()]),
        "costs": costs,
        "cost_changes": _changes(costs),
        "items": list({r["item_id"]: (r["item_id"], r["name"]) for _, r in _of(last, "items")}.values()),
        "ages": [(key, (as_of - day).days) for day, key, *_ in orders for as_of in _as_of(last)],
        "visits": _visits(last),
        "delivered": _delivered(last),
        "rated": [(len({key for key, _, _ in _rates(last)}),)] if any(drop.feed == "rates" for drop in last) else [],
    }


def _of(last: Sequence[Drop], feed: str) -> Iterator[tuple[Drop, Record]]:
    """All records of a feed, by delivery date, file and position."""
    return ((drop, record) for drop in last if drop.feed == feed for record in drop.records)


def _as_of(last: Sequence[Drop]) -> list[date]:
    return [max(days)] if (days := [drop.delivered_on for drop in last if drop.feed in ("orders", "costs")]) else []


def _minor(amount: str, currency: str) -> int | None:
    """The minor units, None for what does not fit."""
    if currency.upper() not in PLACES or ("." in amount and "," in amount):
        return None
    scaled = Decimal(amount.replace(",", ".")).scaleb(PLACES[currency.upper()])
    return int(scaled) if scaled == int(scaled) else None


def _orders(last: Sequence[Drop]) -> list[tuple[Any, ...]]:
    newest: dict[str, tuple[Any, ...]] = {}
    for drop, record in _of(last, "orders"):
        minor = _minor(record["amount"], record["currency"])
        if minor is None:
            continue
        placed = datetime.fromisoformat(record["placed_at"]).replace(tzinfo=STOCKHOLM)
        country, currency = record["country"].lower(), record["currency"].upper()
        newest[record["order_id"].lower()] = (
            placed.date(), record["order_id"].lower(), record["customer"].strip().lower(), country,
            placed.astimezone(UTC), minor, currency, {"yes": True, "0": False, "": None}[record["gift"]],
            _rate(last, (country, currency.lower()), placed.date()), drop.delivered_on,
        )  # fmt: skip
    return list(newest.values())


def _rate(last: Sequence[Drop], key: tuple[str, str], day: date) -> Decimal | None:
    """The rate as of a day: of the newest dump up to it that has the key, or else of the first one that has it."""
    versions = [(since, rate) for of, since, rate in _rates(last) if of == key]
    seen = [rate for since, rate in versions if since <= day]
    return seen[-1] if seen else versions[0][1] if versions else None


def _rates(last: Sequence[Drop]) -> list[tuple[tuple[str, str], date, Decimal]]:
    """Each rate that is not refused: its country and currency, the day of the dump, and what it is."""
    return [
        ((record["country"].lower(), record["currency"].lower()), drop.delivered_on, Decimal(record["rate"]))
        for drop, record in _of(last, "rates")
        if len(record["rate"].rstrip("0")) <= 6
    ]


def _delivered(last: Sequence[Drop]) -> list[tuple[Any, ...]]:
    held: dict[date, set[str]] = defaultdict(set)
    for drop, record in _of(last, "orders"):
        if _minor(record["amount"], record["currency"]) is not None:
            held[drop.delivered_on].add(record["order_id"].lower())
    return [(day, len(orders)) for day, orders in held.items()]


def _balances(orders: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    days = {(day, customer, currency) for day, _, customer, _, _, _, currency, *_ in orders}
    rows = []
    for day, customer, currency in days:
        own = [o[5] for o in orders if (o[2], o[6]) == (customer, currency) and o[0] <= day]
        rows.append((day, customer, currency, len(own), sum(own)))
    return rows


def _costs(last: Sequence[Drop]) -> list[tuple[Any, ...]]:
    reports: dict[tuple[date, str], dict[str, Any]] = {}
    for drop, record in _of(last, "costs"):
        minor = _minor(record["Cost"], record["Currency"])
        if minor is None or "." not in record["Date"]:
            continue
        day = datetime.strptime(record["Date"], "%d.%m.%Y").replace(tzinfo=UTC).date()
        report = reports.setdefault((day, record["Account"].lower()), {})
        if report.get("of") != drop.delivered_on:
            report.clear()
        campaign = record["Campaign ID"].lower()
        report |= {"of": drop.delivered_on, campaign: (campaign, record["Currency"], minor)}
    return [
        (day, account, *row, report["of"])
        for (day, account), report in reports.items()
        for campaign, row in report.items()
        if campaign != "of"
    ]


def _changes(costs: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    sums: dict[tuple[date, str, str], int] = defaultdict(int)
    for day, account, _, currency, minor, _ in costs:
        sums[(day, account, currency)] += minor
    before = timedelta(days=1)
    return [(day, *of, minor, sums.get((day - before, *of), 0)) for (day, *of), minor in sums.items()]


def _active(clicks: list[tuple[date, str | None]]) -> list[tuple[Any, ...]]:
    rows = []
    for end in {day for day, _ in clicks}:
        users = {user for day, user in clicks if user and end - timedelta(days=28) < day <= end}
        rows.append((end, len(users)))
    return rows


def _counted(months: Iterator[date]) -> list[tuple[Any, ...]]:
    counts: dict[date, int] = defaultdict(int)
    for month in months:
        counts[month] += 1
    return list(counts.items())


def _visits(last: Sequence[Drop]) -> list[tuple[Any, ...]]:
    rows = []
    for day in {drop.delivered_on for drop, _ in _of(last, "visits")}:
        pages = [
            r["page count"] for drop, r in _of(last, "visits") if drop.delivered_on == day and r["page count"] >= 0
        ]
        rows += [(day, len(pages), sum(pages))] if pages else []
    return rows
