"""What must be true of playlists, or is odd enough to be shown."""

import polars as pl

from songify_assets.orchestration.declare.checks import Check


def shared_places(positions: pl.LazyFrame) -> pl.LazyFrame:
    """Places of a playlist that several videos had on a day."""
    shared = positions.group_by("day", "playlist_id", "position").agg(videos=pl.len())
    return shared.filter(pl.col("videos") > 1)


def without_artist(videos: pl.LazyFrame) -> pl.LazyFrame:
    """Videos of which the platform knows no artist."""
    return videos.filter(pl.col("artist_name").is_null()).select("day", "video_id", "title")


CHECKS = (
    Check(
        "playlists/playlist_positions_log",
        "one_video_a_place",
        "A place of a playlist holds one video (two were seen where it changed during the day).",
        shared_places,
    ),
    Check("playlists/video_metadata_log", "artists", "The platform knows the artist of a video.", without_artist),
)
