"""The assets of royalties: plays, daily counts, monthly shares, what has moved in closed months, and sheets."""

from typing import Any

import dagster as dg
import polars as pl

from songify_assets.datasets.royalties.close import statement_parts, with_files
from songify_assets.datasets.royalties.feeds import LOCATIONS, PLAYS, TRACKS
from songify_assets.datasets.royalties.pictures import market_share_picture
from songify_assets.datasets.royalties.transforms.restatements import find_causes, list_restatements
from songify_assets.datasets.royalties.transforms.shares import aggregate_day, combine_month, enrich_plays
from songify_assets.foundation.sheets.close import write_close
from songify_assets.foundation.store import Store
from songify_assets.orchestration.assets.writing import writing_asset
from songify_assets.orchestration.declare.inputs import (
    AsOf,
    Events,
    Frozen,
    MovedDays,
    MovedDeliveries,
    ReadAlong,
    Table,
    Versions,
    WhereClosed,
)
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
    portable=True,
    carries={
        "play_date": "event_date",
        "location_id": "location_id",
        "track_id": "track_id",
        "played_ms": "played_ms",
    },
)
def plays(delivered: pl.LazyFrame, locations: pl.LazyFrame, tracks: pl.LazyFrame) -> pl.LazyFrame:
    """One play of a track at a location, with the country and the licensor as of its day; counted from 60 seconds on.

    Source: the music service's `plays.csv`, nightly. A play's day is its delivery date. Two equal rows are two plays.
    Plays of unknown tracks or at unknown locations are kept, with NULL.
    """
    return enrich_plays(delivered, locations, tracks, categories=True)


@table("royalties/market_share_daily", cadence="day", inputs={"plays": Table("royalties/plays")}, portable=True)
def market_share_daily(plays: pl.LazyFrame) -> pl.LazyFrame:
    """Counted plays a day, country and licensor: what a month's market share is added up from."""
    return aggregate_day(plays)


@table(
    "royalties/market_share",
    cadence="month",
    inputs={"days": Table("royalties/market_share_daily")},
    picture=of_partition("royalties/market_share", market_share_picture),
    closes="statements",
    portable=True,
)
def market_share(days: pl.LazyFrame) -> pl.LazyFrame:
    """Whose music is played: each licensor's share of the counted plays of a country in a month.

    Counted are plays of at least 60 seconds. Plays of unknown tracks are in the total and form the row without licensor, so
    the shares of a country add up to 1. Licensors are paid by this table.
    """
    return combine_month(days)


@table("royalties/statement_versions", inputs={"versions": Versions("royalties/statements")})
def statement_versions(versions: pl.LazyFrame) -> pl.LazyFrame:
    """The versions of closed months, of every table whose months are closed: who closed or restated it, when, why, from what.

    `songify close` makes version 1, `songify restate` the next ones.
    """
    return versions.with_columns(is_current=pl.col("version") == pl.col("version").max().over("table", "month"))


@table(
    "royalties/restatements",
    cadence="month",
    inputs={
        "versions": Versions("royalties/statements", of="royalties/market_share"),
        "shown": Table("royalties/statements"),
        "statements": Frozen("royalties/market_share"),
        "live": WhereClosed("royalties/market_share", "royalties/statements"),
    },
)
def restatements(versions: pl.LazyFrame, statements: pl.LazyFrame, live: pl.LazyFrame) -> pl.LazyFrame:
    """What has moved in a closed month: each licensor whose plays or share differ between a version and the next one.

    After the last version comes the month as it is now (`version_to` is NULL). Months that were not closed are not here.
    """
    return list_restatements(versions, statements, live)


@table(
    "royalties/restatement_causes",
    cadence="month",
    inputs={
        "statements": Table("royalties/statements"),
        "live": WhereClosed("royalties/market_share", "royalties/statements"),
        "days": MovedDays("royalties/plays", of="royalties/market_share"),
        "deliveries": MovedDeliveries((PLAYS, LOCATIONS, TRACKS), of="royalties/market_share"),
        "locations": ReadAlong("royalties/locations_history"),
        "tracks": ReadAlong("royalties/tracks_history"),
    },
)
def restatement_causes(
    days: pl.LazyFrame, deliveries: pl.LazyFrame, locations: pl.LazyFrame, tracks: pl.LazyFrame
) -> pl.LazyFrame:
    """Why a closed month has moved: the counted plays that each delivery added, took away, or moved to another licensor or country.

    The causes of a licensor and country add up to its difference in `restatements`; plays that moved are taken from one and added
    to another.
    """
    return find_causes(days, deliveries, locations, tracks)


@table(
    "royalties/market_share_sheets", cadence="month", inputs={"shares": Table("royalties/market_share")}, stored=False
)
def market_share_sheets(
    context: dg.AssetExecutionContext, store: dg.ResourceParam[Store], shares: pl.LazyFrame
) -> dg.MaterializeResult[Any]:
    """The market share of a month as a CSV file and as an Excel workbook with one sheet a country, under `exports/`."""
    # Imports pandas, which takes as long as a small load.
    from songify_assets.datasets.royalties.sheets import SheetFrame, write_sheets

    frame = shares.with_columns(pl.col("month").cast(pl.Datetime("ns"))).collect().to_pandas()
    checked = dg.check_dagster_type(SheetFrame, frame)
    if not checked.success:
        raise dg.Failure(description=str(checked.description))
    with writing_asset(context, store):
        files = write_sheets(frame, store.settings.home / "exports" / "market_share", context.partition_keys)
    return dg.MaterializeResult(metadata={"files": [str(file) for file in files], "rows": len(frame)})


@table(
    "royalties/statement_sheets",
    cadence="month",
    inputs={
        "statements": Table("royalties/statements"),
        "restatements": Table("royalties/restatements"),
        "causes": Table("royalties/restatement_causes"),
    },
    stored=False,
)
def statement_sheets(
    context: dg.AssetExecutionContext,
    store: dg.ResourceParam[Store],
    statements: pl.LazyFrame,
    restatements: pl.LazyFrame,
    causes: pl.LazyFrame,
) -> dg.MaterializeResult[Any]:
    """Each version of a closed month as a workbook and CSV files, `exports/statements/<month>/v<version>.xlsx`.

    What was paid, what the version corrects, what has moved since, and the files that caused it.
    """
    rows, moved, why = statements.collect(), restatements.collect(), with_files(causes.collect(), store)
    folder, written = store.settings.home / "exports" / "statements", []
    with writing_asset(context, store):
        for version in rows["version"].unique().sort():
            written += write_close(folder, f"v{version}", statement_parts(version, rows, moved, why))
    return dg.MaterializeResult(metadata={"files": [str(file) for file in written]})


ASSETS = (
    plays,
    market_share_daily,
    market_share,
    market_share_sheets,
    statement_versions,
    restatements,
    restatement_causes,
    statement_sheets,
)
