"""Dumps that are large enough for their stored columns to be copied into the history and the latest table."""

from pathlib import Path
from random import Random

import pyarrow.parquet as pq

from songify_assets_tests.home import Home

FIRST, SECOND, THIRD = "2021-12-01", "2021-12-02", "2021-12-03"
TRACKS = 90_000


def test_dumps_are_copied_as_they_are_stored(tmp_path: Path) -> None:
    """Of a first dump the history has all records; the latest table those of the newest one, and what it lacks with its last content."""
    random, home = Random(3), Home(tmp_path)
    rows = {f"{random.getrandbits(256):064X}": random.choice("ABC") for _ in range(TRACKS)}
    ids = list(rows)
    dumps = {
        FIRST: rows,
        SECOND: {**{one: rows[one] for one in ids[50:]}, ids[60]: "D", "new": "E"},
        THIRD: {
            **{one: rows[one] for one in ids[20:-5]},
            ids[70]: "F",
        },  # some of what went is back, the new one is gone
    }
    for day, dump in dumps.items():
        lines = "".join(f"{one},{licensor}\n" for one, licensor in dump.items())
        home.deliver("royalties", day, "tracks.csv", f"id,licensor\n{lines}")
    home.load("--until", FIRST)
    assert _is_copied(home.path / "lake" / f"royalties/tracks_history/delivered_on={FIRST}")
    for day in (SECOND, THIRD):
        home.load("--until", day)
        assert _is_copied(home.path / "lake" / "royalties/tracks")
        last = {one: (licensor, False) for one, licensor in dumps[day].items()}
        known = {one: (licensor, True) for name, dump in dumps.items() if name < day for one, licensor in dump.items()}
        found = home.rows("SELECT id, licensor, is_deleted FROM royalties.tracks")
        assert {one: (licensor, gone) for one, licensor, gone in found} == known | last
        assert len(found) == len(known | last)
        history = home.rows("SELECT id, licensor FROM royalties.tracks_history WHERE is_current")
        assert dict(history) == dumps[day]


def test_a_late_first_dump_is_copied_and_the_next_one_compared_with_it(tmp_path: Path) -> None:
    random, home = Random(4), Home(tmp_path)
    rows = {f"{random.getrandbits(256):064X}": random.choice("ABC") for _ in range(TRACKS)}
    for day, dump in ((SECOND, rows), (FIRST, {**dict(list(rows.items())[:-3]), "old": "A"})):
        lines = "".join(f"{one},{licensor}\n" for one, licensor in dump.items())
        home.deliver("royalties", day, "tracks.csv", f"id,licensor\n{lines}")
        home.load()
    assert _is_copied(home.path / "lake" / f"royalties/tracks_history/delivered_on={FIRST}")
    assert not _is_copied(home.path / "lake" / f"royalties/tracks_history/delivered_on={SECOND}")
    changes = home.rows("SELECT change, count(*) FROM royalties.tracks_history GROUP BY ALL ORDER BY ALL")
    assert changes == [("added", TRACKS + 1)]
    assert home.rows("SELECT id, licensor FROM royalties.tracks WHERE is_deleted") == [("old", "A")]
    assert home.rows("SELECT count(*) FROM royalties.tracks") == [(TRACKS + 1,)]


def _is_copied(folder: Path) -> bool:
    """Whether its columns have no index of pages, which is not copied."""
    group = pq.read_metadata(folder / "part-0.parquet").row_group(0)
    return not group.column(0).has_offset_index
