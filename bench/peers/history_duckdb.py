"""A dump to raw, history and latest by hand in DuckDB: `python -m bench.peers.history_duckdb INPUT OUTPUT`.

OUTPUT holds history.duckdb as the dump before left it, or nothing. A version that is not current any more is closed.
"""

import sys
from pathlib import Path

import duckdb

from bench.peers.reviews import ATTRIBUTES, raw, report


def main(source: Path, target: Path) -> None:
    """Writes landed/, raw.parquet, history.duckdb and changes.parquet."""
    dump = raw(source, target)
    same = " AND ".join(f"current.{name} IS NOT DISTINCT FROM came.{name}" for name in ATTRIBUTES)
    day = source.name
    with duckdb.connect(str(target / "history.duckdb")) as db:
        db.execute(f"CREATE OR REPLACE TEMP VIEW came AS FROM '{dump}'")
        db.execute(
            "CREATE TABLE IF NOT EXISTS history AS SELECT *, '' AS valid_from, NULL::VARCHAR AS valid_to FROM came LIMIT 0"
        )
        db.execute(
            f"""CREATE TEMP TABLE changes AS
                SELECT came.*, CASE WHEN current.review_key IS NULL THEN 'added' ELSE 'changed' END AS event
                FROM came LEFT JOIN (FROM history WHERE valid_to IS NULL) AS current USING (review_key)
                WHERE current.review_key IS NULL OR NOT ({same})"""
        )
        db.execute("CREATE TEMP TABLE gone AS SELECT review_key FROM history WHERE valid_to IS NULL "
                   "AND review_key NOT IN (SELECT review_key FROM came)")  # fmt: skip
        db.execute(
            f"""MERGE INTO history USING (SELECT review_key FROM changes WHERE event = 'changed' UNION ALL FROM gone) AS ended
                ON history.review_key = ended.review_key AND history.valid_to IS NULL
                WHEN MATCHED THEN UPDATE SET valid_to = '{day}'"""
        )
        db.execute(f"INSERT INTO history SELECT * EXCLUDE (event), '{day}', NULL FROM changes")
        count = "SELECT count(*) FROM changes WHERE event = '{}'"
        report(db, target, count.format("added"), count.format("changed"), "SELECT count(*) FROM gone")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
