"""What must be true of the subscriptions tables, or is odd enough to be shown."""

import polars as pl

from songify_assets.orchestration.declare.checks import Check

MRR, PERIODS, MOVEMENTS = "subscriptions/mrr", "subscriptions/periods", "subscriptions/mrr_movements"


def waterfalls_off(months: pl.LazyFrame) -> pl.LazyFrame:
    """Months whose opening and movements do not add up to their closing, of revenue or of customers' movements."""
    flows = ["opening_minor", "new_minor", "expansion_minor", "reactivation_minor"]
    moved = pl.sum_horizontal(flows) - pl.col("contraction_minor") - pl.col("churn_minor")
    came = pl.sum_horizontal("opening_customers", "new_customers", "reactivated_customers") - pl.col(
        "churned_customers"
    )
    return months.filter((moved != pl.col("closing_minor")) | (came != pl.col("closing_customers")))


def openings_off(months: pl.LazyFrame) -> pl.LazyFrame:
    """Months that do not open with what the month before closed with; the first of a currency opens with nothing."""
    ordered = months.sort("currency", "month")
    wrong = [
        pl.col(f"opening_{name}") != pl.col(f"closing_{name}").shift(1).over("currency").fill_null(0)
        for name in ("minor", "customers")
    ]
    return ordered.filter(pl.any_horizontal(wrong))


def closings_off(months: pl.LazyFrame, periods: pl.LazyFrame) -> pl.LazyFrame:
    """Currencies whose newest closing is not the recurring revenue of the states that are current."""
    current = periods.filter(pl.col("valid_to").is_null()).group_by("currency").agg(pl.col("mrr_minor").sum())
    newest = months.sort("month").group_by("currency").agg(pl.col("closing_minor").last())
    both = newest.join(current, on="currency", how="left")
    return both.filter(pl.col("closing_minor") != pl.col("mrr_minor").fill_null(0))


def movements_off(movements: pl.LazyFrame) -> pl.LazyFrame:
    """Movements that do not begin where the customer's movement before ended, or whose amount is not the difference."""
    of = ["customer_key", "currency"]
    before = pl.col("after_minor").shift(1).over(of).fill_null(0)
    wrong = (pl.col("before_minor") != before) | (
        pl.col("after_minor") - pl.col("before_minor") != pl.col("amount_minor")
    )
    return movements.sort(*of, "date").filter(wrong)


def cohorts_off(cohorts: pl.LazyFrame, months: pl.LazyFrame) -> pl.LazyFrame:
    """Months and currencies whose cohorts' recurring revenue or customers do not add up to those of the month."""
    month = pl.col("cohort").dt.offset_by(pl.format("{}mo", "period"))
    sums = cohorts.group_by("currency", month=month).agg(pl.col("mrr_minor", "active_customers").sum())
    both = months.join(sums, on=["currency", "month"], how="left")
    wrong = [
        pl.col(mine) != pl.col(other).fill_null(0)
        for mine, other in (("closing_minor", "mrr_minor"), ("closing_customers", "active_customers"))
    ]
    return both.filter(pl.any_horizontal(wrong))


def of_unknown_plans(events: pl.LazyFrame) -> pl.LazyFrame:
    """Events with a plan that no dump has."""
    return events.filter(pl.col("plan_key").is_not_null() & pl.col("plan_interval").is_null()).select(
        "event_date", "event_key", "plan_key"
    )


def without_amount(periods: pl.LazyFrame) -> pl.LazyFrame:
    """Active periods without recurring revenue: the plan or the amount is unknown, or it is free."""
    return periods.filter(pl.col("status") == "active", pl.col("mrr_minor") == 0)


CHECKS = (
    Check(
        "subscriptions/subscription_events", "known_plans", "The plan of every event is in the plans dump.", of_unknown_plans
    ),
    Check(PERIODS, "active_pays", "Who is active pays something.", without_amount),
    Check(
        MOVEMENTS, "movements_follow", "Every movement begins where the one before ended.", movements_off,
        severity="error", blocking=True,
    ),
    Check(
        MRR, "waterfall_adds_up", "Opening and movements add up to closing, of revenue and of customers.", waterfalls_off,
        severity="error", blocking=True,
    ),
    Check(
        MRR, "opening_is_closing_before", "A month opens with what the one before closed with.", openings_off,
        severity="error", blocking=True,
    ),
    Check(
        MRR, "closing_is_current", "The newest closing is the recurring revenue of the current states.", closings_off,
        reads=[PERIODS], severity="error", blocking=True,
    ),
    Check(
        "subscriptions/cohorts", "cohorts_add_up", "The cohorts of a month add up to its recurring revenue.", cohorts_off,
        reads=[MRR], severity="error", blocking=True,
    ),
)  # fmt: skip
