"""Videos to recordings by a join in DuckDB: `exact` (artist and song equal) or `ilike` (the title holds both)."""

import sys
from pathlib import Path

import duckdb

ON = {
    "exact": "lower(v.artist_name) = lower(r.artist) AND lower(v.track_title) = lower(r.track)",
    "ilike": "v.title ILIKE '%' || r.artist || '%' AND v.title ILIKE '%' || r.track || '%'",
}


def main(kind: str, source: Path, target: Path) -> None:
    """Writes matches.parquet: video_id, isrcs."""
    duckdb.sql(
        f"""COPY (SELECT video_id, list_sort(list_distinct(list(isrc_key))) AS isrcs
                  FROM '{source}/videos.parquet' AS v JOIN '{source}/recordings.parquet' AS r ON {ON[kind]} GROUP BY ALL)
            TO '{target}/matches.parquet' (FORMAT parquet)"""
    )


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
