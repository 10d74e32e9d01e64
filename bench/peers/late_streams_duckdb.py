"""A delivery of streams to raw, one fact file an event date, and the engagement tables that follow, in DuckDB SQL.

The later of two equal streams counts. INPUT holds streams.csv and the films as Parquet (`key`, `duration_mins`).
"""

import sys
from pathlib import Path

import duckdb

from bench.peers import engagement_sql as sql
from bench.peers.engagement_duckdb import Tables, active
from bench.peers.rules import INSTANT, landed

# Streams that start at most 30 minutes after the latest end so far; that a session ends after 24 hours is left out.
SESSIONS = """WITH ends AS (SELECT *, max(end_at) OVER (PARTITION BY user_key ORDER BY start_at, end_at ROWS BETWEEN UNBOUNDED PRECEDING
                         AND 1 PRECEDING) AS latest FROM streams),
    parts AS (SELECT *, sum(CASE WHEN latest IS NULL OR start_at > latest + INTERVAL 30 MINUTE THEN 1 ELSE 0 END)
                        OVER (PARTITION BY user_key ORDER BY start_at, end_at) AS part FROM ends)
    SELECT 'viewing' AS product, md5(concat_ws('|', user_key, epoch_us(min(start_at)))) AS session_key, user_key AS user_id,
           min(start_at)::DATE AS session_date, min(start_at) AS started_at, max(end_at) AS ended_at,
           epoch(max(end_at)) - epoch(min(start_at)) AS length_s, count(*) AS events
    FROM parts GROUP BY user_key, part"""
FEATURE_USERS = """SELECT 'viewing' AS product, 'evening' AS feature, stream_date AS date, user_key AS user_id, count(*) AS events
    FROM streams WHERE hour(start_at) >= 18 GROUP BY ALL"""


def main(source: Path, target: Path) -> None:
    """Writes landed/, raw.parquet, fact/ and a folder for each engagement table."""
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
    db.execute(f"CREATE VIEW streams AS FROM '{target}/fact/*/*.parquet'")
    db.execute("CREATE VIEW plays AS SELECT stream_date AS play_date, user_key AS user_id, duration_s FROM streams")
    tables = Tables(db, target, "viewing")
    tables.keep("delivered", "SELECT DISTINCT stream_date AS day FROM streams")
    active(tables)
    tables.keep("sessions", SESSIONS)
    tables.write("sessions", "FROM sessions", "session_date")
    tables.write("use_time_daily", sql.USE_TIME)
    tables.keep("feature_users", FEATURE_USERS)
    tables.write("feature_users", "FROM feature_users", "date")
    tables.write("feature_usage_daily", sql.FEATURE_USAGE)
    tables.write("feature_retention", sql.FEATURE_RETENTION.format(["evening"]))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
