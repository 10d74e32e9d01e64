"""What is portable gives the same rows of the same types on Spark as on Polars."""

import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import narwhals as nw
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from songify_assets.datasets.engagement.transforms.cohorts import retain_cohorts
from songify_assets.datasets.royalties.transforms.shares import aggregate_day, combine_month, enrich_plays
from songify_assets.datasets.viewing.transforms import enrich_streams
from songify_assets.foundation.engines.spark_frames import newest
from songify_assets.foundation.engines.spark_lake import SparkLake
from songify_assets.foundation.lake import Lake, Table
from songify_assets.foundation.versions.as_of import as_of
from songify_assets.foundation.versions.differences import differences, history_columns

pytestmark = pytest.mark.spark

# Each example is a few jobs of Spark, so a few examples are large ones.
PROFILE = {"deadline": None, "derandomize": True, "max_examples": 12, "suppress_health_check": list(HealthCheck)}
DAYS = [date(2021, 11, 29) + timedelta(days=n) for n in range(6)]
KEYS = ["se", " SE", "\uff53\uff45", "straße", "STRASSE", "Ⅷ", "viii", "no", "", "  ", None, "\x85x", "İ", "'", "a\tb"]
LOCATIONS = history_columns(pl.Schema({"location_key": pl.String(), "country": pl.String()}))
TRACKS = history_columns(pl.Schema({"track_key": pl.String(), "licensor": pl.String()}))
RATES = history_columns(pl.Schema({"a_key": pl.String(), "b_key": pl.String(), "rate": pl.Int64()}))
PLAYS = pl.Schema(
    {"location_id": pl.String(), "track_id": pl.String(), "played_ms": pl.Int64(), "event_date": pl.Date()}
)
DAILY = pl.Schema({"play_date": pl.Date(), "country": pl.String(), "licensor": pl.String(), "plays": pl.Int64()})
STREAMS = pl.Schema({
    "user_key": pl.String(), "movie_key": pl.String(), "start_at": pl.Datetime("us", "UTC"),
    "end_at": pl.Datetime("us", "UTC"), "event_date": pl.Date(),
})  # fmt: skip
MOVIES = history_columns(pl.Schema({"movie_key": pl.String(), "duration_mins": pl.Int64()}))
WEEKS = [date(2021, 11, 29) + timedelta(weeks=n) for n in range(6)]
ACTIVE = pl.Schema({"product": pl.String(), "week": pl.Date(), "first": pl.Date(), "users": pl.Int64()})
TOLD = pl.Schema({"a": pl.String(), "b": pl.String(), "delivered_on": pl.Date(), "record": pl.Int64()})
Session = Callable[[], Any]


def histories(columns: pl.Schema, keys: Sequence[tuple[str, ...]], values: st.SearchStrategy[Any]) -> Any:
    """Histories in which each key is added, changes, is deleted and comes back, on some of the days."""

    @st.composite
    def draw_rows(draw: st.DrawFn) -> pl.LazyFrame:
        rows = []
        for key in keys:
            was, known = None, False
            for day in DAYS:
                now = draw(st.none() | values)
                if now != was or (not known and now):
                    event = "deleted" if now is None else "changed" if was is not None else "added"
                    rows.append((*key, was if now is None else now, day, event))
                was, known = now, known or now is not None
        return pl.LazyFrame(rows, schema=columns, orient="row")

    return draw_rows()


def frames(columns: pl.Schema, *values: st.SearchStrategy[Any]) -> Any:
    rows = st.lists(st.tuples(*values), max_size=200)
    return rows.map(lambda some: pl.LazyFrame(some, schema=columns, orient="row"))


def assert_same(session: Session, transform: Callable[..., Any], *given: pl.LazyFrame, is_sorted: bool = False) -> None:
    """On both engines the frame has the same types and rows, and where it is sorted, the same order."""
    with tempfile.TemporaryDirectory() as folder:
        tables = [Table(f"given/{at}", frame.collect_schema()) for at, frame in enumerate(given)]
        lake = Lake(Path(folder), tables)
        for table, frame in zip(tables, given, strict=True):
            lake.write(table.name, frame, [""])
        on_spark = SparkLake(lake, session)
        expected, found = (transform(*(one.scan(table.name) for table in tables)) for one in (lake, on_spark))
        assert_frame_equal(
            pl.DataFrame(found.toArrow()), expected.collect(), check_row_order=is_sorted, check_exact=True
        )


keys, days = st.sampled_from(KEYS), st.sampled_from(DAYS)
countries, licensors = st.sampled_from(["SE", "FI", "", "é", None]), st.sampled_from(["A", "B", "ä", "Z", None])
normal = [("se",), ("strasse",), ("viii",), ("'",), ("i̇",)]


@settings(**PROFILE)
@given(
    plays=frames(PLAYS, keys, keys, st.integers(0, 120_000), days),
    locations=histories(LOCATIONS, normal, st.sampled_from(["SE", "FI"])),
    tracks=histories(TRACKS, normal, st.sampled_from(["A", "B"])),
)
def test_plays_are_enriched_alike(session: Session, plays: Any, locations: Any, tracks: Any) -> None:
    assert_same(session, enrich_plays, plays, locations, tracks)


@settings(**PROFILE)
@given(
    plays=frames(
        pl.Schema({**DAILY, "is_counted": pl.Boolean()}), days, countries, licensors, st.just(1), st.booleans()
    )
)
def test_days_are_aggregated_alike(session: Session, plays: Any) -> None:
    assert_same(session, aggregate_day, plays.drop("plays"), is_sorted=True)


@settings(**PROFILE)
@given(rows=frames(DAILY, days, countries, licensors, st.integers(1, 10**12)))
def test_months_are_combined_alike(session: Session, rows: Any) -> None:
    assert_same(session, combine_month, rows, is_sorted=True)


@settings(**PROFILE)
@given(
    facts=frames(
        pl.Schema({"a": pl.String(), "b": pl.String(), "on": pl.Date()}), *[st.sampled_from(["x", "y", "", None])] * 2, days
    ),
    rates=histories(RATES, [("x", "y"), ("x", ""), ("", "y"), ("y", "x")], st.integers(1, 3)),
)  # fmt: skip
def test_versions_of_keys_of_two_columns_are_looked_up_alike(session: Session, facts: Any, rates: Any) -> None:
    def looked_up(facts: Any, rates: Any) -> Any:
        return as_of(facts, rates, key={"a_key": "a", "b_key": "b"}, day="on", take={"rate": "rate_of_day"})

    assert_same(session, looked_up, facts, rates)


@settings(**PROFILE)
@given(
    dumps=st.lists(
        st.dictionaries(
            st.tuples(st.sampled_from(["x", "y", "z"]), st.sampled_from(["", "q", "é"])),
            st.tuples(st.none() | st.integers(0, 2), st.none() | st.lists(st.sampled_from(["a", "b"]), max_size=2)),
        ),
        min_size=1, max_size=2,
    )
)  # fmt: skip
def test_dumps_are_compared_alike(session: Session, dumps: Any) -> None:
    entity = pl.Schema({"a": pl.String(), "b": pl.String(), "pages": pl.Int64(), "names": pl.List(pl.String())})
    records = [[(*key, *content) for key, content in dump.items()] for dump in dumps]
    after, *before = [pl.LazyFrame(rows, schema=entity, orient="row") for rows in records]

    def compared(after: Any, *before: Any) -> Any:
        changes = differences(before[0] if before else None, after, entity, ["a", "b"], DAYS[0])
        return nw.from_native(changes).with_columns(nw.col("event").cast(nw.String)).to_native()

    assert_same(session, compared, after, *before)


def streams_of(seed: int) -> pl.LazyFrame:
    """Streams of some hundred random durations: what hypothesis likes best, small and round numbers, hides last digits."""
    chance, first = Random(seed), datetime(2021, 11, 29, tzinfo=UTC)
    rows = []
    for _ in range(chance.randrange(500)):
        start = first + timedelta(milliseconds=chance.randrange(10**8))
        end = start + timedelta(milliseconds=chance.randrange(10**7))
        keys = chance.choice(["ann", "bö"]), chance.choice(["dune", "m", "z"])
        rows.append((*keys, start, end, chance.choice(DAYS)))
    return pl.LazyFrame(rows, schema=STREAMS, orient="row")


@settings(**PROFILE)
@given(
    streams=st.integers(0, 10**6).map(streams_of),
    movies=histories(MOVIES, [("dune",), ("m",)], st.sampled_from([0, 1, 97])),
)
def test_streams_are_enriched_alike(session: Session, streams: Any, movies: Any) -> None:
    assert_same(session, enrich_streams, streams, movies)


@settings(**PROFILE)
@given(rows=frames(TOLD, st.sampled_from(["a", "b", "c"]), st.sampled_from(["x", ""]), days, st.integers(0, 10**9)))
def test_of_events_that_are_told_again_the_last_one_counts(session: Session, rows: Any) -> None:
    def counted(rows: Any) -> Any:
        if not isinstance(rows, pl.LazyFrame):
            return newest(rows, rows, ["a", "b"])
        return rows.sort("delivered_on", "record").unique(["a", "b"], keep="last", maintain_order=True)

    assert_same(session, counted, rows.unique(["delivered_on", "record"]))


@settings(**PROFILE)
@given(
    weeks=frames(
        ACTIVE, st.sampled_from(["viewing", "listening"]), *[st.sampled_from(WEEKS)] * 2, st.integers(1, 10**9)
    ),
    began=st.integers(0, 9),
    late=st.sets(st.integers(0, 40)),
)
def test_cohorts_are_retained_alike(session: Session, weeks: Any, began: int, late: set[int]) -> None:
    seen = weeks.filter(pl.col("first") <= pl.col("week"))
    calendar = [
        (one, WEEKS[0] + timedelta(days=n), n not in late) for one in ("viewing", "listening") for n in range(began, 41)
    ]
    schema = pl.Schema({"product": pl.String(), "date": pl.Date(), "is_complete": pl.Boolean()})
    assert_same(session, retain_cohorts, seen, pl.LazyFrame(calendar, schema=schema, orient="row"), is_sorted=True)
