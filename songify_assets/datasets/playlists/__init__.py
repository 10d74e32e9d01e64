"""Playlists: what is on video playlists each day, and which recordings the videos are. Music analysts ask what moved, and reach.

Tables: `playlist_positions_log`, `playlist_views_log`, `playlist_metadata_log` and `video_metadata_log` (what was seen on a day),
`movers`, and as newest known `playlists`, `channels`, `videos` and `artists`; `isrcs` is the catalogue of recordings,
and `recording_matches` tells which of them each video is, and why.
"""

from songify_assets.datasets.playlists.assets import ASSETS
from songify_assets.datasets.playlists.checks import CHECKS
from songify_assets.datasets.playlists.feeds import FEEDS
from songify_assets.datasets.playlists.tables import KEYS, LOGS, TABLES
from songify_assets.orchestration.declare.datasets import Dataset

DATASET = Dataset(
    name="playlists",
    owner="team:music-analytics",
    feeds=FEEDS,
    tables=TABLES,
    keys=KEYS,
    logs=LOGS,
    assets=ASSETS,
    checks=CHECKS,
)
