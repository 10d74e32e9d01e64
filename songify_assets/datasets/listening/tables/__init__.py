"""What a row of each listening table is: Pandera models, whose columns are also the lake's and the warehouse's."""

from songify_assets.datasets.listening.tables.days import (
    DailyTotals,
    FirstPlays,
    SilentUsers,
    Time,
    TopArtistsDaily,
    TopUsersDaily,
)
from songify_assets.datasets.listening.tables.star import (
    AppEvents,
    Artists,
    SongNames,
    SongPlays,
    Songs,
    UserChanges,
    Users,
    UsersHistory,
)

TABLES = {
    "listening/app_events": (AppEvents, "event_date"),
    "listening/songs": (Songs, None),
    "listening/song_names": (SongNames, None),
    "listening/artists": (Artists, None),
    "listening/song_plays": (SongPlays, "play_date"),
    "listening/time": (Time, "date"),
    "listening/top_artists_daily": (TopArtistsDaily, "date"),
    "listening/top_users_daily": (TopUsersDaily, "date"),
    "listening/first_plays": (FirstPlays, "first_date"),
    "listening/daily_totals": (DailyTotals, None),
    "listening/user_changes": (UserChanges, "date"),
    "listening/users_history": (UsersHistory, None),
    "listening/users": (Users, None),
    "listening/silent_users": (SilentUsers, None),
}
# What identifies a row.
KEYS: dict[str, tuple[str, ...]] = {
    "listening/app_events": ("event_id",),
    "listening/songs": ("song_id",),
    "listening/artists": ("artist_id",),
    "listening/song_plays": ("song_play_id",),
    "listening/time": ("hour_at",),
    "listening/top_artists_daily": ("date", "rank"),
    "listening/top_users_daily": ("date", "rank"),
    "listening/first_plays": ("kind", "name"),
    "listening/daily_totals": ("date",),
    "listening/users_history": ("user_id", "version"),
    "listening/users": ("user_id",),
    "listening/silent_users": ("user_id",),
}
