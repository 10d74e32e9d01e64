"""What must be true of the listening tables, or is odd enough to be shown."""

import polars as pl

from songify_assets.orchestration.declare.checks import Check

LIMIT_OF_VISITORS = 0.5


def repeated(events: pl.LazyFrame) -> pl.LazyFrame:
    """Ids that occur more than once."""
    again = events.group_by("event_date", "event_id").len()
    return again.filter(pl.col("len") > 1)


def unaccounted(plays: pl.LazyFrame, events: pl.LazyFrame) -> pl.LazyFrame:
    """Days on which the songs played by users are not as many in the log as in the star."""
    told = plays.group_by("play_date").agg(plays=pl.len())
    # As a list, so that the files of other days are passed over.
    dates = told.select("play_date").collect(engine="streaming")["play_date"].to_list()
    logged = events.filter(
        pl.col("event_date").is_in(dates), pl.col("page") == "NextSong", pl.col("user_id").is_not_null()
    )
    counted = logged.group_by(play_date="event_date").agg(logged=pl.len())
    return told.join(counted, on="play_date", how="left").filter(pl.col("plays") != pl.col("logged").fill_null(0))


def by_visitors(events: pl.LazyFrame) -> pl.LazyFrame:
    """Events of visitors who are not logged in."""
    return events.filter(pl.col("user_id").is_null()).select("event_date", "event_id", "page", "session_id")


def without_song(plays: pl.LazyFrame) -> pl.LazyFrame:
    """Plays of songs that the catalogue lacks."""
    return plays.filter(pl.col("song_id").is_null()).select("play_date", "song_title", "artist_name")


CHECKS = (
    Check(
        "listening/app_events", "unique_events", "Every event is there once.", repeated, severity="error", blocking=True
    ),
    Check(
        "listening/app_events",
        "users",
        "Events are of users, not of visitors.",
        by_visitors,
        error_above=LIMIT_OF_VISITORS,
    ),
    Check(
        "listening/song_plays",
        "accounted",
        "Every song that the log says a user played is a song play, and nothing else is.",
        unaccounted,
        reads=["listening/app_events"],
        severity="error",
    ),
    Check(
        "listening/song_plays",
        "known_songs",
        "The catalogue has the song of every play (of a sample of songs it has few).",
        without_song,
    ),
)
