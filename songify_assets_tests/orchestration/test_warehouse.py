"""A publication: who reads goes on reading, and what cannot be read keeps nothing else from being published."""

import os
import shutil
import time
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import polars as pl
import pytest

from songify_assets.definitions import CATALOG, build_store, build_triggers
from songify_assets.foundation.published import read_failing
from songify_assets.foundation.store import Store
from songify_assets.foundation.versions.differences import EVENTS
from songify_assets.orchestration.instance import open_instance
from songify_assets.orchestration.publish import published_table, warehouse
from songify_assets.orchestration.publish.snapshots import SUPERSEDED
from songify_assets.orchestration.publish.warehouse import Warehouse
from songify_assets.settings import Settings
from songify_assets_tests.in_process import InProcess

DAYS = ("2021-12-01", "2021-12-02")
PLAYS = "SELECT play_date::VARCHAR, count(*) FROM royalties.plays GROUP BY ALL ORDER BY ALL"
SUMS = """SELECT (SELECT count(*) FILTER (is_counted) FROM royalties.plays),
                 (SELECT sum(plays) FROM royalties.market_share_daily), (SELECT sum(plays) FROM royalties.market_share)"""


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return build_store(Settings(home=tmp_path / "home"))


@pytest.fixture
def linked(monkeypatch: pytest.MonkeyPatch) -> None:
    """All tables are large: the warehouse reads links to the files of the lake."""
    monkeypatch.setattr(published_table, "TABLE_BYTES", 0)


def computed(store: Store, plays: int, day: str = DAYS[0]) -> None:
    """A day of so many plays, and its marts."""
    key = date.fromisoformat(day)
    shares = {"country": "SE", "licensor": "Norr", "plays": plays}
    whole = {**shares, "month": key.replace(day=1), "country_plays": plays, "share": 1.0}
    play = {"play_date": key, "location_id": "se", "track_id": "a", "played_ms": 60_000, "is_counted": True}
    written = {
        "royalties/plays": [{**play, "country": "SE", "licensor": "Norr"}] * plays,
        "royalties/market_share_daily": [{"play_date": key, **shares}],
        "royalties/market_share": [whole],
    }
    for table, records in written.items():
        frame = pl.LazyFrame(records, schema_overrides={"plays": pl.Int64, "country_plays": pl.Int64})
        store.lake.write(table, frame, [str(whole["month"]) if table.endswith("share") else day])


def published(store: Store) -> dict[str, str]:
    return Warehouse(store, build_triggers(CATALOG), CATALOG.feeds, {}).publish().unreadable


def rows(store: Store, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(store.settings.home / "warehouse.duckdb"), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def snapshots(store: Store) -> list[Path]:
    return sorted((store.settings.home / "warehouse").iterdir(), key=lambda folder: folder.stat().st_ctime)


def cut(file: Path) -> None:
    """What a crash of the machine leaves: the first half, in place."""
    os.truncate(file, file.stat().st_size // 2)


@pytest.mark.usefixtures("linked")
def test_what_readers_may_have_open_goes_the_hours_after_it_was_superseded_and_not_before(store: Store):
    for plays in range(2, 6):
        computed(store, plays)
        published(store)
        if plays == 2:
            connection = duckdb.connect(str(store.settings.home / "warehouse.duckdb"), read_only=True)
    assert connection.sql(PLAYS).fetchall() == [(DAYS[0], 2)]
    connection.close()
    first, *_, newest = before = snapshots(store)
    assert len(before) == 4
    long_ago = time.time() - 24 * 3600 - 1
    os.utime(first / SUPERSEDED, (long_ago, long_ago))
    os.utime(newest, (long_ago, long_ago))
    published(store)
    assert set(before) - set(snapshots(store)) == {first}, "the newest is old, but may have been opened a moment ago"
    assert rows(store, PLAYS) == [(DAYS[0], 5)]


def test_a_table_that_cannot_be_read_keeps_what_was_published_and_the_others_go_on(store: Store):
    computed(store, 2)
    published(store)
    computed(store, 3)
    cut(store.lake.path("royalties/plays", DAYS[0]))
    assert list(published(store)) == ["royalties/plays"]
    assert rows(store, SUMS) == [(2, 3, 3)]
    assert list(published(store)) == ["royalties/plays"], "it is told each time"
    assert rows(store, SUMS) == [(2, 3, 3)]
    computed(store, 3)
    assert not published(store)
    assert rows(store, SUMS) == [(3, 3, 3)]


@pytest.mark.usefixtures("linked")
@pytest.mark.parametrize("in_place", [True, False])
def test_of_a_large_table_only_the_partition_that_cannot_be_read_keeps_its_state(store: Store, in_place: bool):
    for day in DAYS:
        computed(store, 2, day)
    published(store)
    file = store.lake.path("royalties/plays", DAYS[0])
    if not in_place:
        computed(store, 3)
    cut(file)
    computed(store, 7, DAYS[1])
    why = published(store)["royalties/plays"]
    assert f"play_date={DAYS[0]}" in why
    lost = [] if in_place else [(DAYS[0], 2)]
    assert rows(store, PLAYS) == [*lost, (DAYS[1], 7)], "a file that was cut in place is cut under its links too"


def test_a_table_that_cannot_be_read_and_was_never_published_has_what_can_be_read(store: Store):
    for day in DAYS:
        computed(store, 2, day)
    cut(store.lake.path("royalties/plays", DAYS[0]))
    assert list(published(store)) == ["royalties/plays"]
    assert rows(store, PLAYS) == [(DAYS[1], 2)]


@pytest.mark.usefixtures("linked")
def test_a_publication_that_fails_leaves_the_one_before_with_the_files_it_reads(store: Store, monkeypatch: Any):
    computed(store, 2)
    published(store)
    kept = snapshots(store)
    monkeypatch.setattr(warehouse, "refused_files", None)
    computed(store, 3)
    with pytest.raises(TypeError):
        published(store)
    assert rows(store, SUMS) == [(2, 2, 2)]
    assert snapshots(store) == kept


def test_a_warehouse_that_is_damaged_is_replaced_whole(store: Store):
    computed(store, 2)
    published(store)
    (store.settings.home / "warehouse.duckdb").write_bytes(b"no warehouse")
    cut(store.lake.path("royalties/plays", DAYS[0]))
    assert list(published(store)) == ["royalties/plays"]
    assert rows(store, SUMS) == [(0, 2, 2)]


STATES = """SELECT "table", through::VARCHAR, is_complete, rows FROM meta.tables WHERE "table" LIKE 'royalties.%share%' ORDER BY ALL"""


def test_a_publication_says_how_far_each_table_reaches_and_what_of_it_is_not_whole(store: Store):
    computed(store, 3)
    computed(store, 2, DAYS[1])
    published(store)
    whole = [("royalties.market_share", "2021-12-01", True, 1), ("royalties.market_share_daily", DAYS[1], True, 2)]
    assert rows(store, STATES) == whole
    store.ledger.mark([("royalties/market_share_daily", "2021-12-03")])
    published(store)
    assert rows(store, STATES) == [(*whole[0][:2], False, 1), whole[1]], (
        "the month lacks a day, the days reach to the second"
    )
    store.ledger.mark([("raw/plays", DAYS[0])])
    cut(store.lake.path("royalties/market_share", "2021-12-01"))
    published(store)
    assert [row[2] for row in rows(store, STATES)] == [False, False], "a day up to there is out of date"
    ids = rows(store, "SELECT publication_id, published_at FROM meta.publications ORDER BY published_at")
    assert len(ids) == len({row[0] for row in ids}) == 3


def test_a_publication_tells_where_a_table_comes_from_what_must_be_true_of_it_and_what_fails(product: InProcess):
    product.deliver("royalties", DAYS[0], "plays.csv", "location_id,track_id,played_ms\nse,a,60000\n")
    product.load()
    assert product.ask("SELECT reads, how FROM meta.lineage WHERE \"table\" = 'royalties.plays' ORDER BY ALL") == [
        ("raw.plays", "the events of its days, whenever they were delivered"),
        ("royalties.locations_history", "the version of its location_id that was valid on the day"),
        ("royalties.tracks_history", "the version of its track_id that was valid on the day"),
    ]
    checks = 'SELECT "check", is_blocking FROM meta.checks WHERE "table" = \'royalties.market_share\' ORDER BY ALL'
    assert product.ask(checks) == [("days_add_up", False), ("schema", True), ("shares_add_up", True)]
    failing = read_failing(product.home)
    assert failing is not None
    known = failing.filter(pl.col("check") == "known_tracks").select("table", "partition", "severity")
    assert known.rows() == [("royalties.plays", DAYS[0], "error")]
    assert {row[0] for row in product.ask("SELECT comment FROM duckdb_columns() WHERE schema_name = 'meta'")} >= {
        "which rows of it"
    }
    assert not product.ask("SELECT * FROM duckdb_columns() WHERE schema_name = 'meta' AND comment IS NULL")


def test_a_history_counts_its_versions_and_not_the_differences(store: Store):
    history = "royalties/tracks_history"
    track = {"track_key": "a", "id": "A", "licensor": "Norr", "delivered_on": date(2021, 12, 1), "event": "added"}
    for day, event in zip(DAYS, ("added", "deleted"), strict=True):
        dump = {**track, "delivered_on": date.fromisoformat(day), "event": event}
        store.lake.write(history, pl.LazyFrame([dump], schema_overrides={"event": EVENTS}), [day])
    published(store)
    assert rows(store, "SELECT rows FROM meta.tables WHERE \"table\" = 'royalties.tracks_history'") == [(1,)]
    assert rows(store, "SELECT count(*) FROM royalties.tracks_history") == [(1,)]


def test_a_publication_names_the_tables_that_were_written_since_the_one_before(product: InProcess):
    product.deliver("royalties", DAYS[0], "plays.csv", "location_id,track_id,played_ms\nse,a,60000\n")
    product.load()
    assert "royalties/plays" in changed(product)
    product.deliver("royalties", DAYS[0], "locations.csv", "id,country\nno,NO\n")
    product.load()
    assert changed(product) == {"royalties/locations_history", "royalties/locations"}


def changed(product: InProcess) -> set[str]:
    with open_instance(product.home) as instance:
        event = instance.get_latest_materialization_event(dg.AssetKey(["warehouse", "published"]))
    assert event
    assert event.asset_materialization
    return set(str(event.asset_materialization.metadata["changed"].value).split(", "))


def test_a_publication_on_top_of_another_equals_one_of_its_own(store: Store, tmp_path: Path):
    for day in DAYS:
        computed(store, 2, day)
    published(store)
    computed(store, 5, DAYS[1])
    computed(store, 3, "2021-12-03")
    shutil.rmtree(store.lake.path("royalties/plays", DAYS[0]).parent)
    published(store)
    assert rows(store, PLAYS) == [(DAYS[1], 5), ("2021-12-03", 3)]
    on_top, warehouse = tables(store), store.settings.home / "warehouse.duckdb"
    warehouse.unlink()
    published(store)
    assert tables(store) == on_top


def tables(store: Store) -> dict[str, object]:
    """The rows of each table, in any order, its columns and their comments."""
    with duckdb.connect(str(store.settings.home / "warehouse.duckdb"), read_only=True) as connection:
        listed = (
            "SELECT schema_name || '.' || table_name, comment FROM duckdb_tables() WHERE table_name <> 'publications'"
        )
        comments = "SELECT schema_name || '.' || table_name, column_name, data_type, comment FROM duckdb_columns()"
        names = connection.execute(listed).fetchall()
        kept = {name: connection.execute(f"FROM {name} ORDER BY ALL").fetchall() for name, _ in names}
        return {**kept, "": sorted(names), "columns": sorted(connection.execute(comments).fetchall(), key=str)}


def test_a_comment_that_changes_is_published_though_no_row_does(store: Store):
    computed(store, 2)
    published(store)
    texts = {"royalties/plays": {"": "One play.", "country": "where it was played"}}
    Warehouse(store, build_triggers(CATALOG), CATALOG.feeds, texts).publish()
    comments = "SELECT comment FROM duckdb_columns() WHERE table_name = 'plays' AND column_name = 'country'"
    assert rows(store, comments) == [("where it was played",)]
    assert rows(store, PLAYS) == [(DAYS[0], 2)]


def test_a_table_that_the_warehouse_before_cannot_give_is_read_from_the_lake(store: Store):
    computed(store, 2)
    published(store)
    with duckdb.connect(str(store.settings.home / "warehouse.duckdb")) as connection:
        connection.execute("DROP TABLE royalties.plays")
    published(store)
    assert rows(store, SUMS) == [(2, 2, 2)]


def test_a_table_that_grows_large_becomes_a_view_and_one_that_shrinks_a_table_again(
    store: Store, monkeypatch: pytest.MonkeyPatch
):
    kind = "SELECT table_type FROM information_schema.tables WHERE table_name = 'plays' AND table_schema = 'royalties'"
    for plays, most, expected in ((2, 8 << 20, "BASE TABLE"), (3, 0, "VIEW"), (4, 8 << 20, "BASE TABLE")):
        monkeypatch.setattr(published_table, "TABLE_BYTES", most)
        computed(store, plays)
        published(store)
        assert rows(store, kind) == [(expected,)]
        assert rows(store, SUMS) == [(plays, plays, plays)]


def test_a_table_that_is_no_longer_published_goes_with_the_next_publication(store: Store):
    computed(store, 2)
    published(store)
    del store.lake.tables["royalties/market_share"]
    published(store)
    there = "SELECT count(*) FROM information_schema.tables WHERE table_name = 'market_share'"
    assert rows(store, there) == [(0,)]
