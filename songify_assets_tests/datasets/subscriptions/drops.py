"""Random events of subscriptions: late, repeated, moved, voided and corrected ones, some that must be refused."""

import random
from datetime import UTC, date, datetime, timedelta

from songify_assets_tests.datasets.drop import Drop, Record

FIRST, DAYS = date(2021, 12, 20), 75
EVENTS, PLANS = "subscription_events.csv", "plans.csv"
HEADERS = {
    PLANS: ["plan_id", "name", "interval", "interval_count", "price", "currency"],
    EVENTS: [
        "event_id", "subscription_id", "customer_id", "type", "plan_id", "quantity", "amount", "currency",
        "occurred_at", "effective_at",
    ],
}  # fmt: skip
TYPES = [
    "trial", "sign_up", "sign_up", "renewal", "resume", "reactivation", "pause", "cancellation", "upgrade", "downgrade",
    "price_change", "payment", "refund", "void", "gift",
]  # fmt: skip
AMOUNTS = {
    "SEK": ["12.50", "100", "0", "-3", "7.005"],
    "JPY": ["100", "1.5", "7.0"],
    "KWD": ["1.234", "0.001"],
    "XTS": ["1"],
}


def drawn(chance: random.Random) -> list[Drop]:
    """Some drops in random order of arrival, corrections among them."""
    drops = [_drop(chance, chance.choice([EVENTS, EVENTS, EVENTS, PLANS])) for _ in range(chance.randint(3, 12))]
    again = [chance.choice(drops) for _ in range(chance.randint(0, 3))]
    return drops + [Drop(drop.file, drop.delivered_on, _drop(chance, drop.file).records) for drop in again]


def _drop(chance: random.Random, file: str) -> Drop:
    day = FIRST + timedelta(days=chance.randrange(DAYS))
    if file == PLANS:
        plans = {plan: _plan(chance, plan) for plan in ("basic", "pro", "year") if chance.random() < 0.8}
        return Drop(file, day, tuple(plans.values()))
    return Drop(file, day, tuple(_event(chance, day) for _ in range(chance.randint(0, 14))))


def _plan(chance: random.Random, plan: str) -> Record:
    currency = chance.choice(["SEK", "SEK", "JPY"])
    return {
        "plan_id": plan, "name": plan.title(), "interval": chance.choice(["day", "week", "month", "month", "year", "term"]),
        "interval_count": chance.choice([1, 1, 2, 3, 0]), "price": chance.choice(["99", "100.00", "7"]), "currency": currency,
    }  # fmt: skip


def _moment(chance: random.Random, day: date) -> datetime:
    back = chance.choice([0, 0, 0, 1, 5, 40])
    hour = chance.choice([0, 9, 9, 22, 23])
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC) - timedelta(days=back)


def _event(chance: random.Random, day: date) -> Record:
    currency = chance.choice(["SEK", "SEK", "SEK", "JPY", "KWD", "XTS"] if chance.random() < 0.5 else ["SEK"])
    occurred = _moment(chance, day)
    effective = chance.choice([None, None, None, occurred + timedelta(days=chance.choice([0, 3, 30, -2]))])
    of = chance.randrange(4)
    return {
        "event_id": f"E{chance.randrange(30)}", "subscription_id": f"S{of}" if chance.random() < 0.98 else "",
        "customer_id": f"C{of // 2}" if chance.random() < 0.9 else "C9", "type": chance.choice(TYPES),
        "plan_id": chance.choice(["", "", "basic", "pro", " PRO ", "year", "lost"]),
        "quantity": chance.choice(["", "", "", "1", "2", "0", "-1"]), "amount": chance.choice(["", "", *AMOUNTS[currency]]),
        "currency": currency, "occurred_at": occurred.isoformat(), "effective_at": effective.isoformat() if effective else "",
    }  # fmt: skip
