"""Small inputs that real senders have produced: each gives its right result."""

import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from songify_assets.definitions import CATALOG, build_store
from songify_assets.foundation.delivery.quarantine import refused_files, refused_rows
from songify_assets.foundation.landing import Look
from songify_assets.foundation.sources import open_drops
from songify_assets.settings import Settings
from songify_assets_tests.properties.engine import FIRST, Engine

FIELD = Path(os.environ.get("SONGIFY_FIELD_DATA", Path(__file__).parents[3] / "shared" / "field"))
pytestmark = pytest.mark.skipif(not FIELD.exists(), reason=f"no field data at {FIELD} (SONGIFY_FIELD_DATA)")


@dataclass
class Loaded:
    """What one case of the field became."""

    engine: Engine
    looks: dict[str, Look]

    def rows(self, table: str, *columns: str) -> list[tuple[Any, ...]]:
        found = [tuple(row[column] for column in columns) for row in self.engine.rows(table)]
        return sorted(found, key=str)

    def raw(self, feed: str, day: str, *columns: str) -> list[tuple[Any, ...]]:
        return self.engine.store.lake.scan(f"raw/{feed}", [day]).select(columns).collect().rows()

    def refused(self, feed: str, day: str) -> dict[int, str]:
        """The reasons for which records of a delivery are refused."""
        rows = refused_rows(self.engine.store, feed).to_dicts()
        return {row["record"]: "; ".join(row["reasons"]) for row in rows if str(row["delivered_on"]) == day}

    def unreadable(self) -> dict[str, str]:
        """The files that are refused whole: what is wrong, and what to ask the sender."""
        return {file.place: file.says for file in refused_files(self.engine.store)}

    def notes(self) -> list[str]:
        return [note for look in self.looks.values() for note in look.notes]


def loaded(home: Path, case: str) -> Loaded:
    """Loads a case as `songify load` does, without Dagster's runs."""
    settings = Settings(home=home, settle_seconds=0, start_date=FIRST, drops_url=f"file://{FIELD / case}")
    engine, looks = Engine(build_store(settings), CATALOG), {}
    for source in sorted(folder.name for folder in (FIELD / case).iterdir()):
        url, folder = settings.place_of(source)
        with open_drops(url, folder, None) as drops:
            own = [feed for feed in CATALOG.feeds if feed.source == source]
            looks[source] = engine.store.landing.look(source, drops, own, settings, tell=lambda _: None)
        assert not looks[source].errors
    engine.settle()
    for feed in CATALOG.feeds:
        for delivery in engine.store.ledger.deliveries(feed.name):
            assert delivery.received == delivery.accepted + delivery.refused + delivery.collapsed
    return Loaded(engine, looks)


def test_a_raw_control_character_costs_only_its_record(tmp_path: Path):
    case = loaded(tmp_path, "02-raw-control-character")
    for day in ("2021-12-01", "2021-12-02"):
        assert case.raw("books", day, "name") == [("Tide",), ("Lantern",)]
        assert case.refused("books", day) == {2: "is not JSON"}
    assert len(case.raw("reviews", "2021-12-01", "text")) + len(case.refused("reviews", "2021-12-01")) == 3
    assert case.refused("reviews", "2021-12-01") == {2: "is not JSON"}
    assert not case.unreadable()


def test_whole_numbers_written_as_floats_are_read(tmp_path: Path):
    case = loaded(tmp_path, "04-whole-number-as-float")
    assert case.rows("royalties.plays", "played_ms") == [(231000,), (59000,), (61000,)]
    assert case.rows("vendor.books", "name", "pages") == [("Harbour", 210), ("Lantern", None), ("Tide", 210)]
    assert case.rows("vendor.reviews", "rating") == [(4,)]
    assert case.rows("viewing.movies", "duration_mins") == [(118,), (95,), (None,)]


def test_a_name_told_twice_is_never_its_first_value(tmp_path: Path):
    case = loaded(tmp_path, "05-duplicate-json-key")
    for day in ("2021-12-01", "2021-12-02"):
        assert case.refused("books", day) == {1: "tells `publisher` twice", 2: "tells `name` twice"}


def test_one_feed_in_two_folders_is_noted_and_left_alone(tmp_path: Path):
    case = loaded(tmp_path, "10-one-feed-in-two-folders")
    assert sorted(note.split("/")[-2] + "/plays.csv" for note in case.notes() if "no place" in note) != []
    assert [
        folder
        for folder in ("store-a", "store-b")
        if any(f"{folder}/plays.csv: this is no place" in note for note in case.notes())
    ] == ["store-a", "store-b"]
    assert case.rows("royalties.plays", "played_ms") == []
    assert len(case.rows("royalties.locations", "id")) == 2


def test_members_of_an_archive_may_be_named_with_dot_slash(tmp_path: Path):
    case = loaded(tmp_path, "11-zip-names-with-dot-slash")
    assert len(case.raw("plays", "2021-12-01", "played_ms")) == 1
    assert len(case.raw("plays", "2021-12-02", "played_ms")) == 2
    assert case.raw("locations", "2021-12-02", "id") == [("loc-1",), ("loc-2",)]
    assert not case.notes()


MESSAGES = {
    "royalties/2021-12-01/plays.csv": ("comma too many", "line 1, column 31", "Ask the sender"),
    "royalties/2021-12-02/plays.csv": ("carriage returns (CR)", "line 1, column 31", "end with LF or CRLF"),
    "royalties/2021-12-03/plays.csv": ("UTF-16", "FF FE", "UTF-8"),
    "royalties/2021-12-04/plays.csv": ("U+200B (ZERO WIDTH SPACE)", "line 1, column 31", "without it"),
    "royalties/2021-12-05/plays.csv": ("`sep=,`", "line 1", "without that line"),
    "royalties/2021-12-06/plays.csv": ("UTF-16LE", "byte order mark", "UTF-8"),
    "vendor/2021-12-01/books.json": ("UTF-16", "FF FE", "UTF-8"),
    "vendor/2021-12-02/books.json": ("a comma before its closing bracket", "after record 1", "without the comma"),
}


def test_a_file_that_cannot_be_read_says_which_letter_where_and_what_to_ask_the_sender(tmp_path: Path):
    case = loaded(tmp_path, "16-header-messages")
    told = case.unreadable()
    assert set(told) == set(MESSAGES)
    assert {place: [word for word in words if word not in told[place]] for place, words in MESSAGES.items()} == {
        place: [] for place in MESSAGES
    }
    assert case.raw("plays", "2021-12-07", "track_id") == [("trk-1",)]
    assert case.refused("plays", "2021-12-07")[2] == "`track_id` holds the control character U+0000"


def test_of_one_stream_told_three_times_the_last_counts_and_the_others_are_counted(tmp_path: Path):
    case = loaded(tmp_path, "17-one-stream-told-twice")
    assert case.rows("viewing.streams", "movie_title", "size_mb") == [("The Pier", 99.0), ("The Quay", 10.0)]
    delivery = case.engine.store.ledger.delivery("streams", date(2021, 12, 1))
    assert delivery
    assert (delivery.received, delivery.accepted, delivery.refused, delivery.collapsed) == (5, 2, 0, 3)


def test_a_torn_line_of_json_lines_costs_only_itself(tmp_path: Path):
    case = loaded(tmp_path, "18-first-line-of-ndjson-broken")
    assert case.rows("vendor.books", "name") == [("Harbour",), ("Tide",)]
    assert case.rows("vendor.authors", "name") == [("Ida Berg",), ("Tove Lind",)]
    assert case.refused("books", "2021-12-01") == {1: "is not JSON"}
    assert case.refused("authors", "2021-12-01") == {2: "is not JSON"}


def test_an_old_copy_in_a_subfolder_is_noted_and_does_not_count(tmp_path: Path):
    case = loaded(tmp_path, "21-old-copies-in-a-subfolder")
    assert len(case.rows("royalties.plays", "track_id")) == 3
    assert [note for note in case.notes() if "old/plays.csv" in note]


def test_times_on_the_full_minute_are_read(tmp_path: Path):
    case = loaded(tmp_path, "22-times-on-the-full-minute")
    assert len(case.rows("viewing.streams", "start_at")) == 4
    assert len(case.rows("vendor.reviews", "created_at")) == 3
    assert not case.refused("streams", "2021-12-01")
    assert not case.refused("reviews", "2021-12-01")


def test_a_stream_whose_end_is_not_yet_known_is_refused(tmp_path: Path):
    case = loaded(tmp_path, "23-end-not-yet-known")
    assert case.rows("viewing.streams", "user_email") == [("a@mail.example",)]
    assert "more than a day after it was landed" in case.refused("streams", "2021-12-01")[2]


def test_text_after_a_date_is_refused(tmp_path: Path):
    case = loaded(tmp_path, "24-text-after-a-date")
    refused = case.refused("authors", "2021-12-01")
    assert {2, 3} <= set(refused)
    assert all("not a date" in reason for reason in refused.values())
    assert ("Ida Berg", date(1950, 2, 3)) in case.rows("vendor.authors", "name", "birth_date")
