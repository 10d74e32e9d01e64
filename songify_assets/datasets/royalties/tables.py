"""What a row of each royalties table is: Pandera models, whose columns are also the lake's and the warehouse's."""

from datetime import date
from typing import Annotated

import pandera.polars as pa
import polars as pl

Instant = Annotated[pl.Datetime, "us", "UTC"]
Delivered = pl.Struct({"feed": pl.String(), "delivered_on": pl.Date(), "sha256": pl.String()})
Deliveries = Annotated[pl.List, Delivered]
CAUSES = ("late_plays", "corrected_plays", "tracks_changed", "locations_changed")
VERSIONS = "royalties/statement_versions"
STATES = ["royalties/statements.plays", "royalties/market_share.plays"]
PLAYS = ["royalties/plays.is_counted"]


class Plays(pa.DataFrameModel):
    """One play, with the country of its location and the licensor of its track as of its day."""

    play_date: date = pa.Field(
        description="the local day of the play: its delivery date", metadata={"from": ["raw/plays.delivered_on"]}
    )
    location_id: str = pa.Field(nullable=True, description="the location as delivered")
    track_id: str = pa.Field(nullable=True, description="the track as delivered")
    played_ms: int = pa.Field(ge=0, description="how long it was played, in milliseconds")
    country: str = pa.Field(
        nullable=True,
        description="country of the location on that day; NULL if the location is unknown",
        metadata={"from": ["royalties/locations_history.country", "raw/plays.location_id"]},
    )
    licensor: str = pa.Field(
        nullable=True,
        description="licensor of the track on that day; NULL if the track is unknown",
        metadata={"from": ["royalties/tracks_history.licensor", "raw/plays.track_id"]},
    )
    is_counted: bool = pa.Field(
        description="whether it was played for at least 60,000 ms", metadata={"from": ["raw/plays.played_ms"]}
    )


class MarketShareDaily(pa.DataFrameModel):
    """Counted plays of a licensor in a country on a day."""

    play_date: date = pa.Field(description="the local day")
    country: str = pa.Field(nullable=True, description="NULL: plays at unknown locations")
    licensor: str = pa.Field(nullable=True, description="NULL: plays of unknown tracks")
    plays: int = pa.Field(
        gt=0, description="plays of at least 60,000 ms", metadata={"from": ["royalties/plays.is_counted"]}
    )


class MarketShare(pa.DataFrameModel):
    """The share of a licensor in the counted plays of a country in a month; the shares of a country add up to 1."""

    month: date = pa.Field(
        description="first day of the month", metadata={"from": ["royalties/market_share_daily.play_date"]}
    )
    country: str = pa.Field(nullable=True, description="NULL: plays at unknown locations")
    licensor: str = pa.Field(nullable=True, description="NULL: plays of unknown tracks")
    plays: int = pa.Field(gt=0, description="its plays of at least 60,000 ms")
    country_plays: int = pa.Field(
        gt=0,
        description="all plays of at least 60,000 ms in the country",
        metadata={"from": ["royalties/market_share_daily.plays"]},
    )
    share: float = pa.Field(
        gt=0,
        le=1,
        description="plays / country_plays, a fraction",
        metadata={"from": ["royalties/market_share_daily.plays"]},
    )


class StatementVersions(pa.DataFrameModel):
    """A version of a closed month of a table: version 1 is the close, later ones are restatements."""

    table: str = pa.Field(description="the table whose month was closed")
    month: date = pa.Field(description="first day of the month")
    version: int = pa.Field(ge=1, description="1: the close; 2, 3 …: restatements")
    closed_at: Instant = pa.Field(description="when it was closed or restated, an instant (UTC)")
    closed_by: str = pa.Field(description="who did it")
    reason: str = pa.Field(nullable=True, description="why, in their words")
    despite: str = pa.Field(
        nullable=True, description="why it was to be closed even if something was missing; NULL: nothing was"
    )
    digest: str = pa.Field(description="SHA-256 of its rows as CSV, sorted by all columns")
    rows: int = pa.Field(ge=0, description="how many rows it has")
    deliveries: Deliveries = pa.Field(description="the files that it was computed from: feed, delivery date, SHA-256")
    is_current: bool = pa.Field(description="whether it is the month's newest version")


class Restatements(pa.DataFrameModel):
    """A licensor's plays and share in a country, in two states of a closed month between which they differ."""

    month: date = pa.Field(description="first day of the month", metadata={"from": STATES})
    version_from: int = pa.Field(ge=1, description="the version before", metadata={"from": [f"{VERSIONS}.version"]})
    version_to: int = pa.Field(
        nullable=True, description="the version after; NULL: as it is now", metadata={"from": [f"{VERSIONS}.version"]}
    )
    country: str = pa.Field(nullable=True, description="NULL: plays at unknown locations", metadata={"from": STATES})
    licensor: str = pa.Field(nullable=True, description="NULL: plays of unknown tracks", metadata={"from": STATES})
    plays_before: int = pa.Field(ge=0, description="counted plays before; 0 if it had none", metadata={"from": STATES})
    plays_after: int = pa.Field(ge=0, description="counted plays after; 0 if it has none", metadata={"from": STATES})
    share_before: float = pa.Field(ge=0, le=1, description="its share before, a fraction", metadata={"from": STATES})
    share_after: float = pa.Field(ge=0, le=1, description="its share after, a fraction", metadata={"from": STATES})
    plays_difference: int = pa.Field(description="plays_after - plays_before", metadata={"from": STATES})
    share_difference: float = pa.Field(description="share_after - share_before", metadata={"from": STATES})


class RestatementCauses(pa.DataFrameModel):
    """How many counted plays a delivery added to a licensor in a country, or took from it, between two states of a closed month."""

    month: date = pa.Field(description="first day of the month", metadata={"from": PLAYS})
    version_from: int = pa.Field(ge=1, description="the version before", metadata={"from": [f"{VERSIONS}.version"]})
    version_to: int = pa.Field(
        nullable=True, description="the version after; NULL: as it is now", metadata={"from": [f"{VERSIONS}.version"]}
    )
    country: str = pa.Field(nullable=True, description="NULL: plays at unknown locations", metadata={"from": PLAYS})
    licensor: str = pa.Field(nullable=True, description="NULL: plays of unknown tracks", metadata={"from": PLAYS})
    cause: str = pa.Field(
        isin=CAUSES,
        description="late_plays (the day was not delivered before), corrected_plays, tracks_changed or locations_changed",
        metadata={"from": PLAYS},
    )
    feed: str = pa.Field(description="plays, tracks or locations", metadata={"from": PLAYS})
    delivered_on: date = pa.Field(
        nullable=True,
        description="the delivery that did it; NULL if none differs: the product computes it otherwise now",
        metadata={"from": [*PLAYS, "raw/tracks.delivered_on", "raw/locations.delivered_on"]},
    )
    plays_difference: int = pa.Field(description="counted plays added less those taken away", metadata={"from": PLAYS})


TABLES = {
    "royalties/plays": (Plays, "play_date"),
    "royalties/market_share_daily": (MarketShareDaily, "play_date"),
    "royalties/market_share": (MarketShare, "month"),
    "royalties/statement_versions": (StatementVersions, None),
    "royalties/restatements": (Restatements, "month"),
    "royalties/restatement_causes": (RestatementCauses, "month"),
}
KEYS: dict[str, tuple[str, ...]] = {"royalties/statement_versions": ("table", "month", "version")}
