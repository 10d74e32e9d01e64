"""A day of plays that is large enough for its stored columns to be copied into the fact."""

from pathlib import Path
from random import Random

import pyarrow.parquet as pq

from songify_assets_tests.home import Home

DAY = "2021-12-01"
PLAYS = 190_000


def test_the_columns_of_plays_are_copied_as_they_are_stored(tmp_path: Path) -> None:
    """The fact has the delivered rows in order, with what was looked up beside each; a day that comes once more is written anew."""
    random, home = Random(3), Home(tmp_path)
    tracks = [f"{random.getrandbits(256):064x}" for _ in range(2_000)]
    shops = [f"{random.getrandbits(256):064x}" for _ in range(120_000)]
    for name, header, ids, of in (
        ("tracks", "id,licensor", tracks[:-100], "ABC"),
        ("locations", "id,country", shops[:-500], ["se", "fi", ""]),
    ):
        lines = "".join(f"{one},{random.choice(of)}\n" for one in ids)
        home.deliver("royalties", DAY, f"{name}.csv", f"{header}\n{lines}")
    for plays in (PLAYS, PLAYS + 5):
        rows = [f"{random.choice(shops)},{random.choice(tracks)},{random.randrange(120_000)}" for _ in range(plays)]
        rows[7] = rows[7].rpartition(",")[0] + ",long"
        home.deliver("royalties", DAY, "plays.csv", "location_id,track_id,played_ms\n" + "\n".join(rows) + "\n")
        home.load("--source", "royalties")
        fact, raw = (
            home.path / "lake" / f"{table}={DAY}" / "part-0.parquet"
            for table in ("royalties/plays/play_date", "raw/plays/delivered_on")
        )
        assert _chunk(raw).has_offset_index
        assert not _chunk(fact).has_offset_index  # which is not copied
        expected = f"""
            SELECT raw.event_date, location_id, track_id, played_ms, country, licensor, played_ms >= 60000
            FROM (SELECT *, file_row_number AS place FROM read_parquet('{raw}', file_row_number = true)) AS raw
            LEFT JOIN royalties.locations AS l ON l.id = location_id LEFT JOIN royalties.tracks AS t ON t.id = track_id
            ORDER BY place"""
        found = home.rows(f"SELECT * FROM read_parquet('{fact}', hive_partitioning = false)")
        assert found == home.rows(expected)
        assert len(found) == plays - 1


def _chunk(file: Path) -> pq.ColumnChunkMetaData:
    group = pq.read_metadata(file).row_group(0)
    return next(group.column(at) for at in range(group.num_columns) if group.column(at).path_in_schema == "location_id")
