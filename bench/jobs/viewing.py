"""Streams, most of them late."""

import shutil
from dataclasses import replace
from pathlib import Path

import duckdb

from bench.homes import generated, loaded
from bench.jobs.job import Contender, Job, loading, peer, warehouse

DAYS = 31
LAST = "2021-12-31"
ACTIVE = "SELECT date, dau::BIGINT, wau::BIGINT, mau::BIGINT FROM {} ORDER BY ALL"
TRIANGLE = "SELECT cohort, period, cohort_size, active_users FROM {} ORDER BY ALL"
BY_DAY = """SELECT stream_date, count(*)::BIGINT, round(sum(duration_s), 3), count(movie_duration_mins)::BIGINT
            FROM {} GROUP BY ALL ORDER BY ALL"""


def late_streams(work: Path, scale: float) -> dict[str, Contender]:
    """One delivery with the streams of 31 days, into a home that knows its films."""
    drops, known, home = _delivered(work, scale), work / f"streams-known-{scale:g}", work / "home"
    ours = {
        BY_DAY: "viewing.streams",
        ACTIVE: "(FROM engagement.active_users WHERE product = 'viewing')",
        TRIANGLE: "(FROM engagement.cohort_retention WHERE product = 'viewing')",
    }
    theirs = {BY_DAY: "fact/*/*.parquet", ACTIVE: "active_users/*.parquet", TRIANGLE: "cohort_retention/*.parquet"}
    duck = peer(work, "late_streams_duckdb", work / f"streams-{scale:g}", None)
    return {
        "product": loading(
            known,
            home,
            drops,
            ["--source", "viewing"],
            lambda: [row for sql, table in ours.items() for row in warehouse(home, sql.format(table))],
        ),
        "duckdb": replace(
            duck,
            result=lambda: [
                row
                for sql, files in theirs.items()
                for row in duckdb.sql(sql.format(f"'{work}/out/{files}'")).fetchall()
            ],
        ),
        "floor": peer(work, "floor", work / f"streams-{scale:g}", None),
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
    "one delivery of streams of 31 event dates, nearly all of them late (2 GB at scale 1), and the engagement tables that follow",
    late_streams,
    lambda work, scale: work / f"streams-{scale:g}" / "streams.csv",
    targets={"duckdb": 0.8},
    small_targets={"duckdb": 8},
)
