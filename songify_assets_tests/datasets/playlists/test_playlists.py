"""The tables of playlists beside a plain reference: on random files in whatever order they come, and on the real ones."""

import json
import random
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from songify_assets.definitions import CATALOG
from songify_assets.foundation.lake import Lake
from songify_assets.orchestration.declare.datasets import Catalog
from songify_assets_tests.datasets.playlists.reference import TABLES, Record, counting
from songify_assets_tests.home import REAL_DATA, needs_real_data
from songify_assets_tests.in_process import InProcess
from songify_assets_tests.properties.engine import new_engine

CASES = 100
DATASETS = Catalog([one for one in CATALOG.datasets if one.name == "playlists"])
FIRSTS = (date(2021, 10, 25), date(2022, 3, 21), date(2021, 12, 27))
REAL_DAY = "2022-05-23"


def assert_equal_to_reference(lake: Lake, files: Sequence[tuple[date, Sequence[Record]]]) -> None:
    items = counting(files)
    for table, reference in TABLES.items():
        rows = sorted(map(repr, lake.scan(f"playlists/{table}").collect().rows()))
        assert rows == sorted(map(repr, reference(items))), table


def drawn(chance: random.Random) -> list[tuple[date, Sequence[Record]]]:
    """Files in random order of arrival: late ones, corrections, and records of other days than that of the file."""
    first = chance.choice(FIRSTS)
    days = [first + timedelta(days=chance.randrange(12)) for _ in range(chance.randint(3, 9))]
    return [(day, [item(chance, day) for _ in range(chance.randint(0, 14))]) for day in days]


def item(chance: random.Random, day: date) -> Record:
    playlist, video = chance.choice("AB"), chance.choice("vwxyz")
    # Few moments, about midnight in Stockholm too, so that records share one.
    at = datetime.combine(day, datetime.min.time()) - timedelta(
        hours=chance.choice([0, 1, 2, 26]), microseconds=chance.choice([0, 500_000])
    )
    return {
        "playlist_id": playlist,
        "playlist_name": chance.choice([f"{playlist} hits", "hits", None]),
        "artwork_url": chance.choice(["a", "b"]),
        "channel_id": chance.choice(["C1", "C2", None]),
        "views": chance.randrange(9),
        "num_videos": chance.randrange(9),
        "timestp": at.isoformat(),
        "video_id": video,
        "title": chance.choice([f"{video} (Official Video)", video, "♫ \u2019"]),
        "artist_name": chance.choice(["Ann", "ANN", "Bo", None]),
        "image_url": None,
        "track_title": chance.choice([video, None]),
        "position": chance.randrange(6),
    }


@pytest.mark.usefixtures("one_core")
@pytest.mark.parametrize("case", range(CASES))
def test_every_table_is_that_of_the_reference_in_whatever_order_files_come(tmp_path: Path, case: int):
    chance = random.Random(case)
    files, engine = drawn(chance), new_engine(tmp_path / "home", 1.0, DATASETS)
    for day, records in files:
        file = engine.store.settings.home / "drops" / "playlists" / str(day) / "youtube_playlist.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(records))
        engine.look_at(file, "playlists")
        if chance.random() < 0.3:
            engine.settle()
    engine.settle()
    assert_equal_to_reference(engine.store.lake, files)


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> InProcess:
    """The product with the real playlists and the real catalogue."""
    product = InProcess(tmp_path_factory.mktemp("real") / "home")
    for name in ("youtube_playlist.json", "cm_track.csv"):
        product.deliver("playlists", REAL_DAY, name, (REAL_DATA / "playlists" / name).read_text())
    assert not product.load().outcome.failures
    return product


@needs_real_data
def test_every_table_of_the_real_playlists_is_that_of_the_reference(loaded: InProcess):
    records = json.loads((REAL_DATA / "playlists" / "youtube_playlist.json").read_text())
    assert_equal_to_reference(Lake(loaded.home / "lake", DATASETS.tables.values()), [(date(2022, 5, 23), records)])
    counts = "SELECT (SELECT count(*) FROM playlists.playlists), (SELECT count(*) FROM playlists.videos)"
    assert loaded.ask(counts) == [(10, 1046)]


@needs_real_data
def test_the_real_catalogue_keeps_all_codes_but_the_two_that_are_none(loaded: InProcess):
    assert loaded.ask("SELECT count(*) FROM playlists.isrcs") == [(4536,)]
    refused = loaded.ask("SELECT reasons[1] FROM quarantine.rows ORDER BY ALL")
    assert [reason.split(",")[0] for (reason,) in refused] == [
        "`isrc` is 'AGIT840000T2'",
        "`isrc` is 'AGIT85000T14'",
    ]


@needs_real_data
def test_loading_twice_changes_nothing(loaded: InProcess):
    report = loaded.load()
    assert not report.outcome.computed
    name = "youtube_playlist.json"
    loaded.deliver("playlists", "2022-05-24", name, (REAL_DATA / "playlists" / name).read_text())
    before = {table: loaded.ask(f"FROM playlists.{table} ORDER BY ALL") for table in TABLES}
    loaded.load()
    assert {table: loaded.ask(f"FROM playlists.{table} ORDER BY ALL") for table in TABLES} == before
