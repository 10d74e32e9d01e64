"""Streams, most of them late."""

import shutil
from datetime import date
from pathlib import Path

import duckdb

from bench.homes import generated, loaded
from bench.jobs.job import Contender, Job, loading, peer, warehouse

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
