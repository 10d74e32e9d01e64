"""What a row of each playlists table is: Pandera models, whose columns are also the lake's and the warehouse's."""

from songify_assets.datasets.playlists.tables.entities import Artists, Channels, Playlists, Videos
from songify_assets.datasets.playlists.tables.logs import (
    Movers,
    Places,
    PlaylistMetadataLog,
    PlaylistPositionsLog,
    PlaylistViewsLog,
    VideoMetadataLog,
)
from songify_assets.datasets.playlists.tables.matching import MatchSamples, RecordingKeys, RecordingMatches, VideoKeys

TABLES = {
    "playlists/playlist_metadata_log": (PlaylistMetadataLog, "day"),
    "playlists/playlist_views_log": (PlaylistViewsLog, "day"),
    "playlists/playlist_positions_log": (PlaylistPositionsLog, "day"),
    "playlists/places": (Places, "day"),
    "playlists/video_metadata_log": (VideoMetadataLog, "day"),
    "playlists/playlists": (Playlists, None),
    "playlists/channels": (Channels, None),
    "playlists/videos": (Videos, None),
    "playlists/artists": (Artists, None),
    "playlists/movers": (Movers, "day"),
    "playlists/recording_keys": (RecordingKeys, None),
    "playlists/video_keys": (VideoKeys, "first_seen_on"),
    "playlists/recording_matches": (RecordingMatches, "first_seen_on"),
    "playlists/match_samples": (MatchSamples, None),
}
# What identifies a row.
KEYS: dict[str, tuple[str, ...]] = {
    "playlists/playlist_metadata_log": ("playlist_id", "day"),
    "playlists/playlist_views_log": ("playlist_id", "day"),
    "playlists/playlist_positions_log": ("playlist_id", "day", "video_id"),
    "playlists/video_metadata_log": ("video_id", "day"),
    "playlists/places": ("playlist_id", "day", "video_id"),
    "playlists/playlists": ("playlist_id",),
    "playlists/channels": ("channel_id",),
    "playlists/videos": ("video_id",),
    "playlists/artists": ("artist_key",),
    "playlists/movers": ("playlist_id", "day", "video_id"),
    "playlists/recording_matches": ("video_id",),
    "playlists/match_samples": ("video_id",),
}
# Whose last snapshot is kept as a log ages.
LOGS: dict[str, tuple[str, ...]] = {
    "playlists/playlist_metadata_log": ("playlist_id",),
    "playlists/playlist_views_log": ("playlist_id",),
    "playlists/playlist_positions_log": ("playlist_id",),
    "playlists/video_metadata_log": ("video_id",),
}
