"""Where a feed's file counts, and what becomes of one that a drop holds twice."""

import gzip
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import permutations
from pathlib import Path

import pytest

from songify_assets.definitions import CATALOG
from songify_assets.foundation.feeds import Feed
from songify_assets.foundation.landing import Landing, Look
from songify_assets.foundation.landing.places import why_left_alone
from songify_assets.foundation.ledger import Ledger
from songify_assets.foundation.sources import open_drops
from songify_assets.settings import Settings
from songify_assets_tests.home import zipped

DAY = "2021-12-01"
LOCATIONS, PLAYS = "id,country\n%s,SE\n", "location_id,track_id,played_ms\n%s,t,1\n"


@dataclass
class Place:
    """A place of drops of `royalties`, and what was landed from it."""

    home: Path
    clock: float = 1_640_000_000
    looks: list[Look] = field(default_factory=list)

    def deliver(self, path: str, content: str | bytes) -> None:
        file = self.home / "drops" / "royalties" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        self.clock += 1
        os.utime(file, (self.clock, self.clock))

    def look(self) -> Look:
        settings = Settings(home=self.home, settle_seconds=0)
        url, folder = settings.place_of("royalties")
        feeds = [feed for feed in CATALOG.feeds if feed.source == "royalties"]
        with open_drops(url, folder, None) as drops:
            landing = Landing(self.home / "landing", Ledger(self.home / "ledger.sqlite"))
            self.looks.append(landing.look("royalties", drops, feeds, settings, tell=lambda _: None))
        assert not self.looks[-1].errors
        return self.looks[-1]

    def states(self) -> dict[str, str]:
        """The files that count and those in quarantine, by their places below the source."""
        ledger = Ledger(self.home / "ledger.sqlite")
        feeds = [feed for feed in CATALOG.feeds if feed.source == "royalties"]
        days = {row["delivered_on"] for row in ledger.rows("SELECT DISTINCT delivered_on FROM files")}
        counts = [
            file.place for feed in feeds for day in days for file in ledger.files(feed.name, date.fromisoformat(day))
        ]
        refused = [row["place"] for row in ledger.rows("SELECT DISTINCT place FROM files WHERE state = 'refused'")]
        told = dict.fromkeys(refused, "refused") | dict.fromkeys(counts, "counts")
        assert len(told) == len(refused) + len(counts)
        return {place.removeprefix("royalties/"): state for place, state in sorted(told.items())}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    (tmp_path / "drops").mkdir()
    return Place(tmp_path)


SONGS = Feed(
    "songs", "listening", "increment", "json", ("song_data/**/*.json",), {}, CATALOG.feeds[0].model, lambda frame: frame
)
LOGS = Feed(
    "logs", "listening", "increment", "json", ("*-events.json",), {}, CATALOG.feeds[0].model, lambda frame: frame
)


@pytest.mark.parametrize(
    ("path", "feeds"),
    [
        ("plays.csv", CATALOG.feeds), ("plays.csv.gz", CATALOG.feeds), ("location.csv", CATALOG.feeds), ("plays.csv.GZ", CATALOG.feeds), ("anything.zip", CATALOG.feeds),
        ("song_data/A/B/x.json", [SONGS]), ("song_data/x.json.zst", [SONGS]), ("2018-11-01-events.json", [LOGS]),
    ],
)  # fmt: skip
def test_a_feed_has_its_file_in_the_drop_itself_and_in_the_folders_of_its_pattern(path: str, feeds: Sequence[Feed]):
    assert why_left_alone(path, feeds, "s") is None


@pytest.mark.parametrize(
    ("path", "feeds"),
    [
        ("store-a/plays.csv", CATALOG.feeds), ("old/plays.csv.gz", CATALOG.feeds), ("backup/data.zip", CATALOG.feeds), ("20211201/plays.csv", CATALOG.feeds),
        ("a/b/c/tracks.csv", CATALOG.feeds), ("old/song_data/A/x.json", [SONGS]), ("logs/2018-11-01-events.json", [LOGS]),
    ],
)  # fmt: skip
def test_a_feeds_file_anywhere_else_is_left_alone_and_told_where_it_belongs(path: str, feeds: Sequence[Feed]):
    assert "no place of a drop" in str(why_left_alone(path, feeds, "s"))


def test_files_at_places_that_are_none_are_noted_once_and_land_nothing(place: Place):
    for path in (
        f"{DAY}/store-a/plays.csv",
        f"{DAY}/old/plays.csv",
        "20211201/plays.csv",
        f"backup/{DAY}/plays.csv",
        f"{DAY}/a/b.zip",
    ):
        place.deliver(path, PLAYS % "x")
    place.deliver(f"{DAY}/plays.csv", PLAYS % "y")
    look = place.look()
    assert [file.place for file in look.landed] == [f"royalties/{DAY}/plays.csv"]
    assert len([note for note in look.notes if "no place of a drop" in note]) == 5
    assert not place.look().notes


def test_a_folder_named_like_a_date_that_is_none_is_told_as_such_and_left_alone(place: Place):
    for folder in ("2026-11-31", "2026-13-01", "0001-01-02"):
        place.deliver(f"{folder}/plays.csv", PLAYS % folder)
    look = place.look()
    assert look.landed == []
    assert sorted(note.partition("/royalties/")[2] for note in look.notes) == [
        "0001-01-02/plays.csv: its delivery date 0001-01-02 is before SONGIFY_START_DATE (2018-11-01); it is left alone.",
        "2026-11-31/plays.csv: 2026-11-31 is no date; it is left alone.",
        "2026-13-01/plays.csv: 2026-13-01 is no date; it is left alone.",
    ]
    assert not place.look().notes, "it is told once"


def test_in_a_zip_any_depth_is_a_place(place: Place):
    place.deliver(f"{DAY}/data.zip", zipped({"./export/plays.csv": PLAYS % "x", "a\\b\\location.csv": LOCATIONS % "x"}))
    assert len(place.look().landed) == 2
    assert place.states() == {
        f"{DAY}/data.zip/a/b/location.csv": "counts",
        f"{DAY}/data.zip/export/plays.csv": "counts",
    }


TWINS = {
    f"{DAY}/location.csv": LOCATIONS % "a",
    f"{DAY}/locations.csv": LOCATIONS % "b",
    f"{DAY}/locations.csv.gz": gzip.compress((LOCATIONS % "c").encode()),
    f"{DAY}/z.zip": zipped({"locations.csv": LOCATIONS % "d"}),
}


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize("order", [*permutations(TWINS, 2), tuple(TWINS), tuple(reversed(TWINS))])
def test_of_a_file_that_a_drop_holds_twice_the_first_by_path_counts_whichever_came_first(
    place: Place, order: tuple[str, ...], at_once: bool
):
    for path in order:
        place.deliver(path, TWINS[path])
        if not at_once:
            place.look()
    place.look()
    names = sorted(order)
    inside = {f"{DAY}/z.zip": f"{DAY}/z.zip/locations.csv"}
    assert place.states() == {inside.get(path, path): "counts" if path == names[0] else "refused" for path in names}
    told = {error.where for look in place.looks for error in look.refused}
    assert told == {f"royalties/{inside.get(path, path)}" for path in names[1:]}
    assert not place.look().refused, "it is told once"


def test_of_two_files_with_the_same_bytes_the_first_by_path_counts(place: Place):
    place.deliver(f"{DAY}/locations.csv", LOCATIONS % "a")
    place.look()
    place.deliver(f"{DAY}/location.csv", LOCATIONS % "a")
    place.look()
    assert place.states() == {f"{DAY}/location.csv": "counts", f"{DAY}/locations.csv": "refused"}


def test_a_correction_of_the_first_counts_and_one_of_the_second_is_refused(place: Place):
    place.deliver(f"{DAY}/location.csv", LOCATIONS % "a")
    place.deliver(f"{DAY}/locations.csv", LOCATIONS % "b")
    place.look()
    place.deliver(f"{DAY}/location.csv", LOCATIONS % "b")
    assert [file.place for file in place.look().landed] == [f"royalties/{DAY}/location.csv"]
    place.deliver(f"{DAY}/locations.csv", LOCATIONS % "c")
    look = place.look()
    assert (look.landed, [error.where for error in look.refused]) == ([], [f"royalties/{DAY}/locations.csv"])
    assert place.states() == {f"{DAY}/location.csv": "counts", f"{DAY}/locations.csv": "refused"}


def test_a_file_that_comes_instead_of_one_that_is_gone_is_its_correction(place: Place):
    place.deliver(f"{DAY}/location.csv", LOCATIONS % "a")
    place.look()
    (place.home / "drops" / "royalties" / DAY / "location.csv").unlink()
    place.deliver(f"{DAY}/locations.csv", LOCATIONS % "b")
    look = place.look()
    assert ([file.place for file in look.landed], look.refused) == ([f"royalties/{DAY}/locations.csv"], [])


def test_a_file_overwritten_in_place_each_night_is_no_twin_of_an_earlier_drop(place: Place):
    place.clock = 1_638_400_000  # 2021-12-02 in Stockholm
    place.deliver("locations.csv", LOCATIONS % "a")
    place.look()
    place.clock += 86_400
    place.deliver("locations.csv", LOCATIONS % "b")
    place.deliver("2021-12-02/location.csv", LOCATIONS % "c")
    look = place.look()
    assert (len(look.landed), look.refused) == (2, [])


def test_an_archive_that_holds_a_file_twice_counts_the_first_by_path(place: Place):
    members = {
        "z/locations.csv": LOCATIONS % "z",
        "a/location.csv": LOCATIONS % "a",
        "b/locations.csv": LOCATIONS % "b",
    }
    place.deliver(f"{DAY}/data.zip", zipped(members))
    assert len(place.look().refused) == 2
    states = {f"{DAY}/data.zip/{name}": "refused" for name in members}
    assert place.states() == states | {f"{DAY}/data.zip/a/location.csv": "counts"}
