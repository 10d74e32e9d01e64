"""Videos to recordings with the product's own transforms: keys are written, then matches, as its assets do.

INPUT holds videos.parquet and recordings.parquet (the columns of `playlists.videos` and `playlists.isrcs`).
"""

import sys
from pathlib import Path

import polars as pl

from songify_assets.datasets.playlists.transforms.keys import recording_keys, video_keys
from songify_assets.datasets.playlists.transforms.matching import THRESHOLD, decide, find_candidates
from songify_assets.foundation.parquet import sink


def main(source: Path, target: Path, threshold: float = THRESHOLD) -> None:
    """Writes matches.parquet: video_id, isrcs of what is matched."""
    videos = pl.scan_parquet(source / "videos.parquet")
    sink(recording_keys(pl.scan_parquet(source / "recordings.parquet")), target / "recording_keys.parquet")
    sink(video_keys(videos), target / "video_keys.parquet")
    keys = (pl.scan_parquet(target / f"{kind}_keys.parquet") for kind in ("video", "recording"))
    decided = decide(videos, find_candidates(*keys), threshold)
    sink(decided.filter(pl.col("state") == "matched").select("video_id", "isrcs"), target / "matches.parquet")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
