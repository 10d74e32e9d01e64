"""What a row of each royalties table is: Pandera models, whose columns are also the lake's and the warehouse's."""

from datetime import date

import pandera.polars as pa


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


TABLES = {
    "royalties/plays": (Plays, "play_date"),
    "royalties/market_share_daily": (MarketShareDaily, "play_date"),
    "royalties/market_share": (MarketShare, "month"),
}
