"""Recurring revenue a month: the waterfall, customers, rates and cash."""

from collections.abc import Sequence
from datetime import date

import polars as pl

from songify_assets.datasets.subscriptions.transforms.movements import net_months
from songify_assets.foundation.calendar import days_between, month_of, next_month
from songify_assets.foundation.sums import over

FLOWS = {"new": 1, "expansion": 1, "reactivation": 1, "contraction": -1, "churn": -1}
MOVED = {"new": "new_customers", "reactivation": "reactivated_customers", "churn": "churned_customers"}
WHO = ["customer_key", "currency"]


def list_months(
    acts: pl.LazyFrame,
    periods: pl.LazyFrame,
    movements: pl.LazyFrame,
    newest: pl.LazyFrame,
    delivered: Sequence[date],
) -> pl.LazyFrame:
    """A row for each currency and month from its first event to the newest delivery date; `delivered` are the days with a drop."""
    key = ["month", "currency"]
    month, at = pl.col("month"), pl.col("date").dt.truncate("1mo")
    flows = movements.group_by("currency", month=at).agg(
        *((sign * pl.col("amount_minor").filter(pl.col("movement") == kind).sum()).alias(f"{kind}_minor") for kind, sign in FLOWS.items()),
        *((pl.col("movement") == kind).sum().cast(pl.Int64).alias(name) for kind, name in MOVED.items()),
    )  # fmt: skip
    cash = _cash(acts).cache()
    months = (
        every_month(cash, newest)
        .join(flows, on=key, how="left")
        .join(_net(movements), on=key, how="left")
        .join(cash.drop("first"), on=key, how="left")
        .join(_paused(periods, newest), on=key, how="left")
        .with_columns(pl.col(pl.Int64).fill_null(0))
        .sort("currency", "month")
        .with_columns(closing_minor=pl.col("net").cum_sum().over("currency"), closing_customers=pl.col("joined").cum_sum().over("currency"))
        .with_columns(opening_minor=pl.col("closing_minor") - pl.col("net"), opening_customers=pl.col("closing_customers") - pl.col("joined"))
    )  # fmt: skip
    return months.with_columns(is_complete=month.is_in(complete_months(delivered))).pipe(_rated)


def every_month(months: pl.LazyFrame, newest: pl.LazyFrame) -> pl.LazyFrame:
    """The months of each currency from the first in which an event acts (`first` is the first such day of a month) to the newest
    delivery date."""
    firsts = months.group_by("currency").agg(first=pl.col("first").min().dt.truncate("1mo"))
    spans = firsts.join(newest, how="cross")
    return spans.select("currency", month=pl.date_ranges("first", "as_of", "1mo")).explode("month")


def complete_months(delivered: Sequence[date]) -> list[date]:
    """The months of which every day is among these.

    >>> complete_months(days_between(date(2021, 1, 31), date(2021, 3, 30)))
    [datetime.date(2021, 2, 1)]
    """
    known = set(delivered)
    months = sorted({month_of(day) for day in known})
    return [month for month in months if known.issuperset(days_between(month, next_month(month))[:-1])]


def _net(movements: pl.LazyFrame) -> pl.LazyFrame:
    """What became of the customers whose MRR moved in a month, from its beginning to its end."""
    opening, closing = pl.col("opening"), pl.col("closing")
    came, lost = (opening == 0) & (closing > 0), (opening > 0) & (closing == 0)
    return net_months(movements).group_by("month", "currency").agg(
        net=(closing - opening).sum(),
        joined=came.sum().cast(pl.Int64) - lost.sum().cast(pl.Int64),
        lost_customers=lost.sum().cast(pl.Int64),
        lost=opening.filter(lost).sum(),
        gained=closing.filter(opening == 0).sum(),
        shrunk=pl.max_horizontal(opening - closing, 0).sum(),
    )  # fmt: skip


def _cash(acts: pl.LazyFrame) -> pl.LazyFrame:
    """The cash of each month, and the first day of it on which any event acts."""
    sums = {
        f"{kind}s_minor": pl.col("amount_minor").filter(pl.col("type") == kind).sum() for kind in ("payment", "refund")
    }
    months = acts.select("currency", "day", "type", "amount_minor", month=pl.col("day").dt.truncate("1mo"))
    return months.group_by("currency", "month").agg(**sums, first=pl.col("day").min())


def _paused(periods: pl.LazyFrame, newest: pl.LazyFrame) -> pl.LazyFrame:
    """Customers without MRR at the end of a month of whom some subscription is paused then."""
    last = pl.when(pl.col("valid_to").is_null()).then("as_of").otherwise(pl.col("valid_to").dt.offset_by("-1d"))
    spans = periods.filter(pl.col("status") == "paused").join(newest, how="cross").with_columns(last=last)
    months = spans.with_columns(month=pl.date_ranges(pl.col("valid_from").dt.truncate("1mo"), "last", "1mo")).explode(
        "month"
    )
    ends = pl.min_horizontal(pl.col("month").dt.month_end(), "as_of")
    ended = (
        months.with_columns(end=ends).filter(pl.col("last") >= pl.col("end")).select(*WHO, "month", date="end").unique()
    )
    paying = ended.join(periods.filter(pl.col("mrr_minor") > 0).select(*WHO, "valid_from", "valid_to"), on=WHO)
    until = pl.col("valid_to").is_null() | (pl.col("valid_to") > pl.col("date"))
    without = ended.join(paying.filter(pl.col("valid_from") <= pl.col("date"), until), on=[*WHO, "month"], how="anti")
    return without.group_by("month", "currency").agg(paused_customers=pl.len().cast(pl.Int64))


def _rated(months: pl.LazyFrame) -> pl.LazyFrame:
    opening, closing = pl.col("opening_minor"), pl.col("closing_minor")
    rates = {
        "nrr": over(closing - pl.col("gained"), opening),
        "grr": over(opening - pl.col("shrunk"), opening),
        "logo_churn_rate": over(pl.col("lost_customers"), pl.col("opening_customers")),
        "revenue_churn_rate": over(pl.col("lost"), opening),
        "arpa_minor": over(closing, pl.col("closing_customers")),
    }
    rated = months.with_columns(**rates)
    ltv = over(pl.col("arpa_minor"), pl.col("logo_churn_rate"))
    return rated.with_columns(ltv_minor=ltv).drop("net", "joined", "lost", "gained", "shrunk")
