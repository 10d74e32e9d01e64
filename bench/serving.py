"""How fast rows come into Postgres, beside a bare ingest of the same rows: `python -m bench.serving`."""

import time
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import typer

from songify_assets.orchestration.publish.postgres import publishing
from songify_assets.orchestration.publish.postgres.connection import connected
from songify_assets.orchestration.publish.postgres.tables import served_tables
from songify_assets_tests.deploy.postgres import postgres

ROWS = 5_000_000
TABLE = """CREATE SCHEMA music; CREATE TABLE music.plays AS
    SELECT i AS play_id, DATE '2021-12-01' + (i % 31)::INTEGER AS play_date, 'track' || i % 100_000 AS track_id, i % 300_000 AS played_ms,
           (i % 1000) / 7.0::DOUBLE AS share, TIMESTAMPTZ '2021-12-01 00:00:00+00' + i * INTERVAL 1 SECOND AS played_at
    FROM range({rows}) AS t(i)"""


def main(rows: int = ROWS, runs: int = 3) -> None:
    """Measure, in alternation: rows into the staging table as a publication does, a bare ADBC ingest, and a whole publication."""
    with TemporaryDirectory() as folder, postgres() as server:
        warehouse = Path(folder) / "warehouse.duckdb"
        with duckdb.connect(str(warehouse)) as db:
            db.execute(TABLE.format(rows=rows))
        for number in range(runs):
            url = server.new_database(f"run{number}")
            staged, bare = _staged(url, warehouse), _bare(url, warehouse)
            began = time.perf_counter()
            publishing.publish(url, warehouse, {}, {}, {"music/plays": ("play_id",)})
            whole = time.perf_counter() - began
            typer.echo(
                f"run {number + 1}: staged {rows / staged / 1e6:.2f} million rows/s, bare ingest {rows / bare / 1e6:.2f}, "
                f"{bare / staged:.0%} of it; the whole publication with key and indexes {whole:.1f} s"
            )


def _staged(url: str, warehouse: Path) -> float:
    with duckdb.connect(str(warehouse), read_only=True) as db, connected(url) as target:
        [table] = served_tables(db, {})
        began = time.perf_counter()
        publishing.stage(target.cursor(), db, table, None)
        return time.perf_counter() - began


def _bare(url: str, warehouse: Path) -> float:
    with duckdb.connect(str(warehouse), read_only=True) as db, connected(url) as target:
        began = time.perf_counter()
        rows = db.sql("FROM music.plays").to_arrow_reader(publishing.BATCH)
        target.cursor().adbc_ingest("bare", rows, mode="create", temporary=True)
        return time.perf_counter() - began


if __name__ == "__main__":
    typer.run(main)
