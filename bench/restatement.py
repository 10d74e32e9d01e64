"""What it costs that a platform restates 28 days, beside reloading all its reports: `python -m bench.restatement`.

A report a day for a year, of so many campaigns; then one more report that says the last 28 days anew. Both are whole loads,
landing, checks and publication included. The tables that follow are compared with those of one load of everything.
"""

import shutil
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated

import duckdb
import numpy as np
import polars as pl
import typer

from bench.homes import copied, environment, songify
from bench.measure import timed

FIRST, DAYS, RESTATED = date(2021, 1, 1), 365, 28
TABLES = ("campaign_performance_daily", "attribution", "final_days")


def main(
    work: Annotated[Path, typer.Option(help="Where the homes are made.")] = Path(".bench/restatement"),
    campaigns: int = 548,
) -> None:
    """Measure one load of a year of reports, and one of the report that restates."""
    shutil.rmtree(work, ignore_errors=True)
    drops, more, both = (work.resolve() / name for name in ("drops", "more", "both"))
    days = [FIRST + timedelta(days=number) for number in range(DAYS)]
    for day in days:
        report(drops, day, [day], campaigns)
    report(more, days[-1] + timedelta(days=1), days[-RESTATED:], campaigns)
    shutil.copytree(drops, both)
    shutil.copytree(more, both, dirs_exist_ok=True)
    command, home = songify("load", "--source", "marketing"), work.resolve() / "home"
    whole = timed(command, environment(home, drops), work / "log")
    again = copied(home, work.resolve() / "again")
    one = timed(command, environment(again, more), work / "log")
    timed(command, environment(work.resolve() / "at_once", both), work / "log")
    for table in TABLES:
        assert rows(again, table) == rows(work / "at_once", table), table
    typer.echo(
        f"{DAYS} reports of {campaigns} campaigns: {whole.seconds:.1f} s; a report that restates {RESTATED} days: "
        f"{one.seconds:.1f} s, {one.seconds / whole.seconds:.3f} of it"
    )


def report(drops: Path, delivered_on: date, days: list[date], campaigns: int) -> None:
    """A report of Google Ads that tells of these days; what it tells of a day depends on when it does."""
    chance = np.random.default_rng(delivered_on.toordinal())
    frames = [
        pl.DataFrame({
            "Day": [str(day)] * campaigns,
            "Customer ID": [f"a{number % 4}" for number in range(campaigns)],
            "Campaign ID": [f"g{number}" for number in range(campaigns)],
            "Campaign": [f"campaign {number}" for number in range(campaigns)],
            "Currency code": ["SEK"] * campaigns,
            "Impressions": chance.integers(1000, 9000, campaigns),
            "Clicks": chance.integers(0, 900, campaigns),
            "Cost (micros)": chance.integers(0, 10**9, campaigns),
            "Conversions": chance.integers(0, 90, campaigns),
            "Conv. value": chance.integers(0, 9000, campaigns),
        })
        for day in days
    ]  # fmt: skip
    folder = drops / "marketing" / str(delivered_on)
    folder.mkdir(parents=True)
    pl.concat(frames).write_csv(folder / "google_ads.csv")
    accounts = {"account_id": [f"a{number}" for number in range(4)]}
    pl.DataFrame(accounts).select(
        platform=pl.lit("google_ads"), account_id="account_id", time_zone=pl.lit("Europe/Stockholm"),
        currency=pl.lit("SEK"), channel=pl.lit("Paid search"),
    ).write_csv(folder / "ad_accounts.csv")  # fmt: skip


def rows(home: Path, table: str) -> list[tuple[object, ...]]:
    """A table of the warehouse."""
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        return connection.execute(f"SELECT * FROM marketing.{table} ORDER BY ALL").fetchall()


if __name__ == "__main__":
    typer.run(main)
