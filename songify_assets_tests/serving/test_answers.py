"""Each answer is what the warehouse holds: in every form, by every filter, page by page."""

import base64
import csv
import io
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import duckdb
import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet
import pytest

from songify_assets_tests.serving.conftest import TITLES
from songify_assets_tests.serving.served import Heard, Served, serving

PLAYS = "/v1/tables/royalties/plays"
NAMED = {
    "/v1/market-share": "royalties.market_share",
    "/v1/answers": "viewing.answers",
    "/v1/churn": "engagement.churn",
}
FORMS = ("json", "csv", "arrow", "parquet")


@pytest.fixture(scope="module")
def server(home: Path) -> Iterator[Served]:
    with serving(home) as served:
        yield served


def asked(home: Path, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        return connection.execute(sql, values).fetchall()


def as_texts(rows: list[tuple[Any, ...]]) -> list[list[Any]]:
    """Values as JSON and CSV have them."""
    return [[_text(value) for value in row] for row in rows]


def _text(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value.isoformat() if isinstance(value, date) else value


def arrow_rows(heard: Heard, form: str) -> list[tuple[Any, ...]]:
    source = io.BytesIO(heard.body)
    table = pa.ipc.open_stream(source).read_all() if form == "arrow" else pa.parquet.read_table(source)
    return [tuple(row.values()) for row in table.to_pylist()]


@pytest.mark.parametrize("form", FORMS)
def test_every_table_is_answered_whole_and_in_order_page_by_page(server: Served, home: Path, form: str):
    for told in server.get("/v1/tables").data:
        path, limit = f"/v1/tables/{told['schema']}/{told['name']}?format={form}", max(1, (told["rows"] or 0) // 3)
        order = ", ".join(
            f'"{name}" NULLS FIRST' for name in told["key"] or [column["name"] for column in told["columns"]]
        )
        expected = asked(home, f'FROM "{told["schema"]}"."{told["name"]}" ORDER BY {order}')
        found: list[Any] = []
        for page in server.pages(f"{path}&limit={limit}"):
            if form == "json":
                found += [list(row.values()) for row in page.data]
            elif form == "csv":
                found += list(csv.reader(io.StringIO(page.body.decode(), newline="")))[1:]
            else:
                found += arrow_rows(page, form)
        if form == "csv":
            assert len(found) == len(expected), told["table"]
        elif form == "json":
            assert found == as_texts(expected), told["table"]
        else:
            assert [tuple(map(str, row)) for row in found] == [tuple(map(str, row)) for row in expected], told["table"]


@pytest.mark.parametrize("path", NAMED)
def test_a_named_answer_is_the_table(server: Served, home: Path, path: str):
    rows = asked(home, f"FROM {NAMED[path]} ORDER BY ALL NULLS FIRST")
    assert sorted(map(str, (list(row.values()) for row in server.get(path).data))) == sorted(map(str, as_texts(rows)))


@pytest.mark.parametrize(
    ("query", "sql"),
    [
        ("licensor=O%27Brien", "licensor = 'O''Brien'"),
        ("licensor.ne=Norr", "licensor <> 'Norr'"),
        ("licensor.is=null", "licensor IS NULL"),
        ("licensor.in=Norr,Syd", "licensor IN ('Norr', 'Syd')"),
        ("played_ms.gt=60050&played_ms.lte=60100", "played_ms > 60050 AND played_ms <= 60100"),
        ("played_ms.gte=60100&country=SE", "played_ms >= 60100 AND country = 'SE'"),
        ("play_date.lt=2021-12-02", "play_date < DATE '2021-12-02'"),
        ("is_counted=true&location_id=xx", "is_counted AND location_id = 'xx'"),
        ("country=%27%20OR%201=1%20--", "false"),
        ("country=%00", "false"),
    ],
)
def test_a_filter_compares_values(server: Served, home: Path, query: str, sql: str):
    expected = asked(home, f"FROM royalties.plays WHERE {sql} ORDER BY ALL NULLS FIRST")
    assert [list(row.values()) for row in server.get(f"{PLAYS}?{query}").data] == as_texts(expected)


@pytest.mark.parametrize("title", TITLES)
def test_a_quote_in_a_filter_is_a_value(server: Served, title: str):
    found = server.get(f"/v1/tables/viewing/movies?title={quote(title)}&columns=title,movie_key").data
    assert [row["title"] for row in found] == [title]


def test_equal_rows_on_the_edge_of_pages_are_told_as_often_as_they_are(server: Served, home: Path):
    [(number,)] = asked(home, "SELECT count(*) FROM royalties.plays WHERE played_ms = 61000")
    for limit in (1, 7, number):
        pages = list(server.pages(f"{PLAYS}?played_ms=61000&limit={limit}&columns=track_id"))
        assert [row for page in pages for row in page.data] == [{"track_id": "a"}] * number


def test_an_instant_can_be_compared_and_paged_by(server: Served, home: Path):
    path = "/v1/tables/viewing/streams?start_at.gte=2021-12-01T13:00:00.5%2B00:00&columns=start_at,user_email&limit=4"
    expected = asked(
        home, "SELECT count(*) FROM viewing.streams WHERE start_at >= TIMESTAMPTZ '2021-12-01 13:00:00.5+00'"
    )
    rows = [row for page in server.pages(path) for row in page.data]
    assert [(len(rows),)] == expected
    assert {row["start_at"][-8:] for row in rows} == {".500000Z"}


def test_history_is_what_was_valid_on_the_day(server: Served, home: Path):
    for day, licensor in (
        ("2021-11-30", None),
        ("2021-12-01", "O'Brien"),
        ("2021-12-02", "Syd"),
        ("2030-01-01", "Syd"),
    ):
        rows = server.get(f"/v1/history/royalties/tracks?as_of={day}&track_key=b").data
        assert [row["licensor"] for row in rows] == ([licensor] if licensor else [])
    assert server.get("/v1/history/royalties/tracks").status == 400
    assert server.get("/v1/history/royalties/tracks?as_of=2021-13-01").status == 400
    assert server.get("/v1/history/royalties/market_share?as_of=2021-12-01").status == 404


@pytest.mark.parametrize(
    "query",
    """nothing=1 plays.like=1 plays=many month=2021 limit=0 limit=10001 limit=x columns=nothing share=1e999 licensor.is=true after=x
    after=WzEsMiwzXQ plays=9223372036854775808 limit=1&limit=2 licensor=%ff columns=""".split(),
)
def test_what_makes_no_sense_is_said(server: Served, query: str):
    heard = server.get(f"/v1/market-share?{query}")
    assert (heard.status, heard.headers["content-type"]) == (400, "application/problem+json")
    assert heard.json["status"] == 400
    assert heard.json["detail"].endswith(".")
    if query.startswith("nothing"):
        assert heard.json["columns"] == ["month", "country", "licensor", "plays", "country_plays", "share"]


def test_what_is_not_there_is_404(server: Served):
    for path in (
        "/v1/tables/royalties/nothing",
        "/v1/nothing",
        "/nothing",
        "/v1/tables/a/b/c",
        "/static/nothing",
    ):
        heard = server.get(path)
        assert (heard.status, heard.headers["content-type"]) == (404, "application/problem+json"), path
    assert server.get("/v1/answers", method="POST").status == 405


def test_the_form_is_negotiated(server: Served):
    def form(accept: str, query: str = "") -> str:
        return server.get(f"/v1/answers{query}", Accept=accept).headers["content-type"]

    assert form("text/csv") == "text/csv; charset=utf-8"
    assert form("application/vnd.apache.parquet, */*;q=0.1") == "application/vnd.apache.parquet"
    assert form("application/*;q=0.5, text/csv;q=0.4") == "application/json"
    assert form("text/html, */*;q=0.8") == "application/json"
    assert form("text/html", "?format=arrow") == "application/vnd.apache.arrow.stream"
    assert server.get("/v1/answers", Accept="text/html").status == 406
    assert server.get("/v1/answers?format=xml").status == 406


def test_freshness_is_in_the_document_and_in_the_headers(server: Served, home: Path):
    [(published_at, through)] = asked(
        home,
        """SELECT (SELECT max(published_at) FROM meta.publications), through FROM meta.tables
           WHERE "table" = 'royalties.plays' AND is_complete""",
    )
    heard = server.get(f"{PLAYS}?limit=1")
    assert heard.json["published_at"] == heard.headers["songify-published-at"] == _text(published_at)
    assert heard.json["through"] == heard.headers["songify-through"] == str(through)
    assert heard.json["complete"] is True
    for form in FORMS:
        assert server.get(f"{PLAYS}?format={form}").headers["songify-complete"] == "true"


def test_an_answer_that_is_known_is_not_sent_again(server: Served):
    for form in FORMS:
        path = f"/v1/market-share?format={form}"
        etag = server.get(path).headers["etag"]
        assert etag.startswith('W/"')
        for tags in (etag, f'"other", {etag}', "*", etag.removeprefix("W/")):
            heard = server.get(path, If_None_Match=tags)
            assert (heard.status, heard.body) == (304, b"")
            assert heard.headers["songify-through"] == "2021-12-01"
        assert server.get(path, If_None_Match='"other"').status == 200
    assert len({server.get(f"/v1/market-share?limit={limit}").headers["etag"] for limit in (1, 2, 3)}) == 3


def test_the_pages_for_people_load_nothing_from_elsewhere(server: Served):
    for path in ("/", "/docs"):
        page = server.get(path)
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert b'<html lang="en">' in page.body
        assert b"//" not in page.body.replace(b"<!doctype", b"")
    for path in ("swagger-ui.css", "swagger-ui-bundle.js", "start.js", "LICENSE"):
        assert server.get(f"/static/swagger/{path}").status == 200


def test_the_first_page_leads_to_the_live_page_wherever_that_is(server: Served):
    assert b'href="/live"' in server.get("/").body
    moved = server.get("/live")
    assert (moved.status, moved.headers["location"]) == (307, "http://127.0.0.1:8460/live")
