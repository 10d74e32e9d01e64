"""Song plays with their song and artist, the songs and artists themselves, and the hours in which something was played."""

import polars as pl

from songify_assets.foundation.keys import normalized_key

SAME_LENGTH_S = 1.0


def name_songs(songs: pl.LazyFrame) -> pl.LazyFrame:
    """Songs by title and artist as they are compared; a song that lacks one of them is never found."""
    return songs.select(
        "song_id",
        "artist_id",
        "duration_s",
        title_key=normalized_key(pl.col("title")),
        artist_key=normalized_key(pl.col("artist_name")),
    ).drop_nulls(["title_key", "artist_key"])


def pick_artists(songs: pl.LazyFrame) -> pl.LazyFrame:
    """A row an artist: of several songs the latest delivered, then the greatest song_id."""
    newest = songs.drop_nulls("artist_id").sort("delivered_on", "song_id").group_by("artist_id").last()
    return newest.select(
        "artist_id",
        name="artist_name",
        location="artist_location",
        latitude="artist_latitude",
        longitude="artist_longitude",
    )


def play_songs(events: pl.LazyFrame, names: pl.LazyFrame, artists: pl.LazyFrame) -> pl.LazyFrame:
    """The song plays among the events of users, with the song and the artist that they name.

    The song is one of equal title and artist whose length differs by at most a second, else one of equal title and artist; of
    several the smallest song_id. The artist is the song's, else the one artist of that name.
    """
    plays = events.filter(pl.col("page") == "NextSong", pl.col("user_id").is_not_null())
    keyed = plays.rename(
        {"event_id": "song_play_id", "occurred_at": "played_at", "event_date": "play_date"}
    ).with_columns(title_key=normalized_key(pl.col("song_title")), artist_key=normalized_key(pl.col("artist_name")))
    wanted = keyed.select("title_key", "artist_key", "duration_s").unique().drop_nulls(["title_key", "artist_key"])
    is_other_length = ~((pl.col("duration_s") - pl.col("duration_s_right")).abs() <= SAME_LENGTH_S).fill_null(False)
    matched = (
        wanted.join(names, on=["title_key", "artist_key"])
        .sort(is_other_length, "song_id")
        .group_by("title_key", "artist_key", "duration_s")
        .agg(pl.col("song_id").first(), of_song=pl.col("artist_id").first())
    )
    by_name = artists.select("artist_id", artist_key=normalized_key(pl.col("name"))).drop_nulls()
    only = by_name.group_by("artist_key").agg(pl.col("artist_id").first(), n=pl.len()).filter(pl.col("n") == 1)
    return (
        keyed.join(matched, on=["title_key", "artist_key", "duration_s"], how="left", nulls_equal=True)
        .join(only.select("artist_key", "artist_id"), on="artist_key", how="left")
        .with_columns(artist_id=pl.coalesce("of_song", "artist_id"))
    )


def list_hours(plays: pl.LazyFrame, timezone: str) -> pl.LazyFrame:
    """The hours, local time, in which something was played; an hour that the clock shows twice is two."""
    local = pl.col("played_at").dt.convert_time_zone(timezone)
    into = pl.duration(minutes=local.dt.minute(), seconds=local.dt.second(), microseconds=local.dt.microsecond())
    hours = plays.select(hour_at=pl.col("played_at") - into).unique()
    local = pl.col("hour_at").dt.convert_time_zone(timezone)
    return hours.select(
        "hour_at",
        date=local.dt.date(),
        hour=local.dt.hour(),
        weekday=local.dt.weekday(),
        iso_week=local.dt.week(),
        month=local.dt.month(),
        quarter=local.dt.quarter(),
        year=local.dt.year(),
        is_weekend=local.dt.weekday() >= 6,
    )
