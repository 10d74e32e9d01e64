"""A delivery of streams to raw and one fact file an event date, in DuckDB SQL; the later of two equal streams counts.

INPUT holds streams.csv and the films as Parquet (`key`, `duration_mins`).
"""

import sys
from pathlib import Path

import duckdb

from bench.peers.rules import INSTANT, landed


def main(source: Path, target: Path) -> None:
    """Writes landed/, raw.parquet and fact/."""
    landed(source / "streams.csv", target / "landed")
    db = duckdb.connect()
    db.execute("SET TimeZone = 'Europe/Stockholm'")
    names = ("movie_title", "user_email", "size_mb", "start_at", "end_at")
    streams = f"""read_csv('{source}/streams.csv', header = true, auto_detect = false, delim = ',', quote = '"', new_line = '\\n',
        columns = {{{", ".join(f"'{name}': 'VARCHAR'" for name in names)}}}, ignore_errors = true)"""
    written = "(FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1"
    db.execute(
        f"""COPY (SELECT *, start_at::DATE AS event_date, DATE '2021-12-31' AS delivered_on, row_number() OVER () AS record FROM (
                SELECT user_email, lower(trim(user_email)) AS user_key, movie_title, lower(trim(movie_title)) AS movie_key,
                       try_strptime(start_at, '{INSTANT}') AS start_at, try_strptime(end_at, '{INSTANT}') AS end_at,
                       TRY_CAST(size_mb AS DOUBLE) AS size_mb
                FROM {streams})
            WHERE user_email <> '' AND movie_title <> '' AND size_mb >= 0 AND end_at >= start_at)
            TO '{target}/raw.parquet' {written})"""
    )
    db.execute(
        f"""COPY (SELECT md5(concat_ws('|', user_key, movie_key, epoch_us(start_at))) AS stream_id,
                         stream.* EXCLUDE (record, event_date), event_date AS stream_date, duration_mins AS movie_duration_mins,
                         epoch(end_at) - epoch(start_at) AS duration_s,
                         CASE WHEN duration_mins > 0 THEN duration_s / 60 / duration_mins END AS watched_fraction
                  FROM (FROM '{target}/raw.parquet'
                        QUALIFY row_number() OVER (PARTITION BY user_key, movie_key, start_at ORDER BY record DESC) = 1) AS stream
                  LEFT JOIN '{source}/movies.parquet' AS movie ON movie_key = movie.key)
            TO '{target}/fact' {written}, PARTITION_BY (stream_date), WRITE_PARTITION_COLUMNS)"""
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
