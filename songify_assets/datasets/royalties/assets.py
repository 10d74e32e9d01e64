"""The assets of royalties: plays, daily counts, monthly shares, and the sheets for people who use spreadsheets."""

from typing import Any

import dagster as dg
import polars as pl

from songify_assets.datasets.royalties.feeds import PLAYS
from songify_assets.datasets.royalties.pictures import market_share_picture
from songify_assets.datasets.royalties.sheets import SheetFrame, write_sheets
from songify_assets.datasets.royalties.transforms import aggregate_day, combine_month, enrich_plays
from songify_assets.foundation.store import Store
from songify_assets.orchestration.assets.writing import writing_asset
from songify_assets.orchestration.declare.inputs import AsOf, Events, Table
from songify_assets.orchestration.declare.tables import table
from songify_assets.orchestration.ui.drawn import of_partition, rows_a_day


@table(
    "royalties/plays",
    cadence="day",
    inputs={
        "delivered": Events(PLAYS),
        "locations": AsOf("royalties/locations_history", by="location_id", fills="country"),
        "tracks": AsOf("royalties/tracks_history", by="track_id", fills="licensor"),
    },
    picture=rows_a_day("royalties/plays"),
)
def plays(delivered: pl.LazyFrame, locations: pl.LazyFrame, tracks: pl.LazyFrame) -> pl.LazyFrame:
    """One play of a track at a location, with the country and the licensor as of its day; counted from 60 seconds on.

    Source: the music service's `plays.csv`, nightly. A play's day is its delivery date. Two equal rows are two plays.
    Plays of unknown tracks or at unknown locations are kept, with NULL.
    """
    return enrich_plays(delivered, locations, tracks)


@table("royalties/market_share_daily", cadence="day", inputs={"plays": Table("royalties/plays")})
def market_share_daily(plays: pl.LazyFrame) -> pl.LazyFrame:
    """Counted plays a day, country and licensor: what a month's market share is added up from."""
    return aggregate_day(plays)


@table(
    "royalties/market_share",
    cadence="month",
    inputs={"days": Table("royalties/market_share_daily")},
    picture=of_partition("royalties/market_share", market_share_picture),
)
def market_share(days: pl.LazyFrame) -> pl.LazyFrame:
    """Whose music is played: each licensor's share of the counted plays of a country in a month.

    Counted are plays of at least 60 seconds. Plays of unknown tracks are in the total and form the row without licensor, so
    the shares of a country add up to 1. Licensors are paid by this table.
    """
    return combine_month(days)


@table(
    "royalties/market_share_sheets", cadence="month", inputs={"shares": Table("royalties/market_share")}, stored=False
)
def market_share_sheets(
    context: dg.AssetExecutionContext, store: dg.ResourceParam[Store], shares: pl.LazyFrame
) -> dg.MaterializeResult[Any]:
    """The market share of a month as a CSV file and as an Excel workbook with one sheet a country, under `exports/`."""
    frame = shares.with_columns(pl.col("month").cast(pl.Datetime("ns"))).collect().to_pandas()
    checked = dg.check_dagster_type(SheetFrame, frame)
    if not checked.success:
        raise dg.Failure(description=str(checked.description))
    with writing_asset(context, store):
        files = write_sheets(frame, store.settings.home / "exports" / "market_share", context.partition_keys)
    return dg.MaterializeResult(metadata={"files": [str(file) for file in files], "rows": len(frame)})


ASSETS = (plays, market_share_daily, market_share, market_share_sheets)
