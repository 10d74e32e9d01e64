"""Weekly cohort retention of streams in Parquet (one folder a day), in DuckDB SQL."""

import sys
from pathlib import Path

import duckdb


def main(source: Path, target: Path) -> None:
    """Writes triangle.parquet."""
    duckdb.execute(
        f"""COPY (
            WITH weeks AS (SELECT DISTINCT user_key, date_trunc('week', stream_date)::DATE AS week FROM '{source}/*/*.parquet'),
                 members AS (SELECT week, min(week) OVER (PARTITION BY user_key) AS cohort FROM weeks),
                 active AS (SELECT cohort, week, count(*) AS active_users FROM members GROUP BY ALL),
                 sizes AS (SELECT cohort, active_users AS cohort_size FROM active WHERE cohort = week),
                 spans AS (SELECT DISTINCT week FROM weeks)
            SELECT cohort, (week - cohort) // 7 AS period, cohort_size, coalesce(active_users, 0) AS active_users
            FROM sizes JOIN spans ON week >= cohort LEFT JOIN active USING (cohort, week))
            TO '{target}/triangle.parquet' (FORMAT parquet, COMPRESSION zstd)"""
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
