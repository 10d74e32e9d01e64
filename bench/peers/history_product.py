"""The product's own history step, from raw.parquet in INPUT and in the folder of the day before, as its assets call it."""

import sys
from datetime import date
from pathlib import Path

import duckdb
import polars as pl

from bench.peers.reviews import WRITTEN
from songify_assets.datasets.vendor.feeds import REVIEWS
from songify_assets.foundation.history import differences, latest
from songify_assets.foundation.tables import sink


def main(source: Path, target: Path) -> None:
    """Writes history.parquet, latest.parquet and changes.parquet."""
    entity = REVIEWS.columns
    dumps = [pl.scan_parquet(folder / "raw.parquet") for folder in sorted(source.parent.iterdir())]
    before, after = (dump.select(entity.names()) for dump in dumps)
    sink(differences(pl.LazyFrame(schema=entity), before, entity, date(2021, 12, 30)), target / "first.parquet")
    sink(differences(before, after, entity, date(2021, 12, 31)), target / "history.parquet")
    sink(
        latest(pl.scan_parquet([target / "first.parquet", target / "history.parquet"]), entity),
        target / "latest.parquet",
    )
    duckdb.sql(
        f"""COPY (SELECT event::VARCHAR AS event, count(*) AS changes FROM '{target}/history.parquet' GROUP BY ALL)
            TO '{target}/changes.parquet' {WRITTEN}"""
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
