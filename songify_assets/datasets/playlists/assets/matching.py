"""The assets of matching: what is compared of videos and recordings, and which recording each video is."""

import dagster as dg
import polars as pl

from songify_assets.datasets.playlists.pictures import matches_picture
from songify_assets.datasets.playlists.transforms.keys import recording_keys as keys_of_recordings
from songify_assets.datasets.playlists.transforms.keys import video_keys as keys_of_videos
from songify_assets.datasets.playlists.transforms.matching import decide, find_candidates, sample, settle
from songify_assets.foundation.ledger.decisions import matches
from songify_assets.foundation.store import Store
from songify_assets.orchestration.declare.inputs import Everything, Known, OfDay, Table
from songify_assets.orchestration.declare.tables import table
from songify_assets.orchestration.ui.drawn import of_counts

VIDEOS, VIDEO_KEYS, RECORDING_KEYS = "playlists/videos", "playlists/video_keys", "playlists/recording_keys"
MATCHES = "playlists/recording_matches"
BY_HAND = pl.Schema(
    {
        "video_id": pl.String(),
        "isrcs": pl.List(pl.String()),
        "by": pl.String(),
        "at": pl.Datetime("us", "UTC"),
        "reason": pl.String(),
    }
)


@table(RECORDING_KEYS, inputs={"recordings": Everything("playlists/isrcs")})
def recording_keys(recordings: pl.LazyFrame) -> pl.LazyFrame:
    """A recording of the catalogue taken apart: artist, song, version and who is featured, in the blocks where videos may meet it."""
    return keys_of_recordings(recordings)


@table(VIDEO_KEYS, cadence="day", inputs={"videos": OfDay(VIDEOS, day="first_seen_on")})
def video_keys(videos: pl.LazyFrame) -> pl.LazyFrame:
    """Each way to read a video as artist and song, in the blocks where it may meet recordings; belongs to its first day."""
    return keys_of_videos(videos)


@table(
    MATCHES,
    cadence="day",
    inputs={
        "videos": OfDay(VIDEOS, day="first_seen_on"),
        "ways": Table(VIDEO_KEYS),
        "recordings": Known(RECORDING_KEYS, by={"block": pl.col("block")}, through=VIDEO_KEYS),
    },
    picture=of_counts(MATCHES, matches_picture, ["state"]),
)
def recording_matches(
    store: dg.ResourceParam[Store], videos: pl.LazyFrame, ways: pl.LazyFrame, recordings: pl.LazyFrame
) -> pl.LazyFrame:
    """Which recording of the catalogue each video is: artist and song are compared, and the version, never stripped.

    `matched` names all codes of the one recording, `ambiguous` those of the several that remain; of an `other_version` only a
    remix, a live recording … is in the catalogue. A decision by hand (`songify match`) wins and lasts. `songify explain-match
    VIDEO_ID` tells how a video was decided. Only videos that are new, or whose blocks the catalogue changed, are decided anew.
    """
    by_hand = pl.LazyFrame(matches(store.ledger), schema=BY_HAND, orient="row")
    decided = decide(videos, find_candidates(ways, recordings))
    return settle(decided, by_hand, store.settings.timezone)


@table("playlists/match_samples", inputs={"matches": Everything(MATCHES), "videos": Table(VIDEOS)})
def match_samples(matches: pl.LazyFrame, videos: pl.LazyFrame) -> pl.LazyFrame:
    """A few videos of each state with how they were decided: what to look at first. The newest, one of each state before the next."""
    return sample(matches, videos)


ASSETS = (recording_keys, video_keys, recording_matches, match_samples)
