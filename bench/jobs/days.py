"""Days of all sources together."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import duckdb

from bench.homes import generated, loaded
from bench.jobs.job import Contender, Job, loading, materializing, peer, warehouse, warm
from songify_assets.definitions import CATALOG, build_triggers

DAY = "2021-12-01"
YEAR = 365
SOURCES = ("viewing", "vendor", "royalties")
ANSWERS = "SELECT question, value FROM viewing.answers ORDER BY ALL"


def one_drop(work: Path, scale: float) -> dict[str, Contender]:
    """A day of all sources, of the size of the real data, into a home that holds the day before."""
    drops = generated(work / f"drop-{scale:g}", 2, scale, SOURCES)
    before, home = work / f"drop-home-{scale:g}", work / "home"
    if not before.exists():
        loaded(before, drops, "--until", DAY)
    return {"product": loading(before, home, drops, [], lambda: warehouse(home, ANSWERS))}


def warm_drop(work: Path, scale: float) -> dict[str, Contender]:
    """The same in a process that has just loaded the day before."""
    drops, home = generated(work / f"drop-{scale:g}", 2, scale, SOURCES), work / "home"
    return {"product": warm(work / "no-home", home, drops, ["drop", DAY], lambda: warehouse(home, ANSWERS))}


def whole_day(work: Path, scale: float) -> dict[str, Contender]:
    """A day of all sources into an empty home."""
    drops = generated(work / f"day-{scale:g}", 1, 24_000 * scale, SOURCES)
    home = work / "home"
    return {
        "product": loading(work / "no-home", home, drops, [], lambda: warehouse(home, ANSWERS)),
        "floor": peer(work, "floor", drops, None),
    }


def year(work: Path, scale: float) -> dict[str, Contender]:
    """Every daily asset of a year of small drops, as one run over the range, and as a run a day."""
    days = round(YEAR * scale)
    span = [str(date.fromisoformat(DAY) + timedelta(days=number)) for number in range(days)]
    drops = generated(work / f"year-{days}", days, 0.05, SOURCES)
    full, home = work / f"year-home-{days}", work / "home"
    if not full.exists():
        loaded(full, drops)
    daily = [key for key, node in build_triggers(CATALOG).nodes.items() if node.cadence == "day"]
    select = ["--select", " or ".join(f'key:"{key}"' for key in daily)]
    plays = f"SELECT count(*) FROM '{home}/lake/royalties/plays/*/*.parquet'"

    def some(*partitions: str) -> Contender:
        return materializing(full, home, drops, [*select, *partitions], lambda: duckdb.sql(plays).fetchall())

    one_day = replace(some("--partition", span[len(span) // 2]), times=days)
    return {"product": some("--partition-range", f"{span[0]}...{span[-1]}"), "a_run_a_day": one_day}


ONE_DROP = Job(
    "one_drop",
    "a day of all sources of the size of the real data, from files to the published warehouse, a fresh process",
    one_drop,
    lambda work, scale: work / f"drop-{scale:g}",
    most_seconds=8,
)
WARM_DROP = Job(
    "warm_drop",
    "the same in a warm process, one that has loaded the day before",
    warm_drop,
    lambda work, scale: work / f"drop-{scale:g}",
    most_seconds=3,
)
WHOLE_DAY = Job(
    "whole_day",
    "a day of all sources into an empty home: 8.1 GB at scale 1, checks included",
    whole_day,
    lambda work, scale: work / f"day-{scale:g}",
    most_seconds=360,
    most_bytes=4_000_000_000,
)
YEAR_OF_DAYS = Job(
    "year",
    "every daily asset of a year of small drops: one run over the range, and a run a day (365 times one of them)",
    year,
    lambda work, scale: work / f"year-{round(YEAR * scale)}",
    targets={"a_run_a_day": 0.05},
    small_targets={"a_run_a_day": 0.5},
)
