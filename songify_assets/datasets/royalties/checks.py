"""What must be true of the royalties tables."""

import polars as pl

from songify_assets.datasets.royalties.countries import ISO_3166
from songify_assets.datasets.royalties.transforms.restatements import PAIR
from songify_assets.foundation.store import Store
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


def off_their_causes(causes: pl.LazyFrame, restatements: pl.LazyFrame) -> pl.LazyFrame:
    """Licensors in a country whose causes do not add up to their difference."""
    of = [*PAIR, "country", "licensor"]
    months = causes.select("month").unique()
    summed = causes.group_by(of).agg(of_causes=pl.col("plays_difference").sum())
    told = restatements.join(months, on="month", how="semi").select(*of, "plays_difference")
    both = told.join(summed, on=of, how="full", coalesce=True, nulls_equal=True)
    return both.filter(pl.col("plays_difference").fill_null(0) != pl.col("of_causes").fill_null(0))


def moved_since_closed(restatements: pl.LazyFrame, statements: pl.LazyFrame, store: Store) -> pl.LazyFrame:
    """Licensors whose plays have moved since the last statement, in countries that have moved by more than SONGIFY_RESTATE_ABOVE."""
    of, moved = ["month", "version_from", "country"], pl.col("plays_difference")
    now = restatements.filter(pl.col("version_to").is_null(), moved != 0)
    sizes = statements.group_by("month", "country", version_from="version").agg(pl.col("country_plays").max())
    known = now.join(sizes, on=of, how="left", nulls_equal=True).with_columns(
        moved_plays=pl.max_horizontal(
            moved.clip(lower_bound=0).sum().over(of), -moved.clip(upper_bound=0).sum().over(of)
        )
    )
    above = known.filter(pl.col("moved_plays") > store.settings.restate_above * pl.col("country_plays").fill_null(0))
    came, went = moved.clip(lower_bound=0).sum().over("month"), -moved.clip(upper_bound=0).sum().over("month")
    told = above.with_columns(moved_in_all=pl.max_horizontal(came, went))
    shown = ["country", "licensor", "plays_before", "plays_after", "plays_difference", "moved_in_all"]
    return told.sort(moved.abs(), *shown, descending=[True, *[False] * len(shown)]).select(
        "month", "version_from", *shown
    )


def in_words(moved: pl.DataFrame) -> str:
    """What has moved, in a sentence: the sum, and the largest rows."""
    first = moved.row(0, named=True)
    largest = [
        f"{row['licensor'] or 'unknown tracks'} in {row['country'] or 'an unknown country'} {row['plays_difference']:+,}"
        for row in moved.iter_rows(named=True)
    ]
    month = f"{first['month']:%Y-%m}"
    return (
        f"Counted plays of {month} have moved by {first['moved_in_all']:,} since version {first['version_from']} of its statement; "
        f"the largest: {'; '.join(largest)}. See royalties.restatement_causes; settle it by `songify restate {month}`."
    )


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
        "royalties/restatement_causes",
        "causes_add_up",
        "The causes of a licensor and country add up to its difference.",
        off_their_causes,
        reads=["royalties/restatements"],
        severity="error",
    ),
    Check(
        "royalties/restatements",
        "moved_since_closed",
        "What was paid is what would be paid now, but for SONGIFY_RESTATE_ABOVE of a country's plays.",
        moved_since_closed,
        reads=["royalties/statements"],
        needs_store=True,
        summary=in_words,
    ),
    Check(
        "royalties/locations", "listed_countries", "ISO 3166 lists the country of every location.", in_no_listed_country
    ),
)
