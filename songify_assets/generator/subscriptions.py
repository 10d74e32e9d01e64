"""A subscription service: plans, and what happens to each subscription in the year after it began."""

from functools import partial

import numpy as np
import polars as pl

from songify_assets.generator.chance import Index, Mask, pick, uniform
from songify_assets.generator.feeds import Drop, Feed
from songify_assets.generator.money import CURRENCIES, instants, major
from songify_assets.generator.plan import Plan, Span
from songify_assets.generator.texts import choose, joined

SIGN_UPS = 30  # a day
_INTERVALS = ("month", "month", "year", "week")
_PLANS = len(_INTERVALS) * len(CURRENCIES)
TRIAL, SIGN_UP, PAYMENT, UPGRADE, PAUSE, RESUME, CANCEL, REFUND, VOID = range(9)
_TYPES = ("trial", "sign_up", "payment", "upgrade", "pause", "resume", "cancellation", "refund", "void")
# What may happen so many days after a subscription began.
_LIFE = {
    0: TRIAL, 7: SIGN_UP, 9: PAYMENT, 40: PAYMENT, 45: UPGRADE, 70: PAYMENT, 75: PAUSE, 90: RESUME, 100: PAYMENT, 110: CANCEL,
    130: PAYMENT, 140: REFUND, 160: PAYMENT, 190: PAYMENT, 220: PAYMENT, 250: PAYMENT, 280: PAYMENT, 310: PAYMENT, 340: PAYMENT,
}  # fmt: skip
_TOLD_AGAIN = 2  # days later, corrected, moved to the next day, or voided

PLANS_FEED = Feed(
    "plans", "csv", key="plan_id", text="name", number="price", conflicting=(pl.lit("Conflicting").alias("name"),)
)
EVENTS_FEED = Feed(
    "subscription_events", "csv", full_dump=False, key="event_id", text="subscription_id", number="quantity",
    impossible=((-1 - pl.col("quantity").fill_null(0)).alias("quantity"),),
)  # fmt: skip


def drops(plan: Plan, day: int) -> list[Drop]:
    """What the billing system delivers for a day: events of the day, a day late, and told again."""
    many = plan.linear(SIGN_UPS)
    born = sorted({day - age - lag for age in _LIFE for lag in (0, 1, _TOLD_AGAIN) if day >= age + lag})
    return [
        Drop(PLANS_FEED, "plans.csv", day, [Span(day, 0, _PLANS)], _plans),
        Drop(
            EVENTS_FEED, "subscription_events.csv", day, [Span(birth, 0, many) for birth in born],
            partial(_events, today=day), present=partial(_told, today=day),
        ),
    ]  # fmt: skip


def _plans(plan: Plan, day: int, index: Index) -> pl.DataFrame:
    currency = index % len(CURRENCIES)
    # A plan becomes dearer every 90 days or so.
    price = (900 + 100 * (index // len(CURRENCIES)) + pick(plan.seed, "price", index, 500)) * 10 + (
        day + index * 7
    ) // 90 * 1000
    return pl.DataFrame(
        {
            "plan_id": joined("P", pl.Series(index)),
            "name": joined(choose(("Basic", "Pro", "Year", "Week"), index // len(CURRENCIES)), " ", pl.Series(index)),
            "interval": choose(_INTERVALS, index // len(CURRENCIES)),
            "interval_count": np.ones(len(index), dtype=np.int64),
            "price": major(price, currency),
            "currency": choose(CURRENCIES, index),
        }
    )


def _lag(plan: Plan, born: int, index: Index, age: int) -> tuple[Mask, Mask, Mask]:
    """Whether each event is told on its day, a day later, and again two days later."""
    late = uniform(plan.seed, f"late subscription {age}", index, born) < plan.share("late")
    again = uniform(plan.seed, f"again subscription {age}", index, born) < plan.share("restated")
    return ~late, late, again


def _told(plan: Plan, born: int, index: Index, *, today: int) -> Mask:
    """Which subscriptions that began on a day have an event in the delivery of today."""
    told = np.full(len(index), False)
    for lag in (0, 1, _TOLD_AGAIN):
        if (age := today - born - lag) in _LIFE:
            told |= _lag(plan, born, index, age)[(0, 1, _TOLD_AGAIN).index(lag)] & _happens(plan, born, index, age)
    return told


def _happens(plan: Plan, born: int, index: Index, age: int) -> Mask:
    def share(what: str) -> np.ndarray:
        return uniform(plan.seed, f"subscription {what}", index, born)

    stays = share("stays") < 0.8  # after the trial
    pauses, cancels = stays & (share("pauses") < 0.06), stays & (share("cancels") < 0.25)
    is_away = cancels & (age > 110)
    happens: dict[int, Mask] = {
        TRIAL: np.full(len(index), True), SIGN_UP: stays, PAYMENT: stays & ~is_away, UPGRADE: stays & (share("upgrades") < 0.15),
        PAUSE: pauses, RESUME: pauses & (share("resumes") < 0.7), CANCEL: cancels, REFUND: stays & (share("refunds") < 0.03),
    }  # fmt: skip
    return happens[_LIFE[age]]


def _events(plan: Plan, born: int, index: Index, *, today: int) -> pl.DataFrame:
    lag = next(lag for lag in (0, 1, _TOLD_AGAIN) if today - born - lag in _LIFE)
    age = today - born - lag
    kind = _LIFE[age]
    chosen = pick(plan.seed, "plan", index, _PLANS, born)
    change = pick(plan.seed, f"restated as {age}", index, 3, born) if lag == _TOLD_AGAIN else np.full(len(index), 9)
    cash = kind in (PAYMENT, REFUND)
    minor = (chosen * 37 % 900 + 100) * 100 + np.where(change == 0, 500, 0)
    with_plan = kind in (TRIAL, SIGN_UP, UPGRADE)
    moved = instants(plan, born + age, "event", index).zip_with(
        pl.Series(change != 1), instants(plan, born + age + 1, "event", index)
    )
    nothing = pl.Series([None] * len(index), dtype=pl.String)
    quantity = pl.Series(1 + pick(plan.seed, "quantity", index, 20, born) // 19)
    return pl.DataFrame(
        {
            "event_id": joined(f"E{born}-{age}-", pl.Series(index)),
            "subscription_id": joined(f"S{born}-", pl.Series(index)),
            "customer_id": joined(f"C{born}-", pl.Series(index * 9 // 10)),
            "type": choose(_TYPES, np.where(change == 2, VOID, kind)),
            "plan_id": joined("P", pl.Series(_next_plan(chosen) if kind == UPGRADE else chosen))
            if with_plan
            else nothing,
            "quantity": quantity if with_plan else pl.Series([None] * len(index), dtype=pl.Int64),
            "amount": major(minor, chosen % len(CURRENCIES)) if cash else nothing,
            "currency": choose(CURRENCIES, chosen),
            "occurred_at": moved,
            "effective_at": nothing,
        }
    )


def _next_plan(chosen: Index) -> Index:
    """Another plan in the same currency."""
    return (chosen + len(CURRENCIES)) % _PLANS
