"""What was seen each day: of playlists and videos one row a day, of their places one row each, and what moved."""

from datetime import date

import pandera.polars as pa

SEEN = {"from": ["raw/playlist_items.seen_at"]}
MOVES = ["entered", "left", "rose", "fell", "stayed"]
KEPT = ["day", "week", "month"]


class PlaylistMetadataLog(pa.DataFrameModel):
    """What a playlist was called and looked like, as last seen on a day."""

    playlist_id: str = pa.Field(description="the playlist")
    day: date = pa.Field(description="local day on which it was seen", metadata=SEEN)
    name: str = pa.Field(nullable=True, description="its name", metadata={"from": ["raw/playlist_items.playlist_name"]})
    channel_id: str = pa.Field(nullable=True, description="its channel")
    artwork_url: str = pa.Field(nullable=True, description="address of its picture")
    num_videos: int = pa.Field(nullable=True, description="videos on it")
    kept_as: str = pa.Field(isin=KEPT, description="what this is the last snapshot of: day, week or month")


class PlaylistViewsLog(pa.DataFrameModel):
    """How often a playlist had been viewed, as last seen on a day."""

    playlist_id: str = pa.Field(description="the playlist")
    day: date = pa.Field(description="local day on which it was seen", metadata=SEEN)
    views: int = pa.Field(nullable=True, description="views so far")
    kept_as: str = pa.Field(isin=KEPT, description="what this is the last snapshot of: day, week or month")


class PlaylistPositionsLog(pa.DataFrameModel):
    """The place of a video on a playlist, as last seen on a day."""

    playlist_id: str = pa.Field(description="the playlist")
    video_id: str = pa.Field(description="the video")
    day: date = pa.Field(description="local day on which it was seen", metadata=SEEN)
    position: int = pa.Field(ge=0, description="its place; the first is 0")
    kept_as: str = pa.Field(isin=KEPT, description="what this is the last snapshot of: day, week or month")


class Places(pa.DataFrameModel):
    """The place of a video on a playlist, as last seen on a day; of every day, however long ago."""

    playlist_id: str = pa.Field(description="the playlist")
    video_id: str = pa.Field(description="the video")
    day: date = pa.Field(description="local day on which it was seen", metadata=SEEN)
    position: int = pa.Field(ge=0, description="its place; the first is 0")


class VideoMetadataLog(pa.DataFrameModel):
    """What a video was called, as last seen on a day on any playlist."""

    video_id: str = pa.Field(description="the video")
    day: date = pa.Field(description="local day on which it was seen", metadata=SEEN)
    title: str = pa.Field(nullable=True, description="title of the video")
    track_title: str = pa.Field(nullable=True, description="title of the song, where the platform knows it")
    artist_name: str = pa.Field(nullable=True, description="artist, where the platform knows one")
    image_url: str = pa.Field(nullable=True, description="address of its picture")
    kept_as: str = pa.Field(isin=KEPT, description="what this is the last snapshot of: day, week or month")


class Movers(pa.DataFrameModel):
    """What became of a video's place on a playlist since the newest earlier day on which the playlist was delivered."""

    playlist_id: str = pa.Field(description="the playlist")
    day: date = pa.Field(description="local day on which it was seen", metadata={"from": ["playlists/places.day"]})
    video_id: str = pa.Field(description="the video")
    move: str = pa.Field(isin=MOVES, description="entered, left, rose (to a smaller number), fell or stayed")
    position: int = pa.Field(nullable=True, description="its place; NULL where it left")
    previous_position: int = pa.Field(nullable=True, description="its place on that day; NULL where it entered")
    previous_day: date = pa.Field(description="the newest earlier day on which the playlist was delivered")
