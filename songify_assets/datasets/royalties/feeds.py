"""What the music service delivers: plays (an increment), locations and tracks (full dumps)."""

import pandera.polars as pa
import polars as pl

from songify_assets.foundation.feeds import Feed
from songify_assets.foundation.keys import normalized_key

SOURCE = "royalties"


class DeliveredPlay(pa.DataFrameModel):
    """A play of a track at a location. Location or track may be unknown; the played time may not."""

    location_id: str = pa.Field(nullable=True, description="the location as delivered")
    track_id: str = pa.Field(nullable=True, description="the track as delivered")
    played_ms: int = pa.Field(ge=0, description="how long it was played, in milliseconds")


class DeliveredLocation(pa.DataFrameModel):
    """A shop where music is played."""

    id: str = pa.Field(description="the id as delivered")
    country: str = pa.Field(
        nullable=True, description="country code of two letters, upper-cased; one that ISO 3166 does not list is kept"
    )


class DeliveredTrack(pa.DataFrameModel):
    """A track and who licenses it."""

    id: str = pa.Field(description="the id as delivered")
    licensor: str = pa.Field(nullable=True, description="who licenses the track")


def conform_play(plays: pl.LazyFrame) -> pl.LazyFrame:
    """The kept columns of a play; all of them."""
    return plays.select("location_id", "track_id", "played_ms")


def conform_location(locations: pl.LazyFrame) -> pl.LazyFrame:
    """The entity's columns: location_key, id, country (upper-cased; NULL if it is blank)."""
    country = pl.col("country").str.strip_chars().str.to_uppercase().replace("", None)
    return locations.select(location_key=normalized_key(pl.col("id")), id="id", country=country)


def conform_track(tracks: pl.LazyFrame) -> pl.LazyFrame:
    """The entity's columns: track_key, id, licensor."""
    return tracks.select(track_key=normalized_key(pl.col("id")), id="id", licensor="licensor")


PLAYS = Feed(
    name="plays",
    source=SOURCE,
    kind="increment",
    format="csv",
    files=("plays.csv",),
    fields={"location_id": "location_id", "track_id": "track_id", "played_ms": "played_ms"},
    model=DeliveredPlay,
    conform=conform_play,
)
LOCATIONS = Feed(
    name="locations",
    source=SOURCE,
    kind="full dump",
    format="csv",
    files=("locations.csv", "location.csv"),
    fields={"id": "id", "country": "country"},
    model=DeliveredLocation,
    conform=conform_location,
    key=("location_key",),
)
TRACKS = Feed(
    name="tracks",
    source=SOURCE,
    kind="full dump",
    format="csv",
    files=("tracks.csv",),
    fields={"id": "id", "licensor": "licensor"},
    model=DeliveredTrack,
    conform=conform_track,
    key=("track_key",),
)
FEEDS = (PLAYS, LOCATIONS, TRACKS)
