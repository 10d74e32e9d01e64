"""A day's plays to Parquet and market share, in ClickHouse SQL in the process (chDB)."""

import sys
from pathlib import Path

import chdb

from bench.peers.rules import landed

SETTINGS = (
    "output_format_parquet_compression_method = 'zstd', output_format_compression_level = 1, "
    "input_format_allow_errors_ratio = 0.1, join_use_nulls = 1"
)


def main(source: Path, target: Path) -> None:
    """Writes landed/, raw.parquet, fact.parquet and shares.parquet."""
    landed(source / "plays.csv", target / "landed")
    columns = "location_id String, track_id String, played_ms String"
    plays = f"file('{source}/plays.csv', CSVWithNames, '{columns}')"
    _write(
        target / "raw.parquet",
        f"""SELECT nullIf(location, '') AS location_id, nullIf(track, '') AS track_id, ms AS played_ms
            FROM (SELECT location_id AS location, track_id AS track, toInt64OrNull(played_ms) AS ms FROM {plays})
            WHERE ms >= 0""",
    )
    _write(
        target / "fact.parquet",
        f"""SELECT toDate('2021-12-01') AS play_date, location_id, track_id, played_ms, country, licensor,
                   played_ms >= 60000 AS is_counted
            FROM file('{target}/raw.parquet') AS play
            LEFT ANY JOIN file('{source}/locations.parquet') AS location ON lower(trim(location_id)) = location.key
            LEFT ANY JOIN file('{source}/tracks.parquet') AS track ON lower(trim(track_id)) = track.key""",
    )
    _write(
        target / "shares.parquet",
        f"""SELECT country, licensor, toInt64(count()) AS plays, plays / sum(plays) OVER (PARTITION BY country) AS share
            FROM file('{target}/fact.parquet') WHERE is_counted GROUP BY country, licensor""",
    )


def _write(path: Path, query: str) -> None:
    chdb.query(f"INSERT INTO FUNCTION file('{path}', Parquet) {query} SETTINGS {SETTINGS}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
