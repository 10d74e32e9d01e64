"""The assets of listening: events, song plays with their dimensions, versions of users, and the daily questions."""

import dagster as dg
import polars as pl

from songify_assets.datasets.listening.feeds import APP_EVENTS, SONG_FILES
from songify_assets.datasets.listening.pictures import totals_picture
from songify_assets.datasets.listening.transforms.days import find_first_plays, rank_daily, total_days
from songify_assets.datasets.listening.transforms.plays import list_hours, name_songs, pick_artists, play_songs
from songify_assets.datasets.listening.transforms.users import compress_day, find_silent, show_users, version_users
from songify_assets.foundation.keys import normalized_key
from songify_assets.foundation.store import Store
from songify_assets.orchestration.declare.inputs import Events, Everything, Known, Table
from songify_assets.orchestration.declare.tables import table
from songify_assets.orchestration.ui.drawn import of_table, rows_a_day

PLAYS = "listening/song_plays"
SONG = {"title": pl.col("title_key"), "artist": pl.col("artist_key")}
PLAYED = {"title": normalized_key(pl.col("song_title")), "artist": normalized_key(pl.col("artist_name"))}
ARTIST = {"artist": normalized_key(pl.col("name"))}


@table(
    "listening/app_events",
    cadence="day",
    inputs={"delivered": Events(APP_EVENTS)},
    picture=rows_a_day("listening/app_events"),
)
def app_events(delivered: pl.LazyFrame) -> pl.LazyFrame:
    """One event of the music app: a song that was played, or another page, by a user or a visitor.

    Source: the app's log `*-events.json`, nightly; events may be delivered late, and again: of records with one user, session,
    place in it and instant the latest delivered counts. Visitors who are not logged in are kept, without user.
    """
    return delivered


@table("listening/songs", inputs={"delivered": Events(SONG_FILES)})
def songs(delivered: pl.LazyFrame) -> pl.LazyFrame:
    """One song of the catalogue as last delivered. Source: `song_data/**/*.json`, one song a file."""
    return delivered


@table("listening/song_names", inputs={"delivered": Events(SONG_FILES)})
def song_names(delivered: pl.LazyFrame) -> pl.LazyFrame:
    """One song by title and artist as they are compared (case folded, without blanks around): how plays find their song."""
    return name_songs(delivered)


@table("listening/artists", inputs={"delivered": Events(SONG_FILES)})
def artists(delivered: pl.LazyFrame) -> pl.LazyFrame:
    """One artist, as the song file says that was delivered last (of several the one of the greatest song_id)."""
    return pick_artists(delivered)


@table(
    "listening/song_plays",
    cadence="day",
    inputs={
        "events": Table("listening/app_events"),
        "names": Known("listening/song_names", by=SONG, through=PLAYS, at=PLAYED),
        "artists": Known("listening/artists", by=ARTIST, through=PLAYS, at=PLAYED),
    },
    picture=rows_a_day("listening/song_plays"),
)
def song_plays(events: pl.LazyFrame, names: pl.LazyFrame, artists: pl.LazyFrame) -> pl.LazyFrame:
    """One song played by a user, with the song and the artist of the catalogue where they are known.

    The song is one of equal title and artist, if possible of equal length within a second; of several the smallest song_id.
    The artist is the song's, else the one artist of that name. What the catalogue lacks is NULL.
    """
    return play_songs(events, names, artists)


@table("listening/time", cadence="day", inputs={"plays": Table(PLAYS)})
def time(store: dg.ResourceParam[Store], plays: pl.LazyFrame) -> pl.LazyFrame:
    """One hour, local time, in which something was played, with its day, week, month and quarter."""
    return list_hours(plays, store.settings.timezone)


@table("listening/top_artists_daily", cadence="day", inputs={"plays": Table(PLAYS)})
def top_artists_daily(plays: pl.LazyFrame) -> pl.LazyFrame:
    """Each artist (as logged) that was played on a day, ranked by plays, then by name. Rank 1 is the day's top artist."""
    return rank_daily(plays, "artist_name")


@table("listening/top_users_daily", cadence="day", inputs={"plays": Table(PLAYS)})
def top_users_daily(plays: pl.LazyFrame) -> pl.LazyFrame:
    """Each user who played something on a day, ranked by plays, then by user_id. Rank 1 is the day's top user."""
    return rank_daily(plays, "user_id")


@table(
    "listening/first_plays",
    cadence="day",
    inputs={
        "plays": Table(PLAYS),
        "known": Known("listening/first_plays", {"user": pl.col("name")}, PLAYS, {"user": pl.col("user_id")}),
        "artists": Known("listening/first_plays", {"artist": pl.col("name")}, PLAYS, {"artist": pl.col("artist_name")}),
    },
)
def first_plays(plays: pl.LazyFrame, known: pl.LazyFrame) -> pl.LazyFrame:
    """The day on which a user first played something, or an artist (as logged) was first played; each once, over all data."""
    return find_first_plays(plays, known)


@table(
    "listening/daily_totals",
    inputs={"users": Everything("listening/top_users_daily"), "firsts": Everything("listening/first_plays")},
    picture=of_table("listening/daily_totals", totals_picture),
)
def daily_totals(store: dg.ResourceParam[Store], users: pl.LazyFrame, firsts: pl.LazyFrame) -> pl.LazyFrame:
    """What was played on each day, by how many users, and how many users and artists had been heard by then.

    Every day from the first play to the newest delivered day has a row, also one on which nothing was played or delivered.
    """
    return total_days(users, firsts, store.ledger.delivered_days(APP_EVENTS.name))


@table("listening/user_changes", cadence="day", inputs={"events": Table("listening/app_events")})
def user_changes(events: pl.LazyFrame) -> pl.LazyFrame:
    """A user's events of a day in a row with one name, gender and plan: what the versions of users are made of."""
    return compress_day(events)


@table("listening/users_history", inputs={"changes": Everything("listening/user_changes")})
def users_history(changes: pl.LazyFrame) -> pl.LazyFrame:
    """One version of a user: it begins with the event that tells another name, gender or plan than the one before.

    Several versions may begin in one instant; all but the last of them are of length zero.
    """
    return version_users(changes)


@table(
    "listening/users",
    inputs={"versions": Table("listening/users_history"), "changes": Everything("listening/user_changes")},
)
def users(versions: pl.LazyFrame, changes: pl.LazyFrame) -> pl.LazyFrame:
    """One user with the name, gender and plan of their last event, and when they were first and last seen."""
    return show_users(versions, changes)


@table("listening/silent_users", inputs={"changes": Everything("listening/user_changes")})
def silent_users(changes: pl.LazyFrame) -> pl.LazyFrame:
    """One user who was seen in the log and never played a song."""
    return find_silent(changes)


ASSETS = (
    app_events,
    songs,
    song_names,
    artists,
    song_plays,
    time,
    top_artists_daily,
    top_users_daily,
    first_plays,
    daily_totals,
    user_changes,
    users_history,
    users,
    silent_users,
)
