"""Listening: the music app's song plays as a star. Product managers ask who plays what, how much, and since when.

Tables: `app_events` (one event), `song_plays` (one song played by a user) with `users`, `songs`, `artists` and `time`, the
versions of users in `users_history`, and the daily questions (`top_artists_daily`, `top_users_daily`, `daily_totals`,
`silent_users`). Who comes back, sessions and funnels are in `engagement`.
"""

from songify_assets.datasets.listening.assets import ASSETS
from songify_assets.datasets.listening.checks import CHECKS
from songify_assets.datasets.listening.feeds import FEEDS
from songify_assets.datasets.listening.tables import KEYS, TABLES
from songify_assets.orchestration.declare.datasets import Dataset

DATASET = Dataset(
    name="listening",
    owner="team:product",
    feeds=FEEDS,
    tables=TABLES,
    keys=KEYS,
    assets=ASSETS,
    checks=CHECKS,
)
