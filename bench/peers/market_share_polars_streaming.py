"""A day's plays to Parquet and market share, as an expert writes it in Polars: streaming, joined on hashes of the keys."""

import sys
from pathlib import Path

import polars as pl

from bench.peers.rules import landed


def main(source: Path, target: Path) -> None:
    """Writes landed/, raw.parquet, fact.parquet and shares.parquet."""
    landed(source / "plays.csv", target / "landed")
    played = pl.col("played_ms").cast(pl.Int64, strict=False)
    read = pl.scan_csv(source / "plays.csv", infer_schema=False, ignore_errors=True).with_columns(played)
    read.filter(pl.col("played_ms") >= 0).sink_parquet(target / "raw.parquet", compression_level=1)
    fact = pl.scan_parquet(target / "raw.parquet").with_columns(is_counted=pl.col("played_ms") >= 60_000)
    for table, column, id_ in (("locations", "country", "location_id"), ("tracks", "licensor", "track_id")):
        known = pl.scan_parquet(source / f"{table}.parquet").select(pl.col("key").hash(), pl.col(column))
        key = pl.col(id_).str.strip_chars().str.to_lowercase().hash().alias("key")
        fact = fact.with_columns(key).join(known, on="key", how="left", build_side="force_right").drop("key")
    fact.sink_parquet(target / "fact.parquet", compression_level=1)
    counted = pl.scan_parquet(target / "fact.parquet").filter("is_counted")
    plays = counted.group_by("country", "licensor").agg(plays=pl.len()).collect(engine="streaming")
    plays.with_columns(share=pl.col("plays") / pl.col("plays").sum().over("country")).write_parquet(
        target / "shares.parquet"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
