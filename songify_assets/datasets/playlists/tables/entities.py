"""What there is: playlists, their channels, videos and artists, as newest known."""

from datetime import date

import pandera.polars as pa

SEEN = {"from": ["raw/playlist_items.seen_at"]}


class Playlists(pa.DataFrameModel):
    """One playlist as newest known."""

    playlist_id: str = pa.Field(unique=True, description="the playlist, by the platform's id")
    name: str = pa.Field(
        nullable=True, description="its newest name", metadata={"from": ["raw/playlist_items.playlist_name"]}
    )
    channel_id: str = pa.Field(nullable=True, description="its newest channel")
    first_seen_on: date = pa.Field(description="first local day on which it was seen", metadata=SEEN)
    last_seen_on: date = pa.Field(description="last local day on which it was seen", metadata=SEEN)


class Channels(pa.DataFrameModel):
    """One channel that had a playlist."""

    channel_id: str = pa.Field(unique=True, description="the channel, by the platform's id")
    first_seen_on: date = pa.Field(description="first local day on which a playlist of it was seen", metadata=SEEN)
    last_seen_on: date = pa.Field(description="last local day on which a playlist of it was seen", metadata=SEEN)


class Videos(pa.DataFrameModel):
    """One video as newest known."""

    video_id: str = pa.Field(unique=True, description="the video, by the platform's id")
    title: str = pa.Field(nullable=True, description="its newest title")
    track_title: str = pa.Field(nullable=True, description="newest title of the song, where the platform knows it")
    artist_name: str = pa.Field(nullable=True, description="newest artist, where the platform knows one")
    image_url: str = pa.Field(nullable=True, description="newest address of its picture")
    first_seen_on: date = pa.Field(description="first local day on which it was seen", metadata=SEEN)
    last_seen_on: date = pa.Field(description="last local day on which it was seen", metadata=SEEN)


class Artists(pa.DataFrameModel):
    """One artist of videos as newest known."""

    artist_key: str = pa.Field(
        unique=True,
        description="the artist as compared: trimmed, NFKC, case folded, NFKC",
        metadata={"from": ["raw/playlist_items.artist_name"]},
    )
    name: str = pa.Field(description="the newest spelling", metadata={"from": ["raw/playlist_items.artist_name"]})
    videos: int = pa.Field(
        gt=0, description="videos by the artist, as newest known", metadata={"from": ["raw/playlist_items.video_id"]}
    )
