"""The assets of playlists: logs of what was seen each day, what moved, and what there is."""

import polars as pl

from songify_assets.datasets.playlists.feeds import ITEMS
from songify_assets.datasets.playlists.pictures import movers_picture
from songify_assets.datasets.playlists.transforms.entities import (
    know_artists,
    know_channels,
    know_playlists,
    know_videos,
)
from songify_assets.datasets.playlists.transforms.logs import (
    find_movers,
    log_playlists,
    log_positions,
    log_videos,
    log_views,
)
from songify_assets.orchestration.declare.inputs import Events, Following
from songify_assets.orchestration.declare.tables import table
from songify_assets.orchestration.ui.drawn import of_counts, rows_a_day

POSITIONS, PLACES, MOVERS = "playlists/playlist_positions_log", "playlists/places", "playlists/movers"
ITEMS_OF_DAY = {"items": Events(ITEMS)}


@table("playlists/playlist_metadata_log", cadence="day", inputs=ITEMS_OF_DAY)
def playlist_metadata_log(items: pl.LazyFrame) -> pl.LazyFrame:
    """What a playlist was called and looked like on a day: the last record of it that day, by `timestp`.

    Source: `youtube_playlist.json`, every item of the playlists each day; `timestp` is UTC, the day is local.
    """
    return log_playlists(items)


@table("playlists/playlist_views_log", cadence="day", inputs=ITEMS_OF_DAY)
def playlist_views_log(items: pl.LazyFrame) -> pl.LazyFrame:
    """How often a playlist had been viewed by a day: the last record of it that day."""
    return log_views(items)


@table(POSITIONS, cadence="day", inputs=ITEMS_OF_DAY, picture=rows_a_day(POSITIONS))
def playlist_positions_log(items: pl.LazyFrame) -> pl.LazyFrame:
    """The place of each video on each playlist on a day: the last record of both that day. The first place is 0."""
    return log_positions(items)


@table(PLACES, cadence="day", inputs=ITEMS_OF_DAY)
def places(items: pl.LazyFrame) -> pl.LazyFrame:
    """The place of each video on each playlist on a day, of every day: what movers are found in. The log forgets days as it ages."""
    return log_positions(items)


@table("playlists/video_metadata_log", cadence="day", inputs=ITEMS_OF_DAY)
def video_metadata_log(items: pl.LazyFrame) -> pl.LazyFrame:
    """What a video was called on a day: the last record of it that day, on whatever playlist."""
    return log_videos(items)


@table("playlists/playlists", inputs=ITEMS_OF_DAY)
def playlists(items: pl.LazyFrame) -> pl.LazyFrame:
    """One playlist with its newest name and channel, and when it was first and last seen."""
    return know_playlists(items)


@table("playlists/channels", inputs=ITEMS_OF_DAY)
def channels(items: pl.LazyFrame) -> pl.LazyFrame:
    """One channel that had a playlist, and when one of it was first and last seen."""
    return know_channels(items)


@table("playlists/videos", inputs=ITEMS_OF_DAY)
def videos(items: pl.LazyFrame) -> pl.LazyFrame:
    """One video with its newest titles and artist, and when it was first and last seen."""
    return know_videos(items)


@table("playlists/artists", inputs=ITEMS_OF_DAY)
def artists(items: pl.LazyFrame) -> pl.LazyFrame:
    """One artist that videos are by, as newest known, in the newest spelling."""
    return know_artists(items)


@table(
    MOVERS,
    cadence="day",
    inputs={"positions": Following(PLACES, by="playlist_id")},
    picture=of_counts(MOVERS, movers_picture, ["day", "move"], 31),
)
def movers(positions: pl.LazyFrame) -> pl.LazyFrame:
    """What became of each video's place since the newest earlier day on which its playlist was delivered.

    On the first day of a playlist nothing has moved. A video that left has no position, one that entered no previous one.
    """
    return find_movers(positions)


ASSETS = (
    playlist_metadata_log,
    playlist_views_log,
    playlist_positions_log,
    places,
    video_metadata_log,
    playlists,
    channels,
    videos,
    artists,
    movers,
)
