"""Publications under readers: the new one is there at once, pages end in the one they began in, and nothing is left behind."""

import asyncio
import threading
import time
from collections.abc import Iterator
from datetime import UTC, date
from pathlib import Path

import duckdb
import polars as pl
import psutil
import pytest

from songify_assets.definitions import CATALOG, build_store, build_triggers
from songify_assets.orchestration.publish import published_table
from songify_assets.orchestration.publish.warehouse import Warehouse
from songify_assets.serving.answering import Answering
from songify_assets.serving.forms import JSON
from songify_assets.settings import Settings
from songify_assets_tests.serving.served import Served, serving

DAY = date(2021, 12, 1)
SHARE, PLAYS = "/v1/market-share", "/v1/tables/royalties/plays"
WITHIN_S = 1.0
READERS = 4


class Publishing:
    """A home in which each publication has another number of plays, at two places each."""

    def __init__(self, home: Path, snapshot_hours: float) -> None:
        self.home = home
        settings = Settings(home=home, snapshot_hours=snapshot_hours)
        self._store = build_store(settings)
        self._warehouse = Warehouse(self._store, build_triggers(CATALOG), CATALOG.feeds, {}, CATALOG.keys)

    def publish(self, number: int) -> None:
        share = {"month": DAY, "licensor": "Norr", "plays": number, "country_plays": number, "share": 1.0}
        play = {"play_date": DAY, "track_id": "a", "played_ms": 60_000, "licensor": "Norr", "is_counted": True}
        places = [("se", "SE"), ("no", "NO")]
        rows = [{**play, "location_id": place, "country": country} for place, country in places] * number
        self._store.lake.write("royalties/plays", pl.LazyFrame(rows), [str(DAY)])
        shares = pl.LazyFrame([{**share, "country": country} for _, country in places])
        self._store.lake.write("royalties/market_share", shares, [str(DAY)])
        self._warehouse.publish()

    def published(self) -> str:
        with duckdb.connect(str(self.home / "warehouse.duckdb"), read_only=True) as connection:
            [(newest,)] = connection.execute("SELECT max(published_at) FROM meta.publications").fetchall()
        return str(newest.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"))


@pytest.fixture(scope="module", params=["copied", "linked"])
def product(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Publishing]:
    """All tables are copied, or all are large: the warehouse reads links, which go as soon as it is superseded."""
    is_linked = request.param == "linked"
    with pytest.MonkeyPatch.context() as patch:
        if is_linked:
            patch.setattr(published_table, "TABLE_BYTES", 0)
        made = Publishing(tmp_path_factory.mktemp("swapped") / "home", 0 if is_linked else 24)
        made.publish(10)
        yield made


@pytest.fixture(scope="module")
def server(product: Publishing) -> Iterator[Served]:
    with serving(product.home) as served:
        yield served


def until_shown(server: Served, product: Publishing) -> None:
    """Fails when the publication is not shown within a second of being there."""
    published, give_up = product.published(), time.monotonic() + WITHIN_S
    while server.get("/v1/health").json["published_at"] != published:
        assert time.monotonic() < give_up


def test_what_is_asked_again_is_of_the_new_publication_and_unchanged_rows_keep_their_tag(
    server: Served, product: Publishing
):
    product.publish(11)
    until_shown(server, product)
    before = {path: server.get(path) for path in (SHARE, "/v1/tables/royalties/tracks")}
    product.publish(12)
    until_shown(server, product)
    share, tracks = (server.get(path, If_None_Match=heard.headers["etag"]) for path, heard in before.items())
    assert (share.status, {row["plays"] for row in share.data}) == (200, {12})
    assert tracks.status == 304
    assert tracks.headers["songify-published-at"] == product.published() != before[SHARE].json["published_at"]


def test_pages_end_in_the_publication_in_which_they_began(
    server: Served, product: Publishing, request: pytest.FixtureRequest
):
    product.publish(20)
    until_shown(server, product)
    began = server.get(f"{PLAYS}?limit=6").json
    product.publish(30)
    until_shown(server, product)
    address, rows = began["next"], len(began["data"])
    if "linked" in request.node.name:  # the links of the one before are gone by then, as the setting says
        assert server.get(address).status == 410
        return
    while address:
        page = server.get(address)
        assert page.json["published_at"] == page.headers["songify-published-at"] == began["published_at"]
        rows, address = rows + len(page.data), page.json["next"]
    assert rows == 40
    product.publish(31)
    until_shown(server, product)
    gone = server.get(began["next"])
    assert (gone.status, gone.headers["content-type"]) == (410, "application/problem+json")


def test_readers_see_no_error_and_no_mixture_while_it_is_published(server: Served, product: Publishing):
    ended, trouble, seen = threading.Event(), list[str](), dict[str, set[int]]()

    def read(number: int) -> None:
        asked, is_last = 0, False
        while not is_last:
            is_last = ended.is_set()
            asked += 1  # each limit is a question of its own, so that most are not cached
            heard = server.get(f"{SHARE if number % 2 else PLAYS}?limit={1000 + asked % 997}")
            if heard.status != 200:
                trouble.append(f"{heard.status} {heard.body!r}")
                continue
            rows = heard.json["data"]
            found = {row["plays"] for row in rows} if number % 2 else {len(rows) // 2}
            seen.setdefault(heard.json["published_at"], set()).update(found)

    readers = [threading.Thread(target=read, args=(number,)) for number in range(READERS)]
    for reader in readers:
        reader.start()
    for number in range(50, 58):
        product.publish(number)
        until_shown(server, product)
    ended.set()
    for reader in readers:
        reader.join()
    assert trouble == []
    assert {len(found) for found in seen.values()} == {1}, seen
    assert set(range(50, 58)) <= set().union(*seen.values())


def test_nothing_is_left_behind(server: Served, product: Publishing):
    for number in range(60, 70):
        product.publish(number)
        until_shown(server, product)
        server.get(SHARE)
    assert [path.name for path in product.home.glob(".serving*")] == []
    opened = warehouses(server.process)
    assert len(set(opened)) <= 2
    assert all(opened.count(publication) <= 2 for publication in opened), "one for the threads, one for the event loop"


def test_a_publication_is_kept_open_from_when_it_is_asked(product: Publishing):
    async def ask() -> int:
        answering = Answering(product.home)
        try:
            await answering.watcher.look()
            publication = answering.current()
            asked = asyncio.create_task(answering.answer("/v1/tables", "", JSON))
            await asyncio.sleep(0)  # asked, and its question has not begun
            readers = publication.readers
            await asked
            return readers - publication.readers
        finally:
            answering.close()

    assert asyncio.run(ask()) == 1


def warehouses(process: psutil.Process) -> list[int]:
    """The publications that a process has open, as files: each as often as it is open."""
    opened = [Path(f"/proc/{process.pid}/fd/{name}") for name in map(str, range(process.num_fds() * 4))]
    return [link.stat().st_ino for link in opened if link.is_symlink() and ".serving-" in str(link.readlink())]
