"""A month's market share from the raw plays of its days, in DuckDB SQL: what is there without daily counts.

INPUT holds raw-*.parquet, and tracks and locations as Parquet (`key`, `licensor` or `country`).
"""

import sys
from pathlib import Path

import duckdb


def main(source: Path, target: Path) -> None:
    """Writes shares.parquet."""
    duckdb.execute(
        f"""COPY (SELECT country, licensor, count(*) AS plays,
                         count(*) / sum(count(*)) OVER (PARTITION BY country) AS share
                  FROM '{source}/raw-*.parquet' AS play
                  LEFT JOIN '{source}/locations.parquet' AS location ON lower(trim(location_id)) = location.key
                  LEFT JOIN '{source}/tracks.parquet' AS track ON lower(trim(track_id)) = track.key
                  WHERE played_ms >= 60000 GROUP BY country, licensor)
            TO '{target}/shares.parquet' (FORMAT parquet, COMPRESSION zstd)"""
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
