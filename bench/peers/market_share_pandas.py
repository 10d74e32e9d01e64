"""A day's plays to Parquet and market share in pandas."""

import sys
from pathlib import Path

import pandas as pd

from bench.peers.rules import landed


def main(source: Path, target: Path) -> None:
    """Writes landed/, raw.parquet, fact.parquet and shares.parquet."""
    landed(source / "plays.csv", target / "landed")
    read = pd.read_csv(source / "plays.csv", dtype=str, on_bad_lines="skip", keep_default_na=False, na_values=[""])
    read["played_ms"] = pd.to_numeric(read["played_ms"], errors="coerce")
    raw = read[read["played_ms"] >= 0].astype({"played_ms": "int64"})
    raw.to_parquet(target / "raw.parquet", compression="zstd", index=False)
    tracks, locations = pd.read_parquet(source / "tracks.parquet"), pd.read_parquet(source / "locations.parquet")
    fact = raw.assign(
        location_key=raw["location_id"].str.strip().str.lower(),
        track_key=raw["track_id"].str.strip().str.lower(),
        is_counted=raw["played_ms"] >= 60_000,
    )
    fact = fact.merge(locations.rename(columns={"key": "location_key"}), on="location_key", how="left")
    fact = fact.merge(tracks.rename(columns={"key": "track_key"}), on="track_key", how="left")
    fact = fact.drop(columns=["location_key", "track_key"])
    fact.to_parquet(target / "fact.parquet", compression="zstd", index=False)
    counted = (
        fact[fact["is_counted"]].groupby(["country", "licensor"], dropna=False).size().rename("plays").reset_index()
    )
    counted["share"] = counted["plays"] / counted.groupby("country", dropna=False)["plays"].transform("sum")
    counted.to_parquet(target / "shares.parquet", index=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
