"""Pages by position: whatever the rows are, one after the other they are all of them, in order."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import duckdb
import orjson
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from songify_assets.serving import questions
from songify_assets.serving.catalogue import Catalogue, read_catalogue
from songify_assets.serving.forms import ARROW, JSON, JSON_ROWS
from songify_assets.serving.found_rows import found_rows
from songify_assets.serving.positions import position_after, read_position
from songify_assets.serving.problems import Problem
from songify_assets.serving.publications import Publication
from songify_assets.serving.questions import question
from songify_assets.serving.threads import Threads

COLUMNS = {
    "text": ("VARCHAR", st.text(st.characters(codec="utf-8"), max_size=2)),
    "whole": ("BIGINT", st.sampled_from([-(2**63), -1, 0, 2**63 - 1])),
    "real": ("DOUBLE", st.sampled_from([float("nan"), float("-inf"), -0.5, 1e-7, 1e300])),
    "day": ("DATE", st.dates(date(1, 1, 1), date(9999, 12, 31))),
    "instant": (
        "TIMESTAMPTZ",
        st.sampled_from([datetime(1, 2, 3, tzinfo=UTC), datetime(2021, 12, 1, 4, 5, 6, 7, tzinfo=UTC)]),
    ),
    "truth": ("BOOLEAN", st.booleans()),
    "list": ("VARCHAR[]", st.lists(st.sampled_from("ab"), max_size=2)),
}


def warehouse(columns: list[str], rows: list[tuple[object, ...]], key: list[str]) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'; CREATE SCHEMA meta; CREATE SCHEMA s")
    connection.execute("CREATE TABLE meta.publications AS SELECT 'p' AS publication_id, now() AS published_at")
    connection.execute('CREATE TABLE meta.tables ("table" TEXT, through DATE, is_complete BOOLEAN, rows BIGINT)')
    connection.execute("INSERT INTO meta.tables VALUES ('s.t', NULL, TRUE, ?)", [len(rows)])
    connection.execute('CREATE TABLE meta.keys ("table" TEXT, position INTEGER, "column" TEXT)')
    for place, name in enumerate(key):
        connection.execute("INSERT INTO meta.keys VALUES ('s.t', ?, ?)", [place, name])
    connection.execute(f"CREATE TABLE s.t ({', '.join(f'{name} {COLUMNS[name][0]}' for name in columns)})")
    if rows:
        connection.executemany(f"INSERT INTO s.t VALUES ({', '.join('?' * len(columns))})", rows)
    return connection


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[str], list[tuple[object, ...]], list[str]]:
    columns = draw(st.lists(st.sampled_from(list(COLUMNS)), min_size=1, max_size=3, unique=True))
    some = [
        draw(st.tuples(*(st.none() | COLUMNS[name][1] for name in columns))) for _ in range(draw(st.integers(0, 5)))
    ]
    rows = draw(st.lists(st.sampled_from(some), max_size=12)) if some else []
    return columns, rows, draw(st.sampled_from([[], columns[:1], columns]))


@pytest.fixture(scope="module", params=[1, questions.MANY], ids=["written by DuckDB", "of Python's values"])
def many(request: pytest.FixtureRequest) -> Iterator[None]:
    """From how many rows on their JSON is written by DuckDB."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(questions, "MANY", request.param)
        yield


@settings(deadline=None, max_examples=60)
@given(tables(), st.integers(1, 5), st.sampled_from([JSON, ARROW]))
@example((["text", "whole"], [(None, None), ("", None), (None, -(2**63))], ["text"]), 1, JSON)
@pytest.mark.filterwarnings("ignore:Arrow output on a DB-API result")
def test_pages_are_all_rows_in_order(
    many: None, table: tuple[list[str], list[tuple[object, ...]], list[str]], limit: int, media: str
):
    columns, rows, key = table
    with warehouse(columns, rows, key) as connection:
        catalogue = read_catalogue(connection)
        paged = pages(catalogue, connection, limit, media)
        order = key or columns
        ordered = f"FROM s.t ORDER BY {', '.join(f'{name} NULLS FIRST' for name in order)}"
        expected = connection.execute(ordered).fetchall()
        places = [columns.index(name) for name in order]
        assert sorted(map(repr, paged)) == sorted(map(repr, expected))
        assert [repr([row[place] for place in places]) for row in paged] == [
            repr([row[p] for p in places]) for row in expected
        ]


def pages(
    catalogue: Catalogue, connection: duckdb.DuckDBPyConnection, limit: int, media: str
) -> list[tuple[object, ...]]:
    asked, found = [("limit", str(limit))], list[tuple[object, ...]]()
    while True:
        what = question(catalogue, "/v1/tables/s/t", asked)
        sql, values = what.sql(ARROW)
        page = connection.execute(sql, values).fetchall()
        rows = min(len(page), limit)
        found += page[:rows]
        if len(page) <= limit:
            return found
        form = what.read_as(media)
        read = found_rows(connection, *what.sql(form), form)
        position = position_after(what.table, read, rows, what.order_places, "p", what.after)
        assert read_position(position.token) == position
        asked = [("limit", str(limit)), ("after", position.token)]


@settings(deadline=None, max_examples=100)
@given(tables())
@example((["text"], [('\0\x1f\x7f\u2028"\\/',), ("\U0001f600",)], []))
def test_json_is_the_same_whoever_writes_it(table: tuple[list[str], list[tuple[object, ...]], list[str]]):
    columns, rows, key = table
    with warehouse(columns, rows, key) as connection:
        what = question(read_catalogue(connection), "/v1/tables/s/t", [])
        told = [found_rows(connection, *what.sql(form), form) for form in (JSON, JSON_ROWS)]
        texts = [b"".join(found.encoded(len(rows), len(columns))[0]) for found in told]
    assert orjson.loads(texts[0]) == orjson.loads(texts[1])
    assert len(orjson.loads(texts[0])) == len(rows)


def test_a_question_that_takes_too_long_is_ended():
    endless = "SELECT count(*) FROM range(100_000_000_000) AS a(i) WHERE hash(i) = 1"

    async def ask() -> None:
        threads = Threads(patience_s=0.2)
        with duckdb.connect() as connection:
            publication = Publication(Catalogue("p", datetime.now(UTC), 1, {}), connection, connection, (0, 0))
            began = datetime.now(UTC)
            with pytest.raises(Problem, match=r"takes longer than 0\.2 s"):
                await threads.ask(publication, lambda cursor: cursor.execute(endless).fetchall())
            assert datetime.now(UTC) - began < timedelta(seconds=20)
            assert await threads.ask(publication, lambda cursor: cursor.execute("SELECT 1").fetchall()) == [(1,)]
        threads.close()

    asyncio.run(ask())
