"""The real event log and song files: every event is accounted for, and each table is that of the plain reference."""

import json
from collections import Counter
from datetime import date

import pytest

from songify_assets.foundation.lake import Lake
from songify_assets_tests.datasets.engagement.drops import Drop
from songify_assets_tests.datasets.engagement.events import counting
from songify_assets_tests.datasets.engagement.test_engagement import DATASETS, assert_equal_to_reference
from songify_assets_tests.datasets.listening.real import DAY, deliver_real_listening
from songify_assets_tests.home import REAL_DATA, needs_real_data
from songify_assets_tests.in_process import InProcess

pytestmark = [pytest.mark.long, needs_real_data]


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> InProcess:
    """The product with all of the real listening data, delivered as one drop."""
    product = InProcess(tmp_path_factory.mktemp("real") / "home")
    deliver_real_listening(product)
    report = product.load()
    assert not report.outcome.failures
    return product


def drops() -> list[Drop]:
    found = []
    for file in sorted((REAL_DATA / "listening").rglob("*.json")):
        if any(part.startswith(".") for part in file.parts):
            continue
        text = file.read_text()
        feed = "song_files" if "song_data" in file.parts else "app_events"
        records = [json.loads(text)] if feed == "song_files" else [json.loads(line) for line in text.splitlines()]
        found.append(Drop(feed, date.fromisoformat(DAY), file.stem.removesuffix("-events"), tuple(records)))
    return found


def test_every_table_is_that_of_the_reference(loaded: InProcess) -> None:
    lake = Lake(loaded.home / "lake", DATASETS.tables.values())
    assert_equal_to_reference(lake, counting(drops()))


def test_every_event_is_accounted_for(loaded: InProcess) -> None:
    records = [record for drop in drops() if drop.feed == "app_events" for record in drop.records]
    kinds = Counter(
        "visitor" if not record["userId"] else "play" if record["page"] == "NextSong" else "page" for record in records
    )
    assert kinds == {"play": 4223, "page": 603, "visitor": 139}
    [(plays,)] = loaded.ask("SELECT count(*) FROM listening.song_plays")
    events = (
        "SELECT count(*) FILTER (user_id IS NULL), count(*) FILTER (user_id IS NOT NULL AND page <> 'NextSong') FROM"
    )
    [(visitors, pages)] = loaded.ask(f"{events} listening.app_events")
    [(refused,)] = loaded.ask("SELECT count(*) FROM quarantine.rows")
    assert (plays, pages, visitors, refused) == (kinds["play"], kinds["page"], kinds["visitor"], 0)


def test_hidden_folders_hold_no_songs(loaded: InProcess) -> None:
    songs = {drop.records[0]["song_id"] for drop in drops() if drop.feed == "song_files"}
    assert loaded.ask("SELECT count(*) FROM listening.songs") == [(len(songs),)]
    assert loaded.ask("SELECT count(*) FROM listening.artists WHERE location = ''") == [(0,)]
