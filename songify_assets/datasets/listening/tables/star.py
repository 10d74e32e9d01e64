"""The star: events, song plays, and the users, songs and artists of a play."""

from datetime import date
from typing import Annotated

import pandera.polars as pa
import polars as pl

Instant = Annotated[pl.Datetime, "us", "UTC"]


class AppEvents(pa.DataFrameModel):
    """One event of the music app; belongs to the local day on which it happened."""

    event_id: str = pa.Field(description="hash of user, session, place in it and instant; the same for ever")
    occurred_at: Instant = pa.Field(description="when it happened, an instant (UTC)")
    event_date: date = pa.Field(
        description="local day on which it happened", metadata={"from": ["raw/app_events.occurred_at"]}
    )
    user_id: str = pa.Field(nullable=True, description="the user; NULL for a visitor who is not logged in")
    session_id: int = pa.Field(description="the session; several users may share a number")
    item_in_session: int = pa.Field(description="place of the event in its session")
    page: str = pa.Field(nullable=True, description="the app's page; NextSong is a song that was played")
    method: str = pa.Field(nullable=True, description="method of the HTTP request")
    status: int = pa.Field(nullable=True, description="status of the HTTP response")
    auth: str = pa.Field(nullable=True, description="whether somebody was logged in")
    level: str = pa.Field(nullable=True, description="the plan at that moment: free or paid")
    first_name: str = pa.Field(nullable=True, description="first name at that moment")
    last_name: str = pa.Field(nullable=True, description="last name at that moment")
    gender: str = pa.Field(nullable=True, description="gender at that moment")
    location: str = pa.Field(nullable=True, description="where the user was")
    user_agent: str = pa.Field(nullable=True, description="the browser")
    registered_at: Instant = pa.Field(nullable=True, description="when the user registered, an instant (UTC)")
    song_title: str = pa.Field(nullable=True, description="title of the song as logged")
    artist_name: str = pa.Field(nullable=True, description="artist of the song as logged")
    duration_s: float = pa.Field(nullable=True, description="length of the song, in seconds")
    delivered_on: date = pa.Field(description="delivery date of the record that counts")


class SongPlays(pa.DataFrameModel):
    """One song played by a user: an event of the page NextSong."""

    song_play_id: str = pa.Field(
        description="the id of its event", metadata={"from": ["listening/app_events.event_id"]}
    )
    played_at: Instant = pa.Field(
        description="when it began, an instant (UTC)", metadata={"from": ["listening/app_events.occurred_at"]}
    )
    play_date: date = pa.Field(
        description="local day on which it began", metadata={"from": ["listening/app_events.event_date"]}
    )
    user_id: str = pa.Field(description="the user")
    level: str = pa.Field(nullable=True, description="the user's plan at that moment")
    song_id: str = pa.Field(
        nullable=True,
        description="the song of equal title and artist, if possible of equal length within a second; NULL if none is known",
        metadata={"from": ["listening/song_names.song_id"]},
    )
    artist_id: str = pa.Field(
        nullable=True,
        description="the song's artist, else the one artist of that name; NULL if none is known",
        metadata={"from": ["listening/song_names.artist_id", "listening/artists.artist_id"]},
    )
    session_id: int = pa.Field(description="the session; several users may share a number")
    item_in_session: int = pa.Field(description="place of the event in its session")
    song_title: str = pa.Field(nullable=True, description="title as logged")
    artist_name: str = pa.Field(nullable=True, description="artist as logged")
    duration_s: float = pa.Field(nullable=True, description="length of the song, in seconds")
    location: str = pa.Field(nullable=True, description="where the user was")
    user_agent: str = pa.Field(nullable=True, description="the browser")


class UserChanges(pa.DataFrameModel):
    """A user's events of a day in a row with one name, gender and plan: what versions of users are made of."""

    date: date = pa.Field(description="local day", metadata={"from": ["listening/app_events.event_date"]})
    user_id: str = pa.Field(description="the user")
    first_name: str = pa.Field(nullable=True, description="first name")
    last_name: str = pa.Field(nullable=True, description="last name")
    gender: str = pa.Field(nullable=True, description="gender")
    level: str = pa.Field(nullable=True, description="the plan: free or paid")
    first_at: Instant = pa.Field(
        description="the first of these events, an instant (UTC)",
        metadata={"from": ["listening/app_events.occurred_at"]},
    )
    place: int = pa.Field(ge=1, description="1 for the first of the user's day, 2 for what follows on a change, …")
    last_at: Instant = pa.Field(
        description="the last of these events, an instant (UTC)",
        metadata={"from": ["listening/app_events.occurred_at"]},
    )
    plays: int = pa.Field(ge=0, description="songs played", metadata={"from": ["listening/app_events.page"]})


class UsersHistory(pa.DataFrameModel):
    """One version of a user: from the first event that tells it to the first that tells another."""

    user_id: str = pa.Field(description="the user")
    first_name: str = pa.Field(nullable=True, description="first name")
    last_name: str = pa.Field(nullable=True, description="last name")
    gender: str = pa.Field(nullable=True, description="gender")
    level: str = pa.Field(nullable=True, description="the plan: free or paid")
    version: int = pa.Field(ge=1, description="1 for a user's first")
    valid_from: Instant = pa.Field(
        description="the first event of this version, an instant (UTC)",
        metadata={"from": ["listening/user_changes.first_at"]},
    )
    valid_to: Instant = pa.Field(
        nullable=True,
        description="the first event of the next version (exclusive), an instant (UTC); NULL while current",
        metadata={"from": ["listening/user_changes.first_at"]},
    )
    change: str = pa.Field(isin=["added", "changed"], description="added for a user's first version, else changed")
    is_current: bool = pa.Field(description="whether it is the user's newest version")


class Users(pa.DataFrameModel):
    """A user of the music app as last seen."""

    user_id: str = pa.Field(description="the user")
    first_name: str = pa.Field(nullable=True, description="first name")
    last_name: str = pa.Field(nullable=True, description="last name")
    gender: str = pa.Field(nullable=True, description="gender")
    level: str = pa.Field(nullable=True, description="the plan: free or paid")
    first_seen_at: Instant = pa.Field(
        description="the user's first event, an instant (UTC)", metadata={"from": ["listening/user_changes.first_at"]}
    )
    last_seen_at: Instant = pa.Field(
        description="the user's last event, an instant (UTC)", metadata={"from": ["listening/user_changes.last_at"]}
    )


class Songs(pa.DataFrameModel):
    """A song as last delivered."""

    song_id: str = pa.Field(description="the song")
    title: str = pa.Field(nullable=True, description="title")
    artist_id: str = pa.Field(nullable=True, description="the artist")
    year: int = pa.Field(nullable=True, description="year of publication; NULL where it is unknown")
    duration_s: float = pa.Field(nullable=True, description="length, in seconds")


class SongNames(pa.DataFrameModel):
    """By what a song play finds its song: title and artist of a song as they are compared."""

    song_id: str = pa.Field(description="the song")
    artist_id: str = pa.Field(nullable=True, description="its artist")
    title_key: str = pa.Field(description="title as compared", metadata={"from": ["raw/song_files.title"]})
    artist_key: str = pa.Field(
        description="name of the artist as compared", metadata={"from": ["raw/song_files.artist_name"]}
    )
    duration_s: float = pa.Field(nullable=True, description="length, in seconds")


class Artists(pa.DataFrameModel):
    """An artist as the song file says that was delivered last; of several the one of the greatest song_id."""

    artist_id: str = pa.Field(description="the artist")
    name: str = pa.Field(nullable=True, description="name", metadata={"from": ["raw/song_files.artist_name"]})
    location: str = pa.Field(
        nullable=True, description="where the artist is from", metadata={"from": ["raw/song_files.artist_location"]}
    )
    latitude: float = pa.Field(
        nullable=True, description="in degrees", metadata={"from": ["raw/song_files.artist_latitude"]}
    )
    longitude: float = pa.Field(
        nullable=True, description="in degrees", metadata={"from": ["raw/song_files.artist_longitude"]}
    )
