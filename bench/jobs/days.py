"""Days of all sources together."""

import sys
from pathlib import Path

from bench.homes import copied, environment, generated, loaded
from bench.jobs.job import Contender, Job, loading, warehouse

DAY = "2021-12-01"
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

    def before() -> None:
        copied(work / "no-home", home)

    command = [sys.executable, "-m", "bench.warm", DAY]
    warm = Contender(before, command, environment(home, drops), lambda: warehouse(home, ANSWERS), tells_seconds=True)
    return {"product": warm}


def whole_day(work: Path, scale: float) -> dict[str, Contender]:
    """A day of all sources into an empty home."""
    drops = generated(work / f"day-{scale:g}", 1, 24_000 * scale, SOURCES)
    home = work / "home"
    return {"product": loading(work / "no-home", home, drops, [], lambda: warehouse(home, ANSWERS))}


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
