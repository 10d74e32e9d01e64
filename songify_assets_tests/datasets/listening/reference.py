"""The listening tables in plain Python, straight from their definitions."""

from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from songify_assets_tests.datasets.engagement.drops import ZONE
from songify_assets_tests.datasets.engagement.events import Events, Row

ATTRIBUTES = ("firstName", "lastName", "gender", "level")
Rows = list[tuple[Any, ...]]


def key(text: str | None) -> str | None:
    return (text.strip().lower() or None) if text else None


def plays_of(events: Events) -> list[Row]:
    return [row for row in events.log if row["page"] == "NextSong" and row["user"]]


def song_of(play: Row, songs: list[Row]) -> Row | None:
    named = [
        song
        for song in songs
        if key(song["title"]) == key(play["song"]) and key(song["artist_name"]) == key(play["artist"]) is not None
    ]
    near = [song for song in named if abs(song["duration"] - play["length"]) <= 1]
    return min(near or named, key=lambda song: song["song_id"], default=None)


def artists_of(events: Events) -> dict[str, Row]:
    ordered = sorted(events.songs, key=lambda song: (song["delivered_on"], song["song_id"]))
    return {song["artist_id"]: song for song in ordered}


def song_plays(events: Events) -> Rows:
    rows, artists = [], artists_of(events)
    for play in plays_of(events):
        song = song_of(play, events.songs)
        named = [artist for artist, row in artists.items() if key(row["artist_name"]) == key(play["artist"])]
        artist = song["artist_id"] if song else named[0] if len(named) == 1 and play["artist"] else None
        rows.append(
            (play["at"], play["day"], play["user"], play["level"], song and song["song_id"], artist, play["sessionId"],
             play["itemInSession"], play["song"], play["artist"], play["length"])
        )  # fmt: skip
    return rows


def users_history(events: Events) -> Rows:
    rows = []
    ordered = sorted((row for row in events.log if row["user"]), key=lambda row: row["key"])
    for user, some in groupby(ordered, key=lambda row: row["user"]):
        of_user = sorted(some, key=lambda row: (row["at"], row["sessionId"], row["itemInSession"]))
        versions = [[*(row[name] for name in ATTRIBUTES), row["at"]] for row in of_user]
        kept = [
            one for before, one in zip([None, *versions], versions, strict=False) if not before or before[:4] != one[:4]
        ]
        for number, one in enumerate(kept):
            until = kept[number + 1][4] if number + 1 < len(kept) else None
            rows.append((user, *one[:4], number + 1, one[4], until, "changed" if number else "added", until is None))
    return rows


def users(events: Events) -> Rows:
    newest = {row[0]: row for row in users_history(events) if row[-1]}
    seen: dict[str, list[Any]] = {}
    for row in events.log:
        seen.setdefault(row["user"], []).append(row["at"])
    return [(user, *row[1:5], min(seen[user]), max(seen[user])) for user, row in newest.items()]


def silent_users(events: Events) -> Rows:
    playing = {row["user"] for row in plays_of(events)}
    return [(row[0], row[5]) for row in users(events) if row[0] not in playing]


def top(events: Events, name: str) -> Rows:
    rows = []
    for day in sorted({play["day"] for play in plays_of(events)}):
        counts = Counter(play[name] for play in plays_of(events) if play["day"] == day and play[name] is not None)
        ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
        rows += [(day, rank, who, plays) for rank, (who, plays) in enumerate(ranked, 1)]
    return rows


def daily_totals(events: Events) -> Rows:
    plays = plays_of(events)
    rows, users_seen, artists_seen = [], set[str](), set[str]()
    for day in calendar(plays, events.delivered["listening"]):
        of_day = [play for play in plays if play["day"] == day]
        who = {play["user"] for play in of_day}
        new = who - users_seen
        users_seen |= who
        artists_seen |= {play["artist"] for play in of_day if play["artist"] is not None}
        share = len(of_day) / len(who) if who else None
        rows.append((day, len(of_day), len(who), len(new), len(users_seen), len(artists_seen), share))
    return rows


def calendar(active: list[Row], delivered: set[date]) -> list[date]:
    if not active:
        return []
    first, last = min(row["day"] for row in active), max(delivered)
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def time(events: Events) -> Rows:
    hours = set()
    for play in plays_of(events):
        local = play["at"].astimezone(ZONE)
        into = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
        iso = local.isocalendar()
        hours.add(
            (play["at"] - into, local.date(), local.hour, iso.weekday, iso.week, local.month, (local.month + 2) // 3, local.year,
             iso.weekday >= 6)
        )  # fmt: skip
    return list(hours)


def songs(events: Events) -> Rows:
    return [(s["song_id"], s["title"], s["artist_id"], s["year"] or None, s["duration"]) for s in events.songs]


def artists(events: Events) -> Rows:
    return [
        (artist, row["artist_name"], row["artist_location"] or None, row["artist_latitude"], row["artist_longitude"])
        for artist, row in artists_of(events).items()
    ]


def app_events(events: Events) -> Rows:
    return [
        (row["at"], row["day"], row["user"], row["sessionId"], row["itemInSession"], row["page"], row["level"], row["song"],
         row["artist"], row["length"])
        for row in events.log
    ]  # fmt: skip


# The columns that are compared; all, where none are named.
TABLES: dict[str, tuple[Callable[[Events], Rows], tuple[str, ...]]] = {
    "app_events": (
        app_events,
        ("occurred_at", "event_date", "user_id", "session_id", "item_in_session", "page", "level", "song_title", "artist_name",
         "duration_s"),
    ),
    "song_plays": (
        song_plays,
        ("played_at", "play_date", "user_id", "level", "song_id", "artist_id", "session_id", "item_in_session", "song_title",
         "artist_name", "duration_s"),
    ),
    "users_history": (users_history, ()),
    "users": (users, ()),
    "songs": (songs, ()),
    "artists": (artists, ()),
    "time": (time, ()),
    "top_artists_daily": (lambda events: top(events, "artist"), ()),
    "top_users_daily": (lambda events: top(events, "user"), ()),
    "daily_totals": (daily_totals, ()),
    "silent_users": (silent_users, ()),
}  # fmt: skip
