"""The state of a subscription at the end of each day, from its events."""

import polars as pl

from songify_assets.foundation.keys import stable_hash
from songify_assets.foundation.money import MOST, half_up
from songify_assets.foundation.versions.as_of import as_of as looked_up

CASH = ("payment", "refund")
STATUS = {
    "trial": "trialing", "sign_up": "active", "renewal": "active", "resume": "active", "reactivation": "active",
    "pause": "paused", "cancellation": "cancelled",
}  # fmt: skip
STATUSES = pl.Enum(["trialing", "active", "paused", "cancelled"])
A_YEAR = {"day": 365, "week": 52, "month": 12, "year": 1}
MONTHS = 12
NONE, UNKNOWN = "", -1  # what no plan, quantity or amount can be
STATE = ["customer_key", "currency", "status", "plan_key", "quantity", "mrr_minor"]


def keep_events(delivered: pl.LazyFrame, plans: pl.LazyFrame) -> pl.LazyFrame:
    """The events that were not taken back, with the plans that they name as of their day."""
    dated = delivered.filter(pl.col("type") != "void")
    take = {
        "interval": "plan_interval", "interval_count": "plan_interval_count",
        "price_minor": "list_price_minor", "currency": "list_currency",
    }  # fmt: skip
    return looked_up(dated, plans, key={"plan_key": "plan_key"}, day="event_date", take=take)


def acting(events: pl.LazyFrame, newest: pl.LazyFrame, zone: str) -> pl.LazyFrame:
    """Events with the instant (`acts_at`) and the local day (`day`) on which they act, up to the newest delivery date."""
    acts_at = pl.coalesce("effective_at", "occurred_at")
    dated = events.with_columns(acts_at=acts_at, day=acts_at.dt.convert_time_zone(zone).dt.date())
    return dated.join(newest, how="cross").filter(pl.col("day") <= pl.col("as_of"))


def list_periods(acts: pl.LazyFrame) -> pl.LazyFrame:
    """Days in a row that end in one state of a subscription, from events that act (`acting`).

    Monthly recurring revenue is amount x intervals a year / (12 x interval_count), half up, while the subscription is active.
    """
    changes = _changes(acts.filter(~pl.col("type").is_in(CASH)))
    states = _states(changes.sort("of", "acts_at", "event_key").drop("acts_at", "event_key"))
    of, day = pl.col("of"), pl.col("day")
    ends = states.filter(((of != of.shift(-1)) | (day != day.shift(-1))).fill_null(True))
    same = [pl.col(name) == pl.col(name).shift(1) for name in ("of", *STATE)]
    periods = ends.filter(~pl.all_horizontal(same).fill_null(False))
    return periods.select(
        "subscription_key", "customer_key", pl.col("currency", "status").cast(pl.String),
        plan_key=pl.when(pl.col("plan_key") != NONE).then(pl.col("plan_key").cast(pl.String)),
        quantity=pl.when(pl.col("quantity") != UNKNOWN).then("quantity"),
        mrr_minor="mrr_minor", valid_from=day,
        valid_to=pl.when(of == of.shift(-1)).then(day.shift(-1)),
    )  # fmt: skip


def _changes(events: pl.LazyFrame) -> pl.LazyFrame:
    """What each event sets of the state of its subscription; null is what it leaves as it was.

    Few texts for many rows are categories, and a subscription is known by a hash: all of it has to be sorted in memory.
    """
    has_plan = pl.col("plan_key").is_not_null()
    many = pl.col("quantity").fill_null(1)
    price = pl.col("list_price_minor").cast(pl.Int128) * many
    listed = pl.when((pl.col("list_currency") == pl.col("currency")) & (price <= MOST)).then(price).cast(pl.Int64)
    factor = pl.col("plan_interval").replace_strict(A_YEAR, default=0, return_dtype=pl.Int32)
    return events.select(
        "subscription_key", "customer_key", "event_key", "acts_at", "day", pl.col("currency").cast(pl.Categorical),
        of=stable_hash("subscription_key", bits=64),
        status=pl.col("type").replace_strict(STATUS, default=None, return_dtype=STATUSES),
        plan_key=pl.col("plan_key").cast(pl.Categorical),
        quantity=pl.when(has_plan).then(many).otherwise("quantity"),
        amount=pl.when(has_plan).then(pl.coalesce("amount_minor", listed, pl.lit(UNKNOWN, pl.Int64))).otherwise("amount_minor"),
        a_year=pl.when(has_plan).then(factor.fill_null(0)),
        count=pl.when(has_plan).then(pl.col("plan_interval_count").fill_null(1)),
    )  # fmt: skip


def _states(changes: pl.LazyFrame) -> pl.LazyFrame:
    """The state of the subscription after each event; events are in order. What an event does not set stays as it was.

    The first event of a subscription sets all, so that nothing is carried over from the one before.
    """
    begins = (pl.col("of") != pl.col("of").shift(1)).fill_null(True)
    first = {
        "status": pl.lit("active", STATUSES), "plan_key": pl.lit(NONE, pl.Categorical), "quantity": pl.lit(UNKNOWN, pl.Int64),
        "amount": pl.lit(UNKNOWN, pl.Int64), "a_year": pl.lit(0, pl.Int32), "count": pl.lit(1, pl.Int64),
    }  # fmt: skip
    begun = {
        name: pl.when(begins & pl.col(name).is_null()).then(value).otherwise(name) for name, value in first.items()
    }
    filled = changes.with_columns(**begun).with_columns(pl.col(*first).forward_fill())
    pays = (pl.col("status") == "active") & (pl.col("amount") > 0)
    yearly = pl.col("amount").cast(pl.Int128) * pl.col("a_year")
    mrr = half_up(yearly, MONTHS * pl.col("count").cast(pl.Int128))
    return filled.with_columns(mrr_minor=pl.when(pays).then(mrr).otherwise(0)).drop("amount", "a_year", "count")
