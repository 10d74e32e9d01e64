"""Compaction of a home: what it takes away comes back when it is needed, and what fails holds nothing else back."""

import random
import shutil
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from songify_assets.definitions import CATALOG, build_triggers
from songify_assets.foundation.delivery.raw import raw_keys
from songify_assets.foundation.landing import kept
from songify_assets.foundation.ledger.manifests import bytes_of
from songify_assets.foundation.store import Store
from songify_assets.orchestration.automation.compaction import Compacted, Compaction
from songify_assets.orchestration.planner.missing import mend, missing_partitions
from songify_assets.orchestration.planner.rebuilding import lost_bytes
from songify_assets.orchestration.planner.upgrades import mark_changed
from songify_assets.orchestration.runs import QUIET
from songify_assets_tests import nights
from songify_assets_tests.automation.product import Product, deliver_royalties, product
from songify_assets_tests.home import csv, plays

FIRST, ZONE = date(2021, 11, 27), ZoneInfo("Europe/Stockholm")
SENSORS = [
    f"{feed}_drops"
    for feed in (
        "viewing",
        "vendor",
        "royalties",
        "listening",
        "playlists",
        "subscriptions",
        "payments",
        "marketing",
        "live",
    )
] + ["follow_ups"]
GO = {
    "users",
    "movies",
    "authors",
    "books",
    "reviews",
    "locations",
    "tracks",
    "isrcs",
    "plays",
    "streams",
    "app_events",
    "plans",
    "channels",
    "ad_accounts",
    "google_ads",
    "facebook_ads",
    "email_sends",
    *("logins", "steps", "logins_counts", "steps_counts"),
}
STAY = {
    *("song_files", "playlist_items", "subscription_events", "touchpoints", "conversions"),
    *("invoices", "gateway_transactions", "gateway_payouts", "bank_lines"),
}


def compacted(store: Store, **ages: int) -> Compacted:
    """Compacts with these settings; by default everything before today is old."""
    settings = store.settings.model_copy(update={"keep_plain_days": 0, "keep_raw_days": 0, **ages})
    return Compaction(replace(store, settings=settings), CATALOG, build_triggers(CATALOG)).run(lambda _: None)


@pytest.fixture(scope="module")
def settled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with six nights of all sources."""
    path = tmp_path_factory.mktemp("settled") / "home"
    with product(path) as one:
        for night in nights.nights(FIRST, 6):
            nights.deliver(one.home, night)
        one.settle(SENSORS)
    return path


@pytest.fixture
def one(settled: Path, tmp_path: Path):
    """A copy of it."""
    shutil.copytree(settled, tmp_path / "home", symlinks=True)
    with product(tmp_path / "home") as copy:
        yield copy


def tables(one: Product) -> dict[str, list[str]]:
    """The rows of all tables but the raw ones."""
    names = [name for name in one.store.lake.tables if not name.startswith(("raw/", "quarantine/"))]
    return {name: sorted(map(repr, one.store.lake.scan(name).collect().rows())) for name in names}


def test_raw_partitions_go_but_for_feeds_of_which_all_are_read(one: Product):
    before = tables(one)
    done = compacted(one.store)
    assert done.errors == []
    assert {feed.name for feed in CATALOG.feeds} == GO | STAY
    for feed in CATALOG.feeds:
        there = one.store.lake.keys(feed.raw)
        assert len(there) == (0 if feed.name in GO else 6), feed.name
        assert len(raw_keys(one.store, feed)) == 6
    assert not any(kept.is_plain(one.store.landing.root, file.name) for file in files_landed(one))
    assert tables(one) == before
    assert compacted(one.store).saved == {}, "a second time there is nothing to do"


def files_landed(one: Product) -> list[Path]:
    return [path for path in one.store.landing.root.glob("files/*/*") if path.suffix == ""]


def test_what_was_taken_away_is_not_missed(one: Product):
    compacted(one.store)
    triggers = build_triggers(CATALOG)
    assert missing_partitions(one.store, triggers, CATALOG.feeds) == []
    assert mend(one.store, triggers, CATALOG.feeds) == []
    assert mark_changed(one.store, triggers.nodes) == []
    assert lost_bytes(one.store) == {}
    one.catch_up()
    assert one.settle(SENSORS) in ([], [[("", "", "warehouse/published")]])


def test_young_deliveries_stay_as_they_are(one: Product):
    today = datetime.now(ZONE).date()
    ages = {"keep_plain_days": (today - FIRST).days - 2, "keep_raw_days": (today - FIRST).days - 4}
    done = compacted(one.store, **ages)
    assert {
        (saved.table, saved.files) for saved in done.saved.values() if saved.table in ("raw/plays", "raw/books")
    } == {
        ("raw/plays", 4),
        ("raw/books", 4),
    }
    days = {
        str(file.delivered_on): kept.is_plain(one.store.landing.root, file.sha256) for file in all_files(one, "plays")
    }
    assert list(days.values()) == [False, False, True, True, True, True]


def all_files(one: Product, feed: str):
    return [file for night in nights.nights(FIRST, 6) for file in one.store.ledger.files(feed, night)]


LATE = {
    "a late dump between others": ("vendor", 2, "books.json", "[]"),
    "a dump before all others": ("royalties", -1, "tracks.csv", csv("id,licensor", "a,Old")),
    "another dump of a day": ("royalties", 3, "tracks.csv", csv("id,licensor", "a,Other", "b,New")),
    "plays of a day that had others": ("royalties", 2, "plays.csv", plays("se,a,60000")),
    "streams of an old day": (
        "viewing",
        1,
        "streams.csv",
        csv(
            "movie_title,user_email,size_mb,start_at,end_at",
            "Alien,late@x.se,9,2021-11-26T20:00:00Z,2021-11-26T21:00:00Z",
        ),
    ),
    "songs of a keyed feed": (
        "listening",
        1,
        "song_data/A/B/TR1.json",
        nights.listening(FIRST)["song_data/A/B/TR1.json"].replace("Dos", "Tres"),
    ),
}


@pytest.mark.parametrize("what", LATE)
def test_what_comes_late_changes_what_it_would_have_changed(settled: Path, tmp_path: Path, what: str):
    source, night, name, content = LATE[what]
    outcomes = []
    for compacts in (False, True):
        path = tmp_path / str(compacts)
        shutil.copytree(settled, path, symlinks=True)
        with product(path) as copy:
            if compacts:
                assert compacted(copy.store).errors == []
            copy.home.clock = 1_700_000_000
            copy.home.deliver(source, str(FIRST + timedelta(days=night)), name, content)
            copy.settle(SENSORS)
            outcomes.append(tables(copy))
            if compacts:
                assert compacted(copy.store).errors == []
                assert not copy.store.lake.keys("raw/plays"), "what was made again goes again"
                assert tables(copy) == outcomes[-1]
    assert outcomes[0] == outcomes[1]


def test_a_damaged_file_holds_only_itself_and_its_raw_partition(one: Product):
    files = {feed: all_files(one, feed) for feed in ("plays", "tracks")}
    broken = bytes_of(one.store.landing.root, files["plays"][1].sha256)
    broken.write_bytes(broken.read_bytes().replace(b"6", b"7"))
    done = compacted(one.store)
    told = [str(error) for error in done.errors]
    assert len(told) == 2, told
    assert all(str(broken) in text or "royalties/2021-11-28/plays.csv" in text for text in told)
    assert one.store.lake.keys("raw/plays") == ["2021-11-28"], "its raw partition is all there is, and stays"
    assert one.store.lake.keys("raw/tracks") == []
    assert [path.name for path in files_landed(one)] == [broken.name]


def test_a_table_that_cannot_be_read_holds_only_itself(one: Product):
    lake = one.store.lake
    for table in ("playlists/playlist_views_log", "raw/tracks"):
        lake.path(table, lake.keys(table)[-1]).write_bytes(b"no parquet")
    done = compacted(one.store)
    assert len(done.errors) == 2, done.errors
    assert [error.where for error in done.errors] == ["raw/tracks 2021-12-02", "playlists/playlist_views_log"]
    assert all("it cannot be read. Run `songify load`" in str(error) for error in done.errors)
    assert lake.keys("raw/tracks") == ["2021-12-02"]
    assert not files_landed(one)


def test_what_is_about_to_be_computed_keeps_its_raw_partitions(one: Product):
    one.store.ledger.mark([("royalties/plays", "2021-11-28"), ("vendor/books_history", "2021-11-28")])
    compacted(one.store)
    assert len(one.store.lake.keys("raw/plays")) == len(one.store.lake.keys("raw/books")) == 6
    assert one.store.lake.keys("raw/tracks") == []


def test_after_an_upgrade_what_was_taken_away_is_read_anew(one: Product, monkeypatch: pytest.MonkeyPatch):
    compacted(one.store)
    nodes = build_triggers(CATALOG).nodes
    changed = {**nodes, "raw/tracks": replace(nodes["raw/tracks"], code_version="next")}
    (said,) = mark_changed(one.store, changed)
    assert "raw/tracks" in said
    assert "6 partitions" in said
    before = tables(one)
    one.settle(SENSORS)
    assert len(one.store.lake.keys("raw/tracks")) == 6
    assert tables(one) == before


def test_the_job_compacts_and_tells_what_it_could_not(one: Product):
    job = next(job for job in one.definitions.jobs if job.name == "compact")
    assert job.execute_in_process(instance=one.instance, run_config=QUIET).success
    assert one.store.lake.keys("raw/tracks") == [], "2021 is more than 30 days ago"
    (plays_of_a_day, *_) = all_files(one, "plays")
    kept.place_of(one.store.landing.root, plays_of_a_day.sha256).unlink()
    one.store.ledger.mark([("raw/plays", "2021-11-28")])
    one.settle(SENSORS)
    bytes_of(one.store.landing.root, plays_of_a_day.sha256).write_bytes(b"others")
    failed = job.execute_in_process(instance=one.instance, run_config=QUIET, raise_on_error=False)
    assert not failed.success
    (failure,) = [event for event in failed.all_events if event.is_step_failure]
    assert "not those that came" in str(failure.step_failure_data.error)


def test_random_deliveries_of_today_stay_until_their_days_have_passed(tmp_path: Path):
    today, chance = datetime.now(ZONE).date(), random.Random(1)
    with product(tmp_path / "home") as fresh:
        days = sorted(chance.sample([today - timedelta(days=back) for back in range(40)], 12))
        deliver_royalties(fresh.home, *map(str, days))
        fresh.settle(SENSORS)
        compaction = Compaction(fresh.store, CATALOG, build_triggers(CATALOG)).run(lambda _: None)
        assert compaction.errors == []
        ages = {day: (today - day).days for day in days}
        assert fresh.store.lake.keys("raw/tracks") == [str(day) for day in days if ages[day] <= 30]
        assert len(raw_keys(fresh.store, next(feed for feed in CATALOG.feeds if feed.name == "tracks"))) == 12
