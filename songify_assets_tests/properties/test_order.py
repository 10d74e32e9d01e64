"""Order does not matter: whatever arrives in whatever order, and is compacted in between, the tables are those of a plain
brute-force reference."""

import tempfile
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from songify_assets.foundation.delivery import history
from songify_assets_tests.properties import reference, strategies
from songify_assets_tests.properties.engine import Engine, new_engine
from songify_assets_tests.properties.reference import Delivery

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("one_core")]

PROFILE = {"deadline": None, "derandomize": True, "suppress_health_check": list(HealthCheck)}
DUMPS_EXAMPLES, EVENTS_EXAMPLES = 32, 40
OMITTED = {"review_key", "stream_id", "delivered_at", "is_complete", "unit", "sql", "product"}


def comparable(rows: Sequence[dict[str, Any]]) -> Counter[tuple[Any, ...]]:
    return Counter(
        tuple(sorted((name, _plain(name, value)) for name, value in row.items() if name not in OMITTED)) for row in rows
    )


def _plain(name: str, value: Any) -> str:
    if name == "month":
        return str(value)[:7]
    if isinstance(value, float | int) and not isinstance(value, bool):
        return f"{value:.9g}"
    if isinstance(value, datetime):
        return str(value.timestamp())
    return str(value)


def fill(home: Path, arriving: Sequence[Delivery], limit: float, then: Sequence[str]) -> Engine:
    """A home to which the deliveries came; after each of them it was left alone, or settled, or settled and compacted."""
    engine = new_engine(home, limit)
    for n, delivery in enumerate(arriving):
        engine.arrive(delivery)
        if then[n % len(then)] != "wait":
            engine.settle()
        if then[n % len(then)] == "compact":
            engine.compact()
    engine.settle()
    return engine


def thens() -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(["wait", "settle", "compact"]), min_size=1, max_size=4)


def assert_equal(engine: Engine, expected: dict[str, list[dict[str, Any]]], tables: Sequence[str]) -> None:
    for table in tables:
        wanted = comparable(expected[table])
        columns = {name for row in expected[table] for name in row}
        found = comparable(
            [{n: v for n, v in row.items() if not columns or n in columns} for row in engine.rows(table)]
        )
        assert found == wanted, f"{table}: too many {found - wanted}, missing {wanted - found}"


def assert_conserved(engine: Engine) -> None:
    for row in engine.store.ledger.rows("SELECT * FROM deliveries"):
        assert row["accepted"] + row["refused"] + row["collapsed"] == row["received"], dict(row)


@pytest.mark.parametrize("feed", strategies.FULL_DUMPS)
def test_a_history_follows_from_the_set_of_dumps_whatever_their_order(feed: str) -> None:
    table = f"{strategies.SOURCES[feed]}.{feed}"

    @settings(max_examples=DUMPS_EXAMPLES, **PROFILE)
    @given(
        strategies.arrivals(strategies.dump_sequences(feed)),
        strategies.limits(),
        thens(),
        st.booleans(),
    )
    def check(both: tuple[list[Delivery], list[Delivery]], limit: float, then: list[str], carries: bool) -> None:
        drawn, arriving = both
        expected = reference.tables(drawn, mass_delete_limit=limit)
        with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
            if carries:  # dumps as small as these, too, as they are stored
                patch.setattr(history, "LEAST_BYTES", 0)
            engine = fill(Path(folder, "home"), arriving, limit, then)
            held = {(row["feed"], date.fromisoformat(row["delivered_on"])) for row in engine.store.ledger.rows(
                "SELECT feed, delivered_on FROM deliveries WHERE status = 'held'")}  # fmt: skip
            assert held == set(expected["held"])
            assert_equal(engine, expected, [f"{table}_history", table])
            refused = {(row["feed"], row["delivered_on"], row["record"]) for row in engine.rows("quarantine.rows")}
            assert refused == {row[:3] for row in expected["quarantine.rows"]}
            assert_conserved(engine)

    check()


VIEWING = ("movies", "streams", "reviews", "books", "authors")
ROYALTIES = ("locations", "tracks", "plays")


@settings(max_examples=EVENTS_EXAMPLES, **PROFILE)
@given(strategies.arrivals(strategies.drops(VIEWING)), thens())
def test_streams_answers_and_retention_do_not_depend_on_the_order(
    both: tuple[list[Delivery], list[Delivery]], then: list[str]
) -> None:
    drawn, arriving = both
    with tempfile.TemporaryDirectory() as folder:
        engine = fill(Path(folder, "home"), arriving, 0.2, then)
        tables = ["viewing.streams", "viewing.movie_books", "viewing.answers", "engagement.cohort_retention"]
        assert_equal(engine, reference.tables(drawn), tables)
        assert_conserved(engine)


@settings(max_examples=EVENTS_EXAMPLES, **PROFILE)
@given(strategies.arrivals(strategies.drops(ROYALTIES)), thens())
def test_plays_and_market_shares_do_not_depend_on_the_order(
    both: tuple[list[Delivery], list[Delivery]], then: list[str]
) -> None:
    drawn, arriving = both
    with tempfile.TemporaryDirectory() as folder:
        engine = fill(Path(folder, "home"), arriving, 0.2, then)
        assert_equal(
            engine,
            reference.tables(drawn),
            ["royalties.plays", "royalties.market_share_daily", "royalties.market_share"],
        )
        assert_conserved(engine)
