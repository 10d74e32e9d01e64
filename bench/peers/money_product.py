"""The product's transforms of money: JOB SOURCE OUT."""

import sys
from datetime import date
from pathlib import Path

import polars as pl

from songify_assets.datasets.marketing.transforms.credits import CREDITED, credit_by_place, credit_touches
from songify_assets.datasets.payments.transforms.balances import balance
from songify_assets.datasets.payments.transforms.items import reconcile, sum_up
from songify_assets.datasets.subscriptions.transforms.cohorts import list_cohorts
from songify_assets.datasets.subscriptions.transforms.months import list_months
from songify_assets.datasets.subscriptions.transforms.movements import find_movements
from songify_assets.datasets.subscriptions.transforms.states import acting, list_periods
from songify_assets.foundation.chains import BAD, GOOD, START, removal_effects
from songify_assets.foundation.parquet import sink
from songify_assets.foundation.sums import steady_sum

ZONE, AS_OF = "Europe/Stockholm", date(2022, 12, 31)
CREDIT = [
    "conversion_key",
    "conversion_date",
    "model",
    "position",
    "touch_key",
    "channel",
    "currency",
    "share",
    "credit_minor",
]


def subscriptions(source: Path, out: Path) -> None:
    """States, movements, months and cohorts, each from the files of those before."""
    events, newest = pl.scan_parquet(source / "events.parquet"), pl.LazyFrame({"as_of": [AS_OF]})

    def stored(name: str, rows: pl.LazyFrame) -> pl.LazyFrame:
        sink(rows, out / f"{name}.parquet")
        return pl.scan_parquet(out / f"{name}.parquet")

    acts = acting(events, newest, ZONE)
    periods = stored("periods", list_periods(acts))
    movements = stored("mrr_movements", find_movements(periods))
    stored("mrr", list_months(acts, periods, movements, newest, []))
    stored("cohorts", list_cohorts(acts, movements, newest, []))


def payments(source: Path, out: Path) -> None:
    """Items, what they come to a month, and balances."""
    names = ("invoices", "gateway_transactions", "gateway_payouts", "bank_lines")
    invoices, transactions, payouts, lines = (pl.scan_parquet(source / f"{name}.parquet") for name in names)
    newest = pl.LazyFrame({"as_of": [AS_OF]})
    sink(reconcile(invoices, transactions, payouts, lines, newest), out / "items.parquet")
    sink(sum_up(pl.scan_parquet(out / "items.parquet")), out / "reconciliation.parquet")
    sink(balance(transactions, payouts, newest), out / "gateway_balances.parquet")


def credits(source: Path, out: Path) -> None:
    """Credits of six models."""
    both = (pl.scan_parquet(source / f"{name}.parquet") for name in ("conversions", "touches"))
    sink(credit_touches(*both).select(CREDIT), out / "credits.parquet")


def markov(source: Path, out: Path) -> None:
    """Removal effects of grouped paths."""
    paths = pl.scan_parquet(source / "paths.parquet")
    ends = [
        paths.filter(pl.col(times) > 0).select(
            times=pl.col(times), before=pl.concat_list(pl.lit([START]), "steps"), after=pl.concat_list("steps", pl.lit([end]))
        )
        for times, end in (("good", GOOD), ("bad", BAD))
    ]  # fmt: skip
    steps = (
        pl.concat(ends)
        .explode("before", "after")
        .group_by(pl.col("before").alias("from"), to="after")
        .agg(pl.col("times").sum())
    )
    sink(removal_effects(steps.with_columns(of=pl.lit(1)), ["of"]), out / "effects.parquet")


def heuristics(source: Path, out: Path) -> None:
    """What the first touch, the last touch and all touches alike get of grouped paths: as many sales as ended such a path."""
    paths = pl.scan_parquet(source / "paths.parquet").filter(pl.col("good") > 0).with_row_index("of")
    length = pl.col("steps").list.len().cast(pl.Int64)
    touches = (
        paths.select("of", length=length, place=pl.int_ranges(1, length + 1), channel="steps", value_minor="good")
        .explode("place", "channel")
        .with_columns(pl.lit(None).alias(name) for name in CREDITED if name not in ("of", "channel"))
    )
    credits = credit_by_place(touches).join(paths.select("of", times="good"), on="of")
    sums = credits.group_by("model", "channel").agg(conversions=steady_sum(pl.col("share") * pl.col("times")))
    sink(sums, out / "heuristics.parquet")


if __name__ == "__main__":
    job, *places = sys.argv[1:]
    jobs = {
        "subscriptions": subscriptions,
        "payments": payments,
        "credits": credits,
        "markov": markov,
        "heuristics": heuristics,
    }
    jobs[job](*map(Path, places))
