"""What must be true of the royalties tables."""

import polars as pl

from songify_assets.datasets.royalties.countries import ISO_3166
from songify_assets.orchestration.declare.checks import Check

UNKNOWN_LIMIT = 0.05


def of_unknown_tracks(plays: pl.LazyFrame) -> pl.LazyFrame:
    """Plays without licensor."""
    return plays.filter(pl.col("licensor").is_null()).select("play_date", "track_id")


def at_unknown_locations(plays: pl.LazyFrame) -> pl.LazyFrame:
    """Plays without country."""
    return plays.filter(pl.col("country").is_null()).select("play_date", "location_id")


def countries_off_one(shares: pl.LazyFrame) -> pl.LazyFrame:
    """Countries whose shares do not add up to 1."""
    sums = shares.group_by("month", "country").agg(pl.col("share").sum())
    return sums.filter((pl.col("share") - 1).abs() > 1e-9)


def months_off_their_days(shares: pl.LazyFrame, days: pl.LazyFrame) -> pl.LazyFrame:
    """Months whose plays are not the sum of their days' plays."""
    summed = days.group_by(month=pl.col("play_date").dt.truncate("1mo")).agg(of_days=pl.col("plays").sum())
    months = shares.group_by("month").agg(pl.col("plays").sum())
    return months.join(summed, on="month", how="left").filter(pl.col("plays") != pl.col("of_days").fill_null(0))


def in_no_listed_country(locations: pl.LazyFrame) -> pl.LazyFrame:
    """Locations that are still delivered and whose country code is missing or not in ISO 3166."""
    listed = pl.col("country").is_in(ISO_3166).fill_null(False)
    return locations.filter(~listed, ~pl.col("is_deleted"))


CHECKS = (
    Check(
        "royalties/plays",
        "known_tracks",
        "The track of every play is in the tracks dump.",
        of_unknown_tracks,
        error_above=UNKNOWN_LIMIT,
    ),
    Check(
        "royalties/plays",
        "known_locations",
        "The location of every play is in the locations dump.",
        at_unknown_locations,
        error_above=UNKNOWN_LIMIT,
    ),
    Check(
        "royalties/market_share",
        "shares_add_up",
        "The shares of a country add up to 1.",
        countries_off_one,
        severity="error",
        blocking=True,
    ),
    Check(
        "royalties/market_share",
        "days_add_up",
        "The plays of a month are those of its days.",
        months_off_their_days,
        reads=["royalties/market_share_daily"],
        severity="error",
    ),
    Check(
        "royalties/locations", "listed_countries", "ISO 3166 lists the country of every location.", in_no_listed_country
    ),
)
