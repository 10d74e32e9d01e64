"""What computing the money tables takes beside SQL in DuckDB: `python -m bench.money [JOB]... --scale 1`.

Chains have no peer here: what is measured is told beside what others took in docs/performance.md. Each contender is a process that reads the same Parquet files, and writes Parquet; the product's is its transforms alone, without
landing, checks and publication. Results are compared first.
"""

import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated

import duckdb
import polars as pl
import typer

from bench.compare import differences
from bench.homes import environment
from bench.measure import timed

SUMS = {
    "subscriptions": {
        "periods": "count(*), sum(mrr_minor)::BIGINT, max(valid_to)",
        "mrr_movements": "count(*), sum(abs(amount_minor))::BIGINT, count(*) FILTER (movement = 'reactivation')",
        "mrr": "count(*), sum(closing_minor)::BIGINT, sum(churn_minor)::BIGINT, sum(lost_customers)::BIGINT",
        "cohorts": "count(*), sum(active_customers)::BIGINT, sum(revenue_minor)::BIGINT",
    },
    "payments": {
        "items": "count(*), sum(amount_minor)::BIGINT, sum(difference_minor)::BIGINT, sum(days_open)::BIGINT, "
        "sum(hash(level, side, gateway, item_key, item_date, currency, state, match_id, difference_minor, age_bucket))",
        "reconciliation": "count(*), sum(items)::BIGINT, sum(hash(month, level, side, currency, state, items, amount_minor))",
        "gateway_balances": "count(*), sum(opening_minor)::BIGINT, sum(closing_minor)::BIGINT, "
        "sum(hash(month, gateway, payments_minor, refunds_minor, chargebacks_minor, fees_minor, adjustments_minor, payouts_minor))",
    },
    "credits": {"credits": "count(*), sum(credit_minor)::BIGINT, sum(position * credit_minor)::HUGEINT::BIGINT"},
    "heuristics": {
        "heuristics": "count(*), "
        + ", ".join(
            f"sum(conversions * right(channel, 2)::INTEGER) FILTER (model = '{model}')"
            for model in ("first_touch", "last_touch", "linear")
        )
    },
}


@dataclass(frozen=True)
class Job:
    """How its input is made (a folder and a scale), and which module of bench.peers does the same in DuckDB."""

    name: str
    prepare: Callable[[Path, float], None]
    peer: str | None = "money_duckdb"


def _subscriptions(folder: Path, scale: float) -> None:
    """Events of customers over 36 months: ten each."""
    events = round(10_000_000 * scale)
    types = [
        "sign_up",
        "renewal",
        "upgrade",
        "downgrade",
        "pause",
        "resume",
        "cancellation",
        "payment",
        "payment",
        "refund",
    ]
    number = pl.col("number")
    plan = number.hash(2) % 4
    cash = pl.col("type").is_in(["payment", "refund"])
    at = 1_577_836_800_000_000 + (number.hash(3) % (36 * 30 * 86_400)).cast(pl.Int64) * 1_000_000
    has_plan = plan > 0
    rows = pl.LazyFrame({"number": pl.int_range(events, eager=True)}).with_columns(
        type=pl.lit(pl.Series(types)).gather(number.hash(1) % len(types)), customer=(number.hash(4) % max(events // 10, 1)).cast(pl.String)
    )  # fmt: skip
    rows.select(
        event_key=number.cast(pl.String), subscription_key="s" + pl.col("customer"), customer_key="c" + pl.col("customer"), type="type",
        plan_key=pl.when(has_plan).then("p" + plan.cast(pl.String)), quantity=pl.lit(None, pl.Int64),
        amount_minor=pl.when(cash).then(pl.lit(9900, pl.Int64)), currency=pl.lit("SEK"),
        occurred_at=at.cast(pl.Datetime("us")).dt.replace_time_zone("UTC"), effective_at=pl.lit(None, pl.Datetime("us", "UTC")),
        plan_interval=pl.when(has_plan).then(pl.lit("month")), plan_interval_count=pl.when(has_plan).then(pl.lit(1, pl.Int64)),
        list_price_minor=pl.when(has_plan).then(plan.cast(pl.Int64) * 9900), list_currency=pl.when(has_plan).then(pl.lit("SEK")),
    ).sink_parquet(folder / "events.parquet")  # fmt: skip


def _credits(folder: Path, scale: float) -> None:
    """Touches of users over 90 days, and a sale each."""
    touches, sales = round(20_000_000 * scale), round(2_000_000 * scale)

    def moment(salt: int) -> pl.Expr:
        seconds = (pl.col("number").hash(salt) % (90 * 86_400)).cast(pl.Int64)
        return ((1_640_000_000 + seconds) * 1_000_000).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")

    user = "u" + (pl.col("number").hash(7) % max(sales, 1)).cast(pl.String)
    channels = pl.lit(pl.Series([f"channel {n}" for n in range(12)]))
    pl.LazyFrame({"number": pl.int_range(touches, eager=True)}).select(
        touch_key=pl.col("number").cast(pl.String), user_key=user, touched_at=moment(8), channel=channels.gather(pl.col("number").hash(9) % 12)
    ).sink_parquet(folder / "touches.parquet")  # fmt: skip
    pl.LazyFrame({"number": pl.int_range(sales, eager=True)}).select(
        conversion_key=pl.col("number").cast(pl.String), conversion_date=moment(10).dt.date(), currency=pl.lit("SEK"),
        user_key=user, converted_at=moment(10), value_minor=(pl.col("number").hash(11) % 100_000).cast(pl.Int64),
    ).sink_parquet(folder / "conversions.parquet")  # fmt: skip


def _markov(folder: Path, scale: float) -> None:
    """Grouped paths of twelve channels, of which some end in sales."""
    number = pl.col("number")
    paths = pl.LazyFrame({"number": pl.int_range(round(500_000 * scale), eager=True)})
    steps = paths.with_columns(place=pl.int_ranges(0, (number.hash(1) % 10 + 1).cast(pl.Int64))).explode("place")
    named = steps.select("number", step="channel " + (pl.struct("number", "place").hash(4) % 12).cast(pl.String))
    told = named.group_by("number", maintain_order=True).agg(steps="step")
    counts = told.with_columns(good=(number.hash(2) % 3).cast(pl.Int64), bad=(number.hash(3) % 9).cast(pl.Int64))
    counts.drop("number").sink_parquet(folder / "paths.parquet")


def _payments(folder: Path, scale: float) -> None:
    """Invoices, of which a tenth are charged twice and a fiftieth of the transactions name two; payouts, and a line each."""
    invoices, payouts, number = round(5_000_000 * scale), max(round(20_000 * scale), 1), pl.col("number")

    def day(salt: int) -> pl.Expr:
        return (pl.lit(date(2022, 1, 1)) + pl.duration(days=(number.hash(salt) % 360).cast(pl.Int64))).cast(pl.Date)

    def sink(name: str, rows: pl.LazyFrame) -> None:
        rows.with_columns(currency=pl.lit("SEK")).sink_parquet(folder / f"{name}.parquet")

    amount, none = (pl.col("of").cast(pl.Int64).hash(1) % 100_000 + 100).cast(pl.Int64), pl.lit(None, pl.String)
    all_of = pl.LazyFrame({"number": pl.int_range(round(1.1 * invoices), eager=True)}).with_columns(
        of=pl.when(number < invoices).then(number).otherwise((number.hash(3) % invoices).cast(pl.Int64))
    )
    name, following = "i" + pl.col("of").cast(pl.String), "i" + (pl.col("of") + 1).cast(pl.String)
    sink("invoices", all_of.filter(number < invoices).select(
        invoice_key=name, kind=pl.lit("invoice"), status=pl.lit("open"), amount_minor=amount, issued_on=day(2), due_on=pl.lit(None, pl.Date)
    ))  # fmt: skip
    sink("gateway_transactions", all_of.select(
        gateway=pl.lit("stripe"), transaction_key="t" + number.cast(pl.String), type=pl.lit("payment"), parent_key=none,
        invoice_refs=pl.when(number % 50 == 0).then(pl.concat_list(name, following)).otherwise(pl.concat_list(name)), amount_minor=amount,
        fee_minor=pl.lit(0, pl.Int64), net_minor=amount, customer_amount_minor=pl.lit(None, pl.Int64), customer_currency=none,
        created_date=day(5), created_at=day(5).cast(pl.Datetime("us")).dt.replace_time_zone("UTC"), available_on=pl.lit(None, pl.Date),
        payout_key="p" + (number.hash(6) % payouts).cast(pl.String),
    ))  # fmt: skip
    sums = (
        pl.scan_parquet(folder / "gateway_transactions.parquet")
        .group_by("payout_key")
        .agg(amount_minor=pl.col("net_minor").sum())
    )
    paid = sums.sort("payout_key").with_row_index("number").collect().lazy()
    sink("gateway_payouts", paid.select(
        "payout_key", "amount_minor", gateway=pl.lit("stripe"), status=pl.lit("paid"), created_date=day(7), arrival_on=day(7)
    ))  # fmt: skip
    sink("bank_lines", paid.select(
        "amount_minor", line_key="l" + number.cast(pl.String), booked_on=day(7), counterparty=pl.lit("Stripe"),
        reference=pl.when(number % 2 == 0).then("pay " + pl.col("payout_key")),
    ))  # fmt: skip


JOBS = {
    "subscriptions": Job("subscriptions", _subscriptions),
    "payments": Job("payments", _payments, "money_payments_duckdb"),
    "credits": Job("credits", _credits),
    "markov": Job("markov", _markov, peer=None),
    "heuristics": Job("heuristics", _markov),
}


def main(
    jobs: Annotated[list[str] | None, typer.Argument(help="Which jobs; all by default.")] = None,
    scale: Annotated[float, typer.Option(help="1 is the size of the targets.")] = 1.0,
    work: Annotated[Path, typer.Option(help="Where inputs are kept, and outputs written.")] = Path(".bench/money"),
) -> None:
    """Runs each job in the product and in DuckDB, compares what they wrote, and prints seconds and memory."""
    wrong, work = False, work.resolve()
    for job in (JOBS[name] for name in jobs or JOBS):
        source = work / f"{job.name}-{scale:g}"
        if not source.exists():
            making = source.with_suffix(".making")
            shutil.rmtree(making, ignore_errors=True)
            making.mkdir(parents=True)
            job.prepare(making, scale)
            making.rename(source)
        results = []
        for name, module in {"product": "money_product", **({"duckdb": job.peer} if job.peer else {})}.items():
            out = work / "out" / name
            shutil.rmtree(out, ignore_errors=True)
            out.mkdir(parents=True)
            command = [sys.executable, "-m", f"bench.peers.{module}", job.name, str(source), str(out)]
            took = timed(command, environment(work, work), work / f"{job.name}-{name}.log")
            typer.echo(f"{job.name}: {name} {took.seconds:.1f} s, {took.peak_bytes / 2**30:.2f} GiB")
            queries = {
                table: f"SELECT {sums} FROM '{out}/{table}.parquet'" for table, sums in SUMS.get(job.name, {}).items()
            }
            results.append([(table, *duckdb.sql(query).fetchall()[0]) for table, query in queries.items()])
        if job.peer and (apart := differences(*results)):
            typer.echo(f"{job.name}: results differ: {apart}")
            wrong = True
    raise typer.Exit(1 if wrong else 0)


if __name__ == "__main__":
    typer.run(main)
