"""What the video platform and the catalogue deliver: every item of the playlists each day, and all recordings with their ISRCs."""

from typing import Annotated

import pandera.polars as pa
import polars as pl

from songify_assets.foundation.feeds import Feed
from songify_assets.foundation.isrc import Isrc
from songify_assets.foundation.types import Instant

SOURCE = "playlists"
Utc = Annotated[pl.Datetime, "us", "UTC"]


class DeliveredItem(pa.DataFrameModel):
    """A video on a playlist, as it was seen at a moment, with what was said of the playlist and of the video then."""

    playlist_id: str = pa.Field(description="the playlist, by the platform's id")
    playlist_name: str = pa.Field(nullable=True, description="name of the playlist at that moment")
    artwork_url: str = pa.Field(nullable=True, description="address of the playlist's picture")
    channel_id: str = pa.Field(nullable=True, description="the channel of the playlist, by the platform's id")
    views: int = pa.Field(ge=0, nullable=True, description="views of the playlist so far")
    num_videos: int = pa.Field(ge=0, nullable=True, description="videos on the playlist")
    seen_at: Utc = pa.Field(description="when it was seen, an instant (UTC)")
    video_id: str = pa.Field(description="the video, by the platform's id")
    title: str = pa.Field(nullable=True, description="title of the video")
    artist_name: str = pa.Field(nullable=True, description="artist, where the platform knows one")
    image_url: str = pa.Field(nullable=True, description="address of the video's picture")
    track_title: str = pa.Field(nullable=True, description="title of the song, where the platform knows it")
    position: int = pa.Field(ge=0, description="place on the playlist; the first is 0")


class DeliveredRecording(pa.DataFrameModel):
    """A recording of the catalogue."""

    isrc: str = pa.Field(description="the code of the recording (ISRC), compact")
    track: str = pa.Field(nullable=True, description="title, with the version")
    artist: str = pa.Field(nullable=True, description="main artist")
    cm_track: int = pa.Field(nullable=True, description="the catalogue's number of the track")
    cm_artist: int = pa.Field(nullable=True, description="the catalogue's number of the artist")


def conform_recording(recordings: pl.LazyFrame) -> pl.LazyFrame:
    """The columns of a recording, its key first."""
    return recordings.select(pl.col("isrc").alias("isrc_key"), "isrc", "track", "artist", "cm_track", "cm_artist")


ITEMS = Feed(
    name="playlist_items",
    source=SOURCE,
    kind="increment",
    format="json",
    files=("youtube_playlist.json",),
    fields={
        "playlist_id": "$.playlist_id",
        "playlist_name": "$.playlist_name",
        "artwork_url": "$.artwork_url",
        "channel_id": "$.channel_id",
        "views": "$.views",
        "num_videos": "$.num_videos",
        "seen_at": "$.timestp",
        "video_id": "$.video_id",
        "title": "$.title",
        "artist_name": "$.artist_name",
        "image_url": "$.image_url",
        "track_title": "$.track_title",
        "position": "$.position",
    },
    model=DeliveredItem,
    key=("playlist_id", "video_id", "seen_at"),
    event_at="seen_at",
    types={"seen_at": Instant(zone="UTC")},
)
ISRCS = Feed(
    name="isrcs",
    source=SOURCE,
    kind="full dump",
    format="csv",
    files=("cm_track.csv",),
    fields={"isrc": "isrc", "track": "track", "artist": "artist", "cm_track": "cm_track", "cm_artist": "cm_artist"},
    model=DeliveredRecording,
    conform=conform_recording,
    key=("isrc_key",),
    types={"isrc": Isrc()},
    describes={"isrc_key": "the code of the recording, twelve characters"},
)
FEEDS = (ITEMS, ISRCS)
