"""What is measured: each job with the product, its peers, the targets, and how their results are compared."""

import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import duckdb

from bench.homes import copied, environment, generated, loaded, songify

SOURCES = ("viewing", "vendor", "royalties")
DAY = str(date(2021, 12, 1))
DAYS = 5
SHARES = "SELECT country, licensor, plays, share FROM {} ORDER BY ALL"
Rows = list[tuple[object, ...]]


@dataclass(frozen=True)
class Contender:
    """Something that does the job: what to do before each run, its command and environment, and its result."""

    before: Callable[[], None]
    command: list[str]
    env: Mapping[str, str]
    result: Callable[[], Rows] | None


@dataclass(frozen=True)
class Job:
    """A job at a size: `prepare` makes the input and the contenders, the product first; `source` is what they read."""

    name: str
    title: str
    prepare: Callable[[Path, float], dict[str, Contender]]
    source: Callable[[Path, float], Path]
    targets: Mapping[str, float] = field(default_factory=dict)
    most_bytes: int | None = None
    most_seconds: float | None = None
    # Below this size the start of a process is most of what is measured, and targets say nothing.
    judged_from: float = 0.5


def plays_of(work: Path, scale: float) -> Path:
    """The plays of the day."""
    return work / f"plays-{scale:g}" / "plays.csv"


def market_share(work: Path, scale: float) -> dict[str, Contender]:
    """A day's plays, with the tracks and locations of that day known already."""
    drops = generated(work / f"royalties-{scale:g}", 1, 20_000 * scale, ["royalties"])
    plays = drops / "royalties" / DAY / "plays.csv"
    known, source, home = work / f"known-{scale:g}", work / f"plays-{scale:g}", work / "home"
    if not source.exists():
        held_back = work / "plays.csv"
        plays.rename(held_back)
        loaded(known, drops)
        held_back.rename(plays)
        source.mkdir()
        (source / "plays.csv").hardlink_to(plays)
        _dimensions(known, source)
    return {
        "product": Contender(
            lambda: _nothing(copied(known, home)),
            songify("load", "--source", "royalties"),
            environment(home, drops),
            lambda: _warehouse(home, SHARES.format("royalties.market_share")),
        ),
        **{
            peer: _peer(work, f"market_share_{peer}", source, SHARES.format("'{}/shares.parquet'"))
            for peer in ("duckdb", "polars", "pandas", "pyspark")
        },
        "floor": _peer(work, "market_share_floor", source, None),
    }


def month_share(work: Path, scale: float) -> dict[str, Contender]:
    """The month of which five days are loaded; each day's tracks are the same, so that one dump of them is enough."""
    drops = generated(work / f"month-{scale:g}", DAYS, 20_000 * scale, ["royalties"])
    known, source, home = work / f"month-home-{scale:g}", work / f"month-source-{scale:g}", work / "home"
    if not source.exists():
        for later in list((drops / "royalties").glob("*/tracks.csv")) + list(
            (drops / "royalties").glob("*/locations.csv")
        ):
            if later.parent.name != DAY:
                later.unlink()
        loaded(known, drops)
        source.mkdir()
        _dimensions(known, source)
        for number, raw in enumerate(sorted((known / "lake" / "raw" / "plays").rglob("*.parquet"))):
            (source / f"raw-{number}.parquet").hardlink_to(raw)
    command = [sys.executable, "-m", "dagster", "asset", "materialize", "-m", "songify_assets.definitions"]
    env = {**environment(home, drops), "DAGSTER_HOME": str(home / "dagster")}
    stored = f"'{home}/lake/royalties/market_share/*/*.parquet'"
    return {
        "product": Contender(
            lambda: _nothing(copied(known, home)),
            [*command, "--select", "royalties/market_share", "--partition", DAY],
            env,
            lambda: duckdb.sql(SHARES.format(stored)).fetchall(),
        ),
        "duckdb": _peer(work, "month_share_duckdb", source, SHARES.format("'{}/shares.parquet'")),
    }


def _dimensions(home: Path, source: Path) -> None:
    for table, column in (("tracks", "licensor"), ("locations", "country")):
        keyed = f"SELECT {table[:-1]}_key AS key, {column} FROM '{home}/lake/royalties/{table}/*.parquet'"
        duckdb.sql(f"COPY ({keyed}) TO '{source}/{table}.parquet' (FORMAT parquet)")


def _peer(work: Path, module: str, source: Path, sql: str | None) -> Contender:
    out = work / "out"

    def before() -> None:
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()

    command = [sys.executable, "-m", f"bench.peers.{module}", str(source), str(out)]
    result = None if sql is None else lambda: duckdb.sql(sql.format(out)).fetchall()
    return Contender(before, command, environment(work, work), result)


def _nothing(value: object) -> None:
    """Forgets a value."""


def _warehouse(home: Path, sql: str) -> Rows:
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as db:
        return db.execute(sql).fetchall()


def one_drop(work: Path, scale: float) -> dict[str, Contender]:
    """A day of all sources, of the size of the real data, into a home that holds the day before."""
    drops = generated(work / f"drop-{scale:g}", 2, scale, SOURCES)
    before, home = work / f"drop-home-{scale:g}", work / "home"
    if not before.exists():
        loaded(before, drops, "--until", DAY)
    return {"product": _load(before, home, drops)}


def whole_day(work: Path, scale: float) -> dict[str, Contender]:
    """A day of all sources into an empty home."""
    drops = generated(work / f"day-{scale:g}", 1, 24_000 * scale, SOURCES)
    return {"product": _load(work / "no-home", work / "home", drops)}


def _load(before: Path, home: Path, drops: Path) -> Contender:
    return Contender(
        lambda: _nothing(copied(before, home)),
        songify("load"),
        environment(home, drops),
        lambda: _warehouse(home, "SELECT question, value FROM viewing.answers ORDER BY ALL"),
    )


JOBS = (
    Job(
        "month_share",
        "a month's market share, of which five days of plays are loaded",
        month_share,
        lambda work, scale: work / f"month-source-{scale:g}",
        targets={"duckdb": 0.05},
    ),
    Job(
        "one_drop",
        "a day of all sources of the size of the real data, from files to the published warehouse, a fresh process",
        one_drop,
        lambda work, scale: work / f"drop-{scale:g}",
        most_seconds=8,
    ),
    Job(
        "whole_day",
        "a day of all sources into an empty home: 8.1 GB at scale 1, checks included",
        whole_day,
        lambda work, scale: work / f"day-{scale:g}",
        most_seconds=360,
        most_bytes=4_000_000_000,
    ),
    Job(
        "market_share",
        "a day of plays: landed, validated, raw and fact written, the day's market share",
        market_share,
        plays_of,
        targets={"duckdb": 0.6, "pandas": 0.2, "pyspark": 0.2},
        most_bytes=2_000_000_000,
    ),
)
