"""Plays and market shares."""

from pathlib import Path

import duckdb

from bench.homes import generated, loaded
from bench.jobs.job import Contender, Job, Rows, loading, materializing, peer, warehouse, warm

DAY = "2021-12-01"
MONTH = "royalties/market_share"
DAYS = 5
LARGE = 5
SHARES = "SELECT country, licensor, plays, share FROM {} ORDER BY ALL"


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
    result = SHARES.format("'{}/shares.parquet'")
    return {
        "product": loading(
            known,
            home,
            drops,
            ["--source", "royalties"],
            lambda: warehouse(home, SHARES.format("royalties.market_share")),
        ),
        **{
            name: peer(work, f"market_share_{name}", source, result)
            for name in ("duckdb", "chdb", "polars_streaming", "polars", "pandas", "pyspark")
        },
        "floor": peer(work, "floor", source, None),
    }


def market_share_large(work: Path, scale: float) -> dict[str, Contender]:
    """Five times the same, with the peers that take it."""
    contenders = market_share(work, LARGE * scale)
    return {name: contenders[name] for name in ("product", "duckdb", "polars_streaming", "floor")}


def month_share(work: Path, scale: float) -> dict[str, Contender]:
    """The month of which five days are loaded, in a process of its own."""
    known, drops, home = _five_days(work, scale)
    product = materializing(known, home, drops, ["--select", MONTH, "--partition", DAY], lambda: _month(home))
    return {"product": product, "duckdb": _month_peer(work, scale)}


def month_share_warm(work: Path, scale: float) -> dict[str, Contender]:
    """The same in a worker that is up, with its checks, the sheets and the publication of the warehouse."""
    known, drops, home = _five_days(work, scale)
    product = warm(known, home, drops, ["partition", MONTH, DAY], lambda: _month(home))
    return {"product": product, "duckdb": _month_peer(work, scale)}


def _five_days(work: Path, scale: float) -> tuple[Path, Path, Path]:
    """A home that holds five days, its drops, and where the job runs; one dump of tracks is enough for all days."""
    drops = generated(work / f"month-{scale:g}", DAYS, 20_000 * scale, ["royalties"])
    known, source = work / f"month-home-{scale:g}", work / f"month-source-{scale:g}"
    if not source.exists():
        for dump in ("tracks.csv", "locations.csv"):
            for later in (drops / "royalties").glob(f"*/{dump}"):
                if later.parent.name != DAY:
                    later.unlink()
        loaded(known, drops)
        source.mkdir()
        _dimensions(known, source)
        for number, raw in enumerate(sorted((known / "lake" / "raw" / "plays").rglob("*.parquet"))):
            (source / f"raw-{number}.parquet").hardlink_to(raw)
    return known, drops, work / "home"


def _month(home: Path) -> Rows:
    stored = f"'{home}/lake/royalties/market_share/*/*.parquet'"
    return duckdb.sql(SHARES.format(stored)).fetchall()


def _month_peer(work: Path, scale: float) -> Contender:
    return peer(work, "month_share_duckdb", work / f"month-source-{scale:g}", SHARES.format("'{}/shares.parquet'"))


def _dimensions(home: Path, source: Path) -> None:
    for table, column in (("tracks", "licensor"), ("locations", "country")):
        keyed = f"SELECT {table[:-1]}_key AS key, {column} FROM '{home}/lake/royalties/{table}/*.parquet'"
        duckdb.sql(f"COPY ({keyed}) TO '{source}/{table}.parquet' (FORMAT parquet)")


MARKET_SHARE = Job(
    "market_share",
    "a day of plays: landed, validated, raw and fact written, the day's market share",
    market_share,
    plays_of,
    targets={"duckdb": 0.6, "polars_streaming": 1.0, "pandas": 0.2, "pyspark": 0.2},
    most_bytes=2_000_000_000,
    small_targets={"duckdb": 12, "polars": 10, "polars_streaming": 12, "pandas": 4},
)
MARKET_SHARE_LARGE = Job(
    "market_share_large",
    "the same of five times as many plays and tracks (8 GB at scale 1)",
    market_share_large,
    lambda work, scale: plays_of(work, LARGE * scale),
    targets={"duckdb": 0.6},
    most_bytes=3_000_000_000,
    most_seconds=180,
)
MONTH_SHARE = Job(
    "month_share",
    "a month's market share, of which five days of plays are loaded, in a fresh process",
    month_share,
    lambda work, scale: work / f"month-source-{scale:g}",
    targets={"duckdb": 0.05},
    small_targets={"duckdb": 20},
)
MONTH_SHARE_WARM = Job(
    "month_share_warm",
    "the same in a worker that is up, the sheets and the published warehouse included",
    month_share_warm,
    lambda work, scale: work / f"month-source-{scale:g}",
    targets={"duckdb": 0.05},
    small_targets={"duckdb": 5},
)
