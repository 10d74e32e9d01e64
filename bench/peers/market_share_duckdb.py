"""A day's plays to Parquet and market share, in DuckDB SQL: `python -m bench.peers.market_share_duckdb INPUT OUTPUT`.

INPUT holds plays.csv, and the tracks and locations of the day as Parquet (`key`, `licensor` or `country`).
"""

import sys
from pathlib import Path

import duckdb

from bench.peers.rules import landed


def main(source: Path, target: Path) -> None:
    """Writes landed/, raw.parquet, fact.parquet and shares.parquet."""
    landed(source / "plays.csv", target / "landed")
    db = duckdb.connect()
    db.execute("SET preserve_insertion_order = false")
    plays = f"""read_csv('{source}/plays.csv', header = true, auto_detect = false, delim = ',', quote = '"', new_line = '\\r\\n',
        columns = {{'location_id': 'VARCHAR', 'track_id': 'VARCHAR', 'played_ms': 'VARCHAR'}}, ignore_errors = true)"""
    written = "(FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)"
    db.execute(
        f"""COPY (SELECT nullif(location_id, '') AS location_id, nullif(track_id, '') AS track_id,
                         TRY_CAST(played_ms AS BIGINT) AS played_ms
                  FROM {plays} WHERE TRY_CAST(played_ms AS BIGINT) >= 0) TO '{target}/raw.parquet' {written}"""
    )
    db.execute(
        f"""COPY (SELECT DATE '2021-12-01' AS play_date, location_id, track_id, played_ms, country, licensor,
                         played_ms >= 60000 AS is_counted
                  FROM '{target}/raw.parquet' AS play
                  LEFT JOIN '{source}/locations.parquet' AS location ON lower(trim(location_id)) = location.key
                  LEFT JOIN '{source}/tracks.parquet' AS track ON lower(trim(track_id)) = track.key)
            TO '{target}/fact.parquet' {written}"""
    )
    db.execute(
        f"""COPY (SELECT country, licensor, count(*) AS plays,
                         count(*) / sum(count(*)) OVER (PARTITION BY country) AS share
                  FROM '{target}/fact.parquet' WHERE is_counted GROUP BY country, licensor) TO '{target}/shares.parquet' {written}"""
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
