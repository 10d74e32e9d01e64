"""What the music app delivers: its event log, and files of songs, one object each."""

from typing import Annotated

import pandera.polars as pa
import polars as pl

from songify_assets.foundation.feeds import Feed
from songify_assets.foundation.keys import stable_id
from songify_assets.foundation.types import Instant

SOURCE = "listening"
Utc = Annotated[pl.Datetime, "us", "UTC"]


class DeliveredEvent(pa.DataFrameModel):
    """An event of the app's log; a visitor who is not logged in has no user."""

    user_id: str = pa.Field(nullable=True, description="the user; NULL for a visitor who is not logged in")
    session_id: int = pa.Field(description="the session; several users may share a number")
    item_in_session: int = pa.Field(ge=0, description="place of the event in its session")
    occurred_at: Utc = pa.Field(description="when it happened, an instant (UTC)")
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
    registered_at: Utc = pa.Field(nullable=True, description="when the user registered, an instant (UTC)")
    song_title: str = pa.Field(nullable=True, description="title of the song as logged")
    artist_name: str = pa.Field(nullable=True, description="artist of the song as logged")
    duration_s: float = pa.Field(ge=0, nullable=True, description="length of the song, in seconds")


class DeliveredSong(pa.DataFrameModel):
    """A song and its artist."""

    song_id: str = pa.Field(description="the song")
    title: str = pa.Field(nullable=True, description="title")
    artist_id: str = pa.Field(nullable=True, description="the artist")
    artist_name: str = pa.Field(nullable=True, description="name of the artist")
    artist_location: str = pa.Field(nullable=True, description="where the artist is from; NULL where it is blank")
    artist_latitude: float = pa.Field(nullable=True, description="latitude of that place, in degrees")
    artist_longitude: float = pa.Field(nullable=True, description="longitude of that place, in degrees")
    year: int = pa.Field(ge=0, nullable=True, description="year of publication; NULL where it is unknown")
    duration_s: float = pa.Field(ge=0, nullable=True, description="length, in seconds")


def conform_event(events: pl.LazyFrame) -> pl.LazyFrame:
    """The columns of an event, with the id that its key makes."""
    key = {
        "__user": pl.col("user_id").fill_null(""),
        "__session": pl.col("session_id").cast(pl.String),
        "__item": pl.col("item_in_session").cast(pl.String),
        "__at": pl.col("occurred_at").dt.epoch("us").cast(pl.String),
    }
    return events.with_columns(**key).with_columns(event_id=stable_id(*key)).drop(key.keys())


def conform_song(songs: pl.LazyFrame) -> pl.LazyFrame:
    """The columns of a song; the year 0 is none."""
    return songs.with_columns(year=pl.when(pl.col("year") != 0).then("year"))


APP_EVENTS = Feed(
    name="app_events",
    source=SOURCE,
    kind="increment",
    format="json",
    files=("*-events.json",),
    fields={
        "user_id": "$.userId",
        "session_id": "$.sessionId",
        "item_in_session": "$.itemInSession",
        "occurred_at": "$.ts",
        "page": "$.page",
        "method": "$.method",
        "status": "$.status",
        "auth": "$.auth",
        "level": "$.level",
        "first_name": "$.firstName",
        "last_name": "$.lastName",
        "gender": "$.gender",
        "location": "$.location",
        "user_agent": "$.userAgent",
        "registered_at": "$.registration",
        "song_title": "$.song",
        "artist_name": "$.artist",
        "duration_s": "$.length",
    },
    model=DeliveredEvent,
    conform=conform_event,
    key=("user_id", "session_id", "item_in_session", "occurred_at"),
    event_at="occurred_at",
    types={"occurred_at": Instant(unit="ms"), "registered_at": Instant(unit="ms")},
    describes={"event_id": "hash of user, session, place in it and instant; the same for ever"},
)
SONG_FILES = Feed(
    name="song_files",
    source=SOURCE,
    kind="keyed",
    format="json",
    files=("song_data/**/*.json",),
    fields={
        "song_id": "$.song_id",
        "title": "$.title",
        "artist_id": "$.artist_id",
        "artist_name": "$.artist_name",
        "artist_location": "$.artist_location",
        "artist_latitude": "$.artist_latitude",
        "artist_longitude": "$.artist_longitude",
        "year": "$.year",
        "duration_s": "$.duration",
    },
    model=DeliveredSong,
    conform=conform_song,
    key=("song_id",),
)
FEEDS = (APP_EVENTS, SONG_FILES)
