"""Playlists, channels, videos and artists as newest known."""

from collections.abc import Sequence

import polars as pl

from songify_assets.datasets.playlists.transforms.logs import PLACE
from songify_assets.foundation.keys import normalized_key


def newest_known(items: pl.LazyFrame, key: str, columns: Sequence[str]) -> pl.LazyFrame:
    """Each entity with the columns of its last record, and the first and the last day on which it was seen."""
    return items.drop_nulls(key).group_by(key).agg(
        pl.struct(*dict.fromkeys([*PLACE, *columns])).sort_by(*PLACE).last().alias("__last"),
        first_seen_on=pl.col("event_date").min(),
        last_seen_on=pl.col("event_date").max(),
    ).with_columns(pl.col("__last").struct.field(name) for name in columns).drop("__last")  # fmt: skip


def know_playlists(items: pl.LazyFrame) -> pl.LazyFrame:
    """Playlists with their newest name and channel."""
    return newest_known(items, "playlist_id", ["playlist_name", "channel_id"]).rename({"playlist_name": "name"})


def know_channels(items: pl.LazyFrame) -> pl.LazyFrame:
    """Channels of playlists."""
    seen = pl.col("event_date")
    return items.drop_nulls("channel_id").group_by("channel_id").agg(first_seen_on=seen.min(), last_seen_on=seen.max())


def know_videos(items: pl.LazyFrame) -> pl.LazyFrame:
    """Videos with their newest titles, artist and picture."""
    return newest_known(items, "video_id", ["title", "track_title", "artist_name", "image_url"])


def know_artists(items: pl.LazyFrame) -> pl.LazyFrame:
    """Artists of the videos as newest known, in the newest spelling."""
    videos = newest_known(items, "video_id", ["artist_name", *PLACE])
    named = videos.with_columns(artist_key=normalized_key(pl.col("artist_name"))).drop_nulls("artist_key")
    return named.group_by("artist_key").agg(
        name=pl.col("artist_name").sort_by(*PLACE, "video_id").last(), videos=pl.len().cast(pl.Int64)
    )
