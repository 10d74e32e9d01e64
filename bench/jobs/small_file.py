"""One small file, which is what most loads of a day are."""

from dataclasses import replace
from pathlib import Path

from bench.homes import generated, loaded
from bench.jobs.days import SOURCES
from bench.jobs.job import Contender, Job, loading, peer, warehouse, warm

SETTLED_DAYS = 13
BEFORE = "2021-12-13"
PLAYS = "SELECT play_date, count(*)::BIGINT FROM royalties.plays GROUP BY ALL ORDER BY ALL"


def small_file(work: Path, scale: float) -> dict[str, Contender]:
    """A day's plays into a home that holds two weeks of all sources."""
    drops, before, home = _drops(work, scale), work / f"file-home-{scale:g}", work / "home"
    if not before.exists():
        loaded(before, drops, "--until", BEFORE)
    return {
        "product": loading(before, home, drops, [], lambda: warehouse(home, PLAYS)),
        "floor": peer(work, "floor_start", drops, None),
    }


def small_file_warm(work: Path, scale: float) -> dict[str, Contender]:
    """The same in a process that has just loaded the two weeks."""
    drops, home = _drops(work, scale), work / "home"
    return {
        "product": warm(work / "no-home", home, drops, ["drop", BEFORE], lambda: warehouse(home, PLAYS)),
        "floor": replace(peer(work, "floor_start", drops, None), tells_seconds=True),
    }


def _drops(work: Path, scale: float) -> Path:
    """Two weeks, of whose last day only the plays were delivered."""
    drops = work / f"file-{scale:g}"
    if not drops.exists():
        made = generated(work / f"file-days-{scale:g}", SETTLED_DAYS + 1, scale, SOURCES)
        for file in made.glob("*/2021-12-14/*"):
            if file.name != "plays.csv":
                file.unlink()
        made.rename(drops)
    return drops


SMALL_FILE = Job(
    "small_file",
    "one small file of plays into a home of two weeks, from the drop to the published warehouse, a fresh process",
    small_file,
    lambda work, scale: work / f"file-{scale:g}" / "royalties" / "2021-12-14",
    most_seconds=2,
)
SMALL_FILE_WARM = Job(
    "small_file_warm",
    "the same in a warm process, one that has loaded the two weeks before",
    small_file_warm,
    lambda work, scale: work / f"file-{scale:g}" / "royalties" / "2021-12-14",
    most_seconds=1,
)
