"""Which recordings videos are, and what is compared to find out."""

from datetime import date
from typing import Annotated

import pandera.polars as pa
import polars as pl

Instant = Annotated[pl.Datetime, "us", "UTC"]
Texts = Annotated[pl.List, pl.String]
CANDIDATE = pl.Struct(
    {"isrc": pl.String(), "track": pl.String(), "artist": pl.String(), "score": pl.Float64(), "why_not": pl.String()}
)
Candidates = Annotated[pl.List, CANDIDATE]
STATES = ["matched", "ambiguous", "other_version", "unmatched"]
OF_VIDEO = {"from": ["playlists/videos.title", "playlists/videos.artist_name", "playlists/videos.track_title"]}
OF_RECORDING = {"from": ["playlists/isrcs.track"]}


class RecordingKeys(pa.DataFrameModel):
    """A recording of the catalogue in a block: what is compared of it with the videos that share the block."""

    isrc: str = pa.Field(description="the recording", metadata={"from": ["playlists/isrcs.isrc_key"]})
    track: str = pa.Field(description="title, with the version")
    artist: str = pa.Field(description="main artist")
    artist_key: str = pa.Field(
        description="the artist as compared: letters and digits", metadata={"from": ["playlists/isrcs.artist"]}
    )
    song: str = pa.Field(description="the song as compared: letters and digits", metadata=OF_RECORDING)
    version: str = pa.Field(
        description="which version it is, by its words; empty for the plain one", metadata=OF_RECORDING
    )
    version_of: str = pa.Field(
        description="whose remix, where a concert: what else the version says", metadata=OF_RECORDING
    )
    remastered: bool = pa.Field(description="whether it is called remastered", metadata=OF_RECORDING)
    featured: str = pa.Field(description="who is featured", metadata=OF_RECORDING)
    extra: str = pa.Field(description="what else stands in brackets", metadata=OF_RECORDING)
    block: pl.UInt64 = pa.Field(
        description="hash of artist and beginning of the song, or of song and beginning of the artist",
        metadata=OF_RECORDING,
    )


class VideoKeys(pa.DataFrameModel):
    """A way to read a video as an artist and a song, in a block."""

    video_id: str = pa.Field(description="the video")
    first_seen_on: date = pa.Field(description="first local day on which it was seen")
    whole: str = pa.Field(nullable=True, description="letters and digits of title and artist", metadata=OF_VIDEO)
    way: pl.Int8 = pa.Field(
        ge=0,
        description="how it was read: 0 by the platform's own artist and song, then by the title",
        metadata=OF_VIDEO,
    )
    artist_key: str = pa.Field(description="an artist as compared: letters and digits", metadata=OF_VIDEO)
    song: str = pa.Field(description="the song as compared: letters and digits", metadata=OF_VIDEO)
    version: str = pa.Field(description="which version it is, by its words; empty for the plain one", metadata=OF_VIDEO)
    version_of: str = pa.Field(description="what else the version says", metadata=OF_VIDEO)
    remastered: bool = pa.Field(description="whether it is called remastered", metadata=OF_VIDEO)
    featured: str = pa.Field(description="who is featured", metadata=OF_VIDEO)
    extra: str = pa.Field(description="what else stands in brackets", metadata=OF_VIDEO)
    block: pl.UInt64 = pa.Field(
        description="hash of artist and beginning of the song, or of song and beginning of the artist",
        metadata=OF_VIDEO,
    )


class RecordingMatches(pa.DataFrameModel):
    """Which recording a video is, and why."""

    video_id: str = pa.Field(description="the video")
    first_seen_on: date = pa.Field(description="first local day on which it was seen")
    state: str = pa.Field(
        isin=STATES,
        description="matched: one recording; ambiguous: several remain; other_version: only a remix, live … of it is there; unmatched",
        metadata={"from": ["playlists/video_keys.song", "playlists/recording_keys.song"]},
    )
    isrcs: Texts = pa.Field(
        description="all codes of that recording, of an ambiguous video those of all that remain; sorted",
        metadata={"from": ["playlists/recording_keys.isrc"]},
    )
    score: float = pa.Field(
        in_range={"min_value": 0, "max_value": 1},
        description="how alike artist and song are, 0 to 1, less for what differs beside them",
        metadata={"from": ["playlists/video_keys.song", "playlists/recording_keys.song"]},
    )
    evidence: str = pa.Field(
        description="what speaks for it, in words",
        metadata={"from": ["playlists/video_keys.song", "playlists/recording_keys.song"]},
    )
    candidates: Candidates = pa.Field(
        description="the recordings that were compared, the best five: isrc, track, artist, score, why it is not that one",
        metadata={"from": ["playlists/recording_keys.isrc"]},
    )
    decided_by: str = pa.Field(description="rules, or who decided by hand", metadata={"from": []})
    decided_at: Instant = pa.Field(
        description="by hand: when; by the rules: the beginning of the first day on which the video was seen; an instant (UTC)",
        metadata={"from": []},
    )


class MatchSamples(pa.DataFrameModel):
    """A video of a state, with how it was decided."""

    state: str = pa.Field(isin=STATES, description="what it was decided to be")
    title: str = pa.Field(nullable=True, description="title of the video")
    artist_name: str = pa.Field(nullable=True, description="artist, where the platform knows one")
    best: str = pa.Field(
        nullable=True,
        description="the best candidate: artist, track and code",
        metadata={"from": ["playlists/recording_matches.candidates"]},
    )
    why_not: str = pa.Field(
        nullable=True,
        description="why it is not that one; empty if it is",
        metadata={"from": ["playlists/recording_matches.candidates"]},
    )
    score: float = pa.Field(description="how alike artist and song are, 0 to 1")
    evidence: str = pa.Field(description="what speaks for it, in words")
    video_id: str = pa.Field(description="the video")
