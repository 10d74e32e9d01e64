"""Streams, most of them late, and who comes back."""

import shutil
from datetime import date, timedelta
from pathlib import Path

import duckdb
import polars as pl

from bench.homes import generated, loaded
from bench.jobs.job import Contender, Job, loading, materializing, peer, warehouse
from songify_assets.datasets.viewing.tables import TABLES
from songify_assets.foundation.lake import sink
from songify_assets.orchestration.declare.tables import declared_table

EVENTS, USERS, WEEKS, MONDAY = 100_000_000, 2_000_000, 5, date(2021, 11, 29)
DAYS = 31
LAST = "2021-12-31"
BY_DAY = """SELECT stream_date, count(*)::BIGINT, round(sum(duration_s), 3), count(movie_duration_mins)::BIGINT
            FROM {} GROUP BY ALL ORDER BY ALL"""
TRIANGLE = "SELECT cohort, period, cohort_size, active_users FROM {} ORDER BY ALL"


def late_streams(work: Path, scale: float) -> dict[str, Contender]:
    """One delivery with the streams of 31 days, into a home that knows its films."""
    drops, known, home = _delivered(work, scale), work / f"streams-known-{scale:g}", work / "home"
    source = work / f"streams-{scale:g}"
    return {
        "product": loading(
            known, home, drops, ["--source", "viewing"], lambda: warehouse(home, BY_DAY.format("viewing.streams"))
        ),
        "duckdb": peer(work, "late_streams_duckdb", source, BY_DAY.format("'{}/fact/*/*.parquet'")),
    }


def retention(work: Path, scale: float) -> dict[str, Contender]:
    """The retention triangle of five weeks of streams that are in the lake."""
    drops, home = generated(work / "retention-drops", 1, 1, ["viewing"]), work / "home"
    full = work / f"retention-{scale:g}"
    if not full.exists():
        making = full.with_suffix(".making")
        loaded(making, drops)
        for number in range(WEEKS * 7):
            day = MONDAY + timedelta(days=number)
            target = making / f"lake/viewing/streams/stream_date={day}/part-0.parquet"
            target.parent.mkdir(parents=True, exist_ok=True)
            sink(_streams_of(day, number / (WEEKS * 7), scale), target)
        making.rename(full)
    stored = f"'{home}/lake/engagement/cohort_retention/*/*.parquet'"
    return {
        "product": materializing(
            full,
            home,
            drops,
            ["--select", "engagement/cohort_retention", "--partition-range", "2021-11-29...2021-12-27"],
            lambda: duckdb.sql(TRIANGLE.format(stored)).fetchall(),
        ),
        "duckdb": peer(
            work, "retention_duckdb", full / "lake/viewing/streams", TRIANGLE.format("'{}/triangle.parquet'")
        ),
    }


def _streams_of(day: date, elapsed: float, scale: float) -> pl.LazyFrame:
    """Streams of users who become more from day to day; only who and when counts, all else is empty."""
    events, users = round(EVENTS * scale / (WEEKS * 7)), round(USERS * scale * (0.4 + 0.6 * elapsed))
    who = pl.LazyFrame({"number": pl.int_range(events, eager=True)}).select(
        user=pl.format("user{}@example.com", pl.col("number").hash(day.toordinal()) % users)
    )
    known = {"user_key": pl.col("user"), "user_email": pl.col("user"), "stream_date": pl.lit(day)}
    columns = declared_table("viewing/streams", *TABLES["viewing/streams"]).columns
    return who.select(known.get(name, pl.lit(None)).cast(dtype).alias(name) for name, dtype in columns.items())


def _delivered(work: Path, scale: float) -> Path:
    """The drops with all streams in the last delivery, and a home that has loaded films and users."""
    drops = work / f"streams-drops-{scale:g}"
    known, source = work / f"streams-known-{scale:g}", work / f"streams-{scale:g}"
    if not source.exists():
        made = generated(work / f"viewing-{scale:g}", DAYS, 1_600 * scale, ["viewing"])
        first, last = (drops / "viewing" / day for day in ("2021-12-01", LAST))
        for folder in (first, last):
            folder.mkdir(parents=True)
        for dump in ("movies.csv", "users.csv"):
            shutil.copyfile(made / "viewing" / LAST / dump, first / dump)
        loaded(known, drops)
        with (last / "streams.csv").open("wb") as joined:
            for number, part in enumerate(sorted((made / "viewing").glob("*/streams.csv"))):
                with part.open("rb") as one:
                    header = one.readline()
                    joined.write(b"" if number else header)
                    shutil.copyfileobj(one, joined)
        source.mkdir()
        (source / "streams.csv").hardlink_to(last / "streams.csv")
        duckdb.sql(
            f"""COPY (SELECT movie_key AS key, duration_mins FROM '{known}/lake/viewing/movies/*.parquet')
                TO '{source}/movies.parquet' (FORMAT parquet)"""
        )
        shutil.rmtree(made)
    return drops


LATE_STREAMS = Job(
    "late_streams",
    "one delivery of streams of 31 event dates, nearly all of them late (2 GB at scale 1)",
    late_streams,
    lambda work, scale: work / f"streams-{scale:g}" / "streams.csv",
    targets={"duckdb": 0.8},
    small_targets={"duckdb": 8},
)
RETENTION = Job(
    "retention",
    "cohort retention of five weeks of streams in the lake (100 million events, 2 million users at scale 1)",
    retention,
    lambda work, scale: work / f"retention-{scale:g}" / "lake" / "viewing" / "streams",
    targets={"duckdb": 1.0},
    small_targets={"duckdb": 20},
)
