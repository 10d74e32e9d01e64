"""The state of a subscription at the end of each day, from its events."""

import polars as pl

from songify_assets.foundation.money import MOST, half_up
from songify_assets.foundation.versions.as_of import as_of as looked_up

CASH = ("payment", "refund")
STATUS = {
    "trial": "trialing", "sign_up": "active", "renewal": "active", "resume": "active", "reactivation": "active",
    "pause": "paused", "cancellation": "cancelled",
}  # fmt: skip
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
    return looked_up(dated, plans, key={"plan_key": pl.col("plan_key")}, day="event_date", take=take)


def acting(events: pl.LazyFrame, newest: pl.LazyFrame, zone: str) -> pl.LazyFrame:
    """Events with the instant (`acts_at`) and the local day (`day`) on which they act, up to the newest delivery date."""
    acts_at = pl.coalesce("effective_at", "occurred_at")
    dated = events.with_columns(acts_at=acts_at, day=acts_at.dt.convert_time_zone(zone).dt.date())
    return dated.join(newest, how="cross").filter(pl.col("day") <= pl.col("as_of"))


def list_periods(acts: pl.LazyFrame) -> pl.LazyFrame:
    """Days in a row that end in one state of a subscription, from events that act (`acting`).

    Monthly recurring revenue is amount x intervals a year / (12 x interval_count), half up, while the subscription is active.
    """
    states = _with_states(acts.filter(~pl.col("type").is_in(CASH)).sort("subscription_key", "acts_at", "event_key"))
    of, day = pl.col("subscription_key"), pl.col("day")
    ends = states.filter(((of != of.shift(-1)) | (day != day.shift(-1))).fill_null(True))
    same = [pl.col(name) == pl.col(name).shift(1) for name in ("subscription_key", *STATE)]
    periods = ends.filter(~pl.all_horizontal(same).fill_null(False))
    return periods.select(
        of, "customer_key", "currency", "status",
        plan_key=pl.when(pl.col("plan_key") != NONE).then("plan_key"),
        quantity=pl.when(pl.col("quantity") != UNKNOWN).then("quantity"),
        mrr_minor="mrr_minor", valid_from=day,
        valid_to=pl.when(of == of.shift(-1)).then(day.shift(-1)),
    )  # fmt: skip


def _with_states(events: pl.LazyFrame) -> pl.LazyFrame:
    """The state of the subscription after each event; events are in order. What an event does not set stays as it was.

    The first event of a subscription sets all, so that nothing is carried over from the one before.
    """
    begins = (pl.col("subscription_key") != pl.col("subscription_key").shift(1)).fill_null(True)
    has_plan = pl.col("plan_key").is_not_null()
    many = pl.col("quantity").fill_null(1)
    price = pl.col("list_price_minor").cast(pl.Int128) * many
    listed = pl.when((pl.col("list_currency") == pl.col("currency")) & (price <= MOST)).then(price).cast(pl.Int64)
    of_plan = pl.coalesce("amount_minor", listed, pl.lit(UNKNOWN, pl.Int64))
    factor = pl.col("plan_interval").replace_strict(A_YEAR, default=0, return_dtype=pl.Int64)
    sets = {
        "status": pl.col("type").replace_strict(STATUS, default=None, return_dtype=pl.String),
        "plan_key": pl.col("plan_key"),
        "quantity": pl.when(has_plan).then(many).otherwise("quantity"),
        "amount": pl.when(has_plan).then(of_plan).otherwise("amount_minor"),
        "a_year": pl.when(has_plan).then(factor.fill_null(0)),
        "count": pl.when(has_plan).then(pl.col("plan_interval_count").fill_null(1)),
    }
    first = {"status": "active", "plan_key": NONE, "quantity": UNKNOWN, "amount": UNKNOWN, "a_year": 0, "count": 1}
    begun = {
        name: pl.when(begins & value.is_null()).then(pl.lit(first[name])).otherwise(value)
        for name, value in sets.items()
    }
    filled = events.select("subscription_key", "customer_key", "currency", "day", **begun).with_columns(
        pl.col(*sets).forward_fill()
    )
    pays = (pl.col("status") == "active") & (pl.col("amount") > 0)
    yearly = pl.col("amount").cast(pl.Int128) * pl.col("a_year")
    mrr = half_up(yearly, MONTHS * pl.col("count").cast(pl.Int128))
    return filled.select("subscription_key", "day", *STATE[:-1], mrr_minor=pl.when(pays).then(mrr).otherwise(0))
