"""The product's own history step, as its assets call it: `python -m bench.peers.history_product INPUT OUTPUT`.

INPUT, a day's folder, holds raw.parquet; the folder before it the dump before. OUTPUT holds the history up to then, or nothing.
"""

import sys
from datetime import date
from pathlib import Path

import duckdb
import polars as pl

from bench.peers.reviews import WRITTEN
from songify_assets.datasets.vendor.feeds import REVIEWS
from songify_assets.foundation.parquet import sink
from songify_assets.foundation.versions.differences import differences


def main(source: Path, target: Path) -> None:
    """Writes the day's history and changes.parquet."""
    entity = REVIEWS.columns
    *earlier, _ = sorted(folder for folder in source.parent.iterdir() if folder.name <= source.name)
    before, after = _dump(earlier[-1]) if earlier else None, _dump(source)
    history = target / f"history-{source.name}.parquet"
    sink(differences(before, after, entity, REVIEWS.key, date.fromisoformat(source.name)), history)
    duckdb.sql(
        f"""COPY (SELECT event::VARCHAR AS event, count(*) AS changes FROM '{history}' GROUP BY ALL)
            TO '{target}/changes.parquet' {WRITTEN}"""
    )


def _dump(folder: Path) -> pl.LazyFrame:
    return pl.scan_parquet(folder / "raw.parquet").select(REVIEWS.columns.names())


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
