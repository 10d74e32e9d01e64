"""A day's plays to Parquet and market share, as most people write it in Polars: eager, joined on text."""

import sys
from pathlib import Path

import polars as pl

from bench.peers.rules import landed


def main(source: Path, target: Path) -> None:
    """Writes landed/, raw.parquet, fact.parquet and shares.parquet."""
    landed(source / "plays.csv", target / "landed")
    read = pl.read_csv(source / "plays.csv", infer_schema=False, truncate_ragged_lines=False, ignore_errors=True)
    raw = read.with_columns(pl.col("played_ms").cast(pl.Int64, strict=False)).filter(pl.col("played_ms") >= 0)
    raw.write_parquet(target / "raw.parquet", compression_level=1)
    tracks, locations = pl.read_parquet(source / "tracks.parquet"), pl.read_parquet(source / "locations.parquet")
    fact = (
        raw.with_columns(
            location_key=pl.col("location_id").str.strip_chars().str.to_lowercase(),
            track_key=pl.col("track_id").str.strip_chars().str.to_lowercase(),
            is_counted=pl.col("played_ms") >= 60_000,
        )
        .join(locations, left_on="location_key", right_on="key", how="left")
        .join(tracks, left_on="track_key", right_on="key", how="left")
        .drop("location_key", "track_key")
    )
    fact.write_parquet(target / "fact.parquet", compression_level=1)
    counted = fact.filter("is_counted").group_by("country", "licensor").agg(plays=pl.len())
    counted.with_columns(share=pl.col("plays") / pl.col("plays").sum().over("country")).write_parquet(
        target / "shares.parquet"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
