"""Hours and days in which something was played, and users who never played anything."""

from datetime import date
from typing import Annotated

import pandera.polars as pa
import polars as pl

Instant = Annotated[pl.Datetime, "us", "UTC"]
PLAYED = {"from": ["listening/song_plays.play_date"]}


class Time(pa.DataFrameModel):
    """One hour, local time, in which something was played."""

    hour_at: Instant = pa.Field(
        description="the beginning of the hour, an instant (UTC)", metadata={"from": ["listening/song_plays.played_at"]}
    )
    date: date = pa.Field(description="local day", metadata=PLAYED)
    hour: int = pa.Field(
        ge=0, le=23, description="hour of the day", metadata={"from": ["listening/song_plays.played_at"]}
    )
    weekday: int = pa.Field(ge=1, le=7, description="1 is Monday", metadata=PLAYED)
    iso_week: int = pa.Field(ge=1, le=53, description="ISO 8601 week", metadata=PLAYED)
    month: int = pa.Field(ge=1, le=12, description="month", metadata=PLAYED)
    quarter: int = pa.Field(ge=1, le=4, description="quarter", metadata=PLAYED)
    year: int = pa.Field(description="year", metadata=PLAYED)
    is_weekend: bool = pa.Field(description="whether it is a Saturday or a Sunday", metadata=PLAYED)


class TopArtistsDaily(pa.DataFrameModel):
    """An artist on a day with plays of theirs, ranked."""

    date: date = pa.Field(description="local day", metadata=PLAYED)
    rank: int = pa.Field(ge=1, description="1, 2, 3 … by plays, then by name")
    artist_name: str = pa.Field(description="artist as logged")
    plays: int = pa.Field(gt=0, description="songs played", metadata={"from": ["listening/song_plays.song_play_id"]})


class TopUsersDaily(pa.DataFrameModel):
    """A user on a day on which they played something, ranked."""

    date: date = pa.Field(description="local day", metadata=PLAYED)
    rank: int = pa.Field(ge=1, description="1, 2, 3 … by plays, then by user_id")
    user_id: str = pa.Field(description="the user")
    plays: int = pa.Field(gt=0, description="songs played", metadata={"from": ["listening/song_plays.song_play_id"]})


class FirstPlays(pa.DataFrameModel):
    """The day on which a user first played something, or an artist (as logged) was first played."""

    first_date: date = pa.Field(description="local day of the first play", metadata=PLAYED)
    kind: str = pa.Field(isin=["user", "artist"], description="whether `name` is a user or an artist")
    name: str = pa.Field(
        description="the user, or the artist as logged",
        metadata={"from": ["listening/song_plays.user_id", "listening/song_plays.artist_name"]},
    )


class DailyTotals(pa.DataFrameModel):
    """What was played on a day, and who and what had been heard by then; each day from the first play to the newest delivered."""

    date: date = pa.Field(description="local day", metadata=PLAYED)
    plays: int = pa.Field(ge=0, description="songs played", metadata={"from": ["listening/top_users_daily.plays"]})
    users: int = pa.Field(
        ge=0, description="users who played something", metadata={"from": ["listening/top_users_daily.user_id"]}
    )
    new_users: int = pa.Field(
        ge=0, description="users whose first play was on this day", metadata={"from": ["listening/first_plays.name"]}
    )
    users_to_date: int = pa.Field(
        ge=0, description="users who have ever played something", metadata={"from": ["listening/first_plays.name"]}
    )
    artists_to_date: int = pa.Field(
        ge=0, description="distinct artists, as logged, ever played", metadata={"from": ["listening/first_plays.name"]}
    )
    plays_per_user: float = pa.Field(
        nullable=True,
        description="plays / users; NULL on a day without users",
        metadata={"from": ["listening/top_users_daily.plays"]},
    )


class SilentUsers(pa.DataFrameModel):
    """A user who was seen in the log and never played a song."""

    user_id: str = pa.Field(description="the user")
    first_seen_at: Instant = pa.Field(
        description="the user's first event, an instant (UTC)", metadata={"from": ["listening/user_changes.first_at"]}
    )
