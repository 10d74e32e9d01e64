"""The real data, in every way it may be delivered."""

import gzip
import os
from pathlib import Path

import pyarrow as pa
import pytest

from songify_assets_tests.home import REAL_FILES, Home, at, deliver_real, needs_real_data, new_home, zipped

pytestmark = pytest.mark.long

pytestmark = needs_real_data
ROWS = {
    "viewing.users": 783, "viewing.movies": 91, "viewing.streams": 9652, "viewing.users_history": 783,
    "viewing.movies_history": 91, "viewing.answers": 6, "vendor.authors": 200, "vendor.books": 103, "vendor.reviews": 501,
    "vendor.authors_history": 200, "vendor.books_history": 103, "vendor.reviews_history": 501, "royalties.plays": 100,
    "royalties.locations": 10, "royalties.tracks": 20, "royalties.locations_history": 10, "royalties.tracks_history": 20,
    "quarantine.rows": 1, "quarantine.files": 0,
}  # fmt: skip


def assert_loaded(home: Home) -> None:
    assert {table: home.rows(f"SELECT count(*) FROM {table}")[0][0] for table in ROWS} == ROWS
    for table in (
        "viewing.movie_books",
        "royalties.market_share",
        "royalties.market_share_daily",
        "engagement.cohort_retention",
    ):
        assert home.rows(f"SELECT count(*) FROM {table}")[0][0] > 0
    assert home.rows("SELECT feed, record, reasons FROM quarantine.rows") == [("authors", 201, ["`name` is missing"])]
    assert home.rows("SELECT count(*) FROM royalties.plays WHERE licensor IS NULL") == [(11,)]


def test_the_real_data_load_as_one_drop_a_source_and_a_second_load_finds_nothing_new(tmp_path: Path) -> None:
    home = new_home(tmp_path / "home")
    deliver_real(home, "2021-12-31")
    first = home.songify("load")
    assert first.status == 0, first.text
    assert_loaded(home)
    answers = dict(home.rows("SELECT question, value FROM viewing.answers"))
    assert {name: round(value, 2) for name, value in answers.items()} == {
        "books_share": 93.41, "outage_users": 4, "singaporean_movies": 3, "average_duration": 43336.01, "median_size": 0.94, "half_watchers": 725,
    }  # fmt: skip
    for question, sql in home.rows("SELECT question, sql FROM viewing.answers"):
        assert float(home.rows(sql)[0][0]) == answers[question]
    second = home.songify("load")
    assert (second.status, second.out.splitlines()[0]) == (0, "Nothing new; everything is up to date.")


def test_the_real_data_load_from_zips(tmp_path: Path) -> None:
    home = new_home(tmp_path / "home")
    internal = {f"internal/{file.name}": file.read_bytes() for file in REAL_FILES["viewing"]}
    home.deliver("viewing", "2021-12-31", "data.zip", zipped(internal))
    home.deliver(
        "vendor", "2021-12-31", "vendor.zip", zipped({file.name: file.read_bytes() for file in REAL_FILES["vendor"]})
    )
    home.deliver(
        "royalties",
        "2021-12-31",
        "all.zip",
        zipped({f"a/b/{file.name}": file.read_bytes() for file in REAL_FILES["royalties"]}),
    )
    assert home.songify("load").status == 0
    assert_loaded(home)


def test_the_real_data_load_compressed_and_overwritten_in_place(tmp_path: Path) -> None:
    home = new_home(tmp_path / "home")
    home.clock = at("2021-12-31T12:00:00")
    for source, files in REAL_FILES.items():
        for n, file in enumerate(files):
            packed = gzip.compress(file.read_bytes()) if n % 2 else pa.compress(file.read_bytes(), "zstd", asbytes=True)
            home.deliver(source, None, file.name + (".gz" if n % 2 else ".zst"), packed)
    assert home.songify("load").status == 0
    assert_loaded(home)
    assert home.rows("SELECT DISTINCT valid_from::VARCHAR FROM vendor.books_history") == [("2021-12-31",)]


@pytest.mark.parametrize("table", ["royalties.plays", "viewing.streams"])
def test_the_lake_is_readable_without_the_product(tmp_path_factory: pytest.TempPathFactory, table: str) -> None:
    home = _shared(tmp_path_factory)
    schema, name = table.split(".")
    lake = home.path / "lake" / schema / name
    assert home.rows(f"SELECT count(*) FROM read_parquet('{lake}/*/part-0.parquet')") == home.rows(
        f"SELECT count(*) FROM {table}"
    )
    assert all(folder.name.partition("=")[0] in ("play_date", "stream_date") for folder in lake.iterdir())


def _shared(tmp_path_factory: pytest.TempPathFactory) -> Home:
    path = tmp_path_factory.getbasetemp() / "shared-real-home"
    if not path.exists():
        deliver_real(new_home(path), "2021-12-31")
        assert Home(path).songify("load").status == 0
    os.utime(path)
    return Home(path)
