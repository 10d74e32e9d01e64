"""What the sensors request, tick by tick, from real drops; and what they do when a source or the disk is in trouble."""

import os
import resource
import threading
import time
from datetime import date, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from songify_assets.errors import SongifyError
from songify_assets.foundation.ledger.days import begin_day
from songify_assets.foundation.ledger.sources import unreachable
from songify_assets_tests.automation.product import (
    LOCATIONS,
    Product,
    asked,
    deliver_plays,
    deliver_royalties,
    deliver_streams,
    product,
)
from songify_assets_tests.home import plays
from songify_assets_tests.hostile import Scene, playing
from songify_assets_tests.servers import pyftpd

DAYS = ("2021-11-30", "2021-12-01", "2021-12-02")
FEEDS_OF_ROYALTIES = (
    "raw/locations",
    "raw/plays",
    "raw/tracks",
    "royalties/locations",
    "royalties/locations_history",
    "royalties/tracks",
    "royalties/tracks_history",
)


FRESHNESS = dg.AssetCheckKey(dg.AssetKey(["raw", "plays"]), "freshness")


@pytest.fixture
def one(tmp_path: Path):
    with product(tmp_path / "home") as made:
        yield made


def test_a_drop_becomes_one_range_run_of_the_raw_history_and_latest_assets_of_its_source(one: Product):
    deliver_royalties(one.home, *DAYS)
    deliver_streams(one.home, DAYS[0], "Alien,a@x.se,1,2021-11-30T20:00:00.000+0100,2021-11-30T21:00:00.000+0100")
    requests = one.tick("royalties_drops").run_requests
    assert [asked(request) for request in requests] == [(DAYS[0], DAYS[-1], *FEEDS_OF_ROYALTIES)]
    assert {key.asset_key.to_user_string() for key in requests[0].asset_check_keys} == set(FEEDS_OF_ROYALTIES)
    assert "freshness" not in {key.name for key in requests[0].asset_check_keys}
    assert not one.tick("vendor_drops").run_requests
    assert [asked(request) for request in one.tick("viewing_drops").run_requests] == [
        (DAYS[0], DAYS[0], "raw/streams"),
    ]


def test_asked_twice_before_anything_runs_a_sensor_gives_the_same_run_keys(one: Product):
    deliver_royalties(one.home, *DAYS)
    first, second = one.tick("royalties_drops").run_requests, one.tick("royalties_drops").run_requests
    assert [request.run_key for request in first] == [request.run_key for request in second]
    assert one.tick("follow_ups").skip_message == "Nothing waits for a run."
    one.home.deliver("royalties", DAYS[0], "plays.csv", plays("se,a1,1"))
    assert {request.run_key for request in one.tick("royalties_drops").run_requests}.isdisjoint(
        request.run_key for request in first
    ), "a correction is another key"


def test_what_follows_runs_upstream_first_in_ranges_and_the_warehouse_is_published_once_at_last(one: Product):
    deliver_royalties(one.home, *DAYS)
    for day in DAYS:
        deliver_streams(one.home, day, f"Alien,a@x.se,1,{day}T20:00:00.000+0100,{day}T21:00:00.000+0100")
    for sensor in ("royalties_drops", "viewing_drops"):
        assert all(one.run(request).success for request in one.tick(sensor).run_requests)
        assert not one.tick(sensor).run_requests
    months, ticks = ("2021-11-01", "2021-12-01"), one.settle(["follow_ups"])
    # Engagement takes several ticks of its own.
    others = [[tuple(part for part in run if not part.startswith("engagement/")) for run in tick] for tick in ticks]
    assert [run for tick in others for run in tick if run[2:]] == [
        (DAYS[0], DAYS[-1], "royalties/market_share_daily", "royalties/plays", "viewing/streams"),
        (*months, "royalties/market_share", "royalties/market_share_sheets", "viewing/answers"),
        ("", "", "warehouse/published"),
    ]
    computed = [part for tick in ticks for run in tick for part in run[2:]]
    assert computed.index("viewing/streams") < computed.index("engagement/cohort_retention")
    assert ticks[-1] == [("", "", "warehouse/published")]
    assert [row[0] for row in one.home.rows("SELECT plays FROM royalties.market_share ORDER BY ALL")] == [1, 1, 2, 2]
    assert one.settle() == []
    assert one.store.ledger.marks() == []


def test_a_file_that_is_still_growing_requests_nothing(tmp_path: Path):
    with product(tmp_path / "home", settle_seconds=60) as one:
        path = one.home.deliver("royalties", DAYS[0], "plays.csv", plays("se,a1,60000"))
        for _ in range(2):
            with path.open("a") as file:
                file.write("se,b1,90000\n")
            tick = one.tick("royalties_drops")
            assert not tick.run_requests
            assert tick.skip_message == "0 new files, 1 files are not complete yet."
        os.utime(path, (time.time() - 61,) * 2)
        assert len(one.tick("royalties_drops").run_requests) == 1
        landed = one.store.ledger.files("plays", date.fromisoformat(DAYS[0]))
        assert [file.size for file in landed] == [path.stat().st_size]


def test_an_unreachable_source_is_a_skip_with_its_reason_and_known_since_when_until_it_is_reached(tmp_path: Path):
    mount = tmp_path / "mount"
    with product(tmp_path / "home", source_urls={"royalties": mount.as_uri()}) as one:
        before = time.time()
        tick = one.tick("royalties_drops")
        assert not tick.run_requests
        assert "folder does not exist" in tick.skip_message
        since, why = unreachable(one.store.ledger)["royalties"]
        assert before - 1 <= since.timestamp() <= time.time()
        assert why == tick.skip_message
        one.tick("royalties_drops")
        assert unreachable(one.store.ledger) == {"royalties": (since, why)}
        assert one.tick("viewing_drops").skip_message == "0 new files."
        (mount / DAYS[0]).mkdir(parents=True)
        (mount / DAYS[0] / "plays.csv").write_text(plays("se,a1,60000"))
        assert len(one.tick("royalties_drops").run_requests) == 1
        assert unreachable(one.store.ledger) == {}


def test_a_look_that_hangs_leaves_the_tick_short_and_its_result_comes_with_a_later_tick(tmp_path: Path, monkeypatch):
    monkeypatch.setattr("songify_assets.orchestration.automation.sensors.LOOK_S", 1)
    root, goes_on = tmp_path / "ftp", threading.Event()
    (root / "royalties" / DAYS[0]).mkdir(parents=True)
    (root / "royalties" / DAYS[0] / "plays.csv").write_text(plays("se,a1,60000"))

    def hang(command: str) -> None:
        if command.startswith(("MLSD", "RETR")):
            goes_on.wait()

    with pyftpd(root, before_command=hang) as server, product(tmp_path / "home", drops_url=server.url()) as one:
        for _ in range(2):
            began, tick = time.monotonic(), one.tick("royalties_drops")
            assert time.monotonic() - began > 0.9
            assert not tick.run_requests
            assert tick.skip_message.startswith("Still looking: ")
        assert sum(command.startswith("USER") for command in server.commands) == 1, "one look at a time"
        goes_on.set()
        assert [asked(request) for request in one.tick("royalties_drops").run_requests] == [
            (DAYS[0], DAYS[0], "raw/plays")
        ]


def test_an_error_that_is_no_fault_of_the_source_fails_the_tick_and_the_next_one_lands_the_file(one: Product):
    one.home.deliver("royalties", DAYS[0], "plays.csv", plays(*["se,a1,60000"] * 400_000))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2 << 20, hard))
    try:
        with pytest.raises(SongifyError, match=r"cannot be written .* then load again"):
            one.tick("royalties_drops")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert unreachable(one.store.ledger) == {}
    assert len(one.tick("royalties_drops").run_requests) == 1


def test_a_file_that_cannot_land_does_not_hold_up_the_runs_of_the_others_and_fails_the_next_tick(one: Product):
    one.home.deliver("royalties", DAYS[0], "plays.csv", plays(*["se,a1,60000"] * 400_000))
    one.home.deliver("royalties", DAYS[0], "locations.csv", LOCATIONS)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2 << 20, hard))
    try:
        [request] = one.tick("royalties_drops").run_requests
        assert "raw/locations" in asked(request)
        assert one.run(request).success
        with pytest.raises(SongifyError, match=r"cannot be written .* then load again"):
            one.tick("royalties_drops")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_folder_of_a_source_that_cannot_be_read_is_known_and_the_rest_is_computed(tmp_path: Path):
    files = {f"/royalties/{DAYS[0]}/plays.csv": plays("se,a1,60000").encode(), f"/royalties/{DAYS[1]}/plays.csv": b""}
    scene = Scene(files)
    scene.on = {"CWD": lambda talk, path: talk.say("550 no") if DAYS[1] in path else Scene._cwd(scene, talk, path)}
    with playing(scene), product(tmp_path / "home", drops_url=scene.url()) as one:
        tick = one.tick("royalties_drops")
        assert [asked(request) for request in tick.run_requests] == [(DAYS[0], DAYS[0], "raw/plays")]
        _, why = unreachable(one.store.ledger)["royalties"]
        assert f"/royalties/{DAYS[1]}: the server does not open this folder" in why


def test_a_tick_stays_short_with_100000_files_in_the_drops(one: Product):
    folder = one.home.path / "drops" / "royalties" / DAYS[0]
    folder.mkdir(parents=True)
    for number in range(100_000):
        (folder / f"other-{number}.csv").touch()
    (folder / "plays.csv").write_text(plays("se,a1,60000"))
    requests = None
    while not requests:
        tick_began = time.monotonic()
        requests = one.tick("royalties_drops").run_requests
        assert time.monotonic() - tick_began < 60, "Dagster gives a tick no longer"


def test_freshness_is_told_by_the_sensor_on_change_and_after_each_computation(one: Product):
    def told() -> list[bool]:
        history = one.instance.event_log_storage.get_asset_check_execution_history(FRESHNESS, limit=10)
        return [record.status.value == "SUCCEEDED" for record in history]

    one.tick("royalties_drops")
    assert told() == [], "nothing was ever delivered"
    deliver_plays(one.home, *DAYS)
    one.settle(["royalties_drops"])
    assert told()[0], "old data that is loaded now is not late"
    with one.store.ledger.transaction() as db:
        db.execute("UPDATE files SET landed_at = delivered_on || 'T02:00:00+00:00'")
    later_ticks(one)
    assert not told()[0], "it came every night, and every day since then is missing"
    known = len(told())
    later_ticks(one)
    assert len(told()) == known, "one verdict, not one a tick"
    today = datetime.now(one.store.settings.zone).date()
    deliver_plays(one.home, str(today - timedelta(days=9)))
    one.settle(["royalties_drops"])
    later_ticks(one)
    assert len(told()) > known, "the web UI shows no verdict that is older than the data"
    deliver_plays(one.home, str(today))
    one.settle(["royalties_drops"])
    assert told()[0]


def later_ticks(one: Product) -> None:
    """Ticks of later seconds, the resolution of Dagster's times."""
    for _ in range(2):
        time.sleep(1.1)
        one.tick("royalties_drops")


def test_a_day_that_has_ended_is_noticed_though_nothing_was_delivered(one: Product):
    deliver_streams(one.home, DAYS[0], "Alien,a@x.se,1,2021-11-30T20:00:00.000+0100,2021-11-30T21:00:00.000+0100")
    one.settle()
    assert not one.tick("follow_ups").run_requests
    begin_day(one.store.ledger, date.fromisoformat(DAYS[0]), [])  # as if it had been looked at then only
    [request] = one.tick("follow_ups").run_requests
    assert dg.AssetKey(["engagement", "calendar"]) in request.asset_selection
    one.run(request)
    one.settle()
    assert not one.tick("follow_ups").run_requests, "once"
    begin_day(one.store.ledger, date.fromisoformat(DAYS[1]), [])
    assert not one.tick("follow_ups").run_requests, "the calendar ends before"
