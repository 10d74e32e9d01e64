"""A dump to raw and a dbt snapshot (all columns checked, hard deletes): `python -m bench.peers.history_dbt INPUT OUTPUT`.

OUTPUT holds the project and its DuckDB file as the dump before left them, or nothing.
"""

import os
import subprocess
import sys
from pathlib import Path

import duckdb

from bench.peers.reviews import raw, report

PROJECT = "name: dumps\nversion: '1.0'\nprofile: dumps\n"
PROFILE = "dumps: {{target: here, outputs: {{here: {{type: duckdb, path: '{}', threads: 2}}}}}}\n"
SOURCE = """sources:
  - name: lake
    tables:
      - name: reviews
        config: {{meta: {{external_location: "{}"}}}}
"""
SNAPSHOT = """snapshots:
  - name: reviews
    relation: source('lake', 'reviews')
    config: {unique_key: review_key, strategy: check, check_cols: all, hard_deletes: invalidate}
"""


def main(source: Path, target: Path) -> None:
    """Writes landed/, raw.parquet, dbt/history.duckdb and changes.parquet."""
    dump, project = raw(source, target), target / "dbt"
    database = project / "history.duckdb"
    texts = {
        "dbt_project.yml": PROJECT,
        "profiles.yml": PROFILE.format(database),
        "models/sources.yml": SOURCE.format(dump),
        "snapshots/reviews.yml": SNAPSHOT,
    }
    for name, text in texts.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text)
    subprocess.run(
        [
            Path(sys.executable).with_name("dbt"),
            "--quiet",
            "snapshot",
            "--project-dir",
            project,
            "--profiles-dir",
            project,
        ],
        check=True,
        env={**os.environ, "DO_NOT_TRACK": "1", "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"},
        cwd=project,
    )
    with duckdb.connect(str(database)) as db:
        new = "SELECT review_key FROM reviews WHERE dbt_valid_from > (SELECT min(dbt_valid_from) FROM reviews)"
        ended = "SELECT review_key FROM reviews WHERE dbt_valid_to IS NOT NULL"
        report(
            db,
            target,
            f"SELECT count(*) FROM ({new} EXCEPT ({ended}))",
            f"SELECT count(*) FROM ({new} INTERSECT ({ended}))",
            f"SELECT count(*) FROM ({ended} EXCEPT ({new}))",
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
