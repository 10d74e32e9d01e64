"""The music service for shops: plays, and where and of what they are."""

import numpy as np
import polars as pl

from songify_assets.generator import words
from songify_assets.generator.chance import (
    Index,
    Mask,
    bits,
    pick,
    popular,
    population,
    present,
    uniform,
    version,
    versioned,
)
from songify_assets.generator.feeds import Drop, Feed
from songify_assets.generator.plan import Plan, Span
from songify_assets.generator.texts import choose, uuids

PLAYS, TRACKS, LOCATIONS = 1000, 200, 50
UNKNOWN = -1_000_000_000  # indexes from here are of things that no dump ever has
_BY_WEIGHT = tuple(country for country, weight in words.COUNTRIES.items() for _ in range(weight))

PLAYS_FEED = Feed(
    "plays", "csv", line_end="\r\n", has_key=False, full_dump=False, key="track_id", text="location_id",
    number="played_ms", impossible=((-1 - pl.col("played_ms")).alias("played_ms"),),
)  # fmt: skip
TRACKS_FEED = Feed(
    "tracks", "csv", line_end="\r\n", key="id", text="licensor",
    conflicting=(pl.lit("Conflicting Rights Ltd").alias("licensor"),),
)  # fmt: skip
LOCATIONS_FEED = Feed(
    "locations", "csv", line_end="\r\n", key="id", text="country", conflicting=(pl.lit("IS").alias("country"),)
)


def drops(plan: Plan, day: int) -> list[Drop]:
    """What the music service delivers for a day."""
    tracks = Span(day, 0, population(plan.linear(TRACKS), day))
    locations = Span(day, 0, population(plan.linear(LOCATIONS), day))
    return [
        Drop(PLAYS_FEED, "plays.csv", day, [Span(day, 0, plan.linear(PLAYS))], _plays),
        Drop(LOCATIONS_FEED, "locations.csv", day, [locations], _locations),
        Drop(TRACKS_FEED, "tracks.csv", day, [tracks], _tracks, present=_track_present),
    ]


def _track_present(plan: Plan, day: int, index: Index) -> Mask:
    return present(plan.seed, "track", index, day, period=200)


def _ids(plan: Plan, what: str, index: Index) -> pl.Series:
    return uuids(bits(plan.seed, what, index), bits(plan.seed, what + " low", index))


def _tracks(plan: Plan, day: int, index: Index) -> pl.DataFrame:
    owner = versioned(index, version(plan.seed, "licensor", index, day, period=60))
    rank = popular(uniform(plan.seed, "licensor", owner), len(words.LICENSORS), skew=0.8)
    return pl.DataFrame({"id": _ids(plan, "track", index), "licensor": choose(words.LICENSORS, rank)})


def _locations(plan: Plan, day: int, index: Index) -> pl.DataFrame:
    country = choose(_BY_WEIGHT, pick(plan.seed, "country", index, len(_BY_WEIGHT)))
    return pl.DataFrame({"id": _ids(plan, "location", index), "country": country})


def _plays(plan: Plan, day: int, index: Index) -> pl.DataFrame:
    track = popular(uniform(plan.seed, "play track", index, day), population(plan.linear(TRACKS), day))
    shops = population(plan.linear(LOCATIONS), day)
    place = (uniform(plan.seed, "play place", index, day) ** 1.5 * shops).astype(np.int64)
    # Four in five unknown plays are of a track nobody listed, the rest come from a shop nobody listed.
    stray, unknown = uniform(plan.seed, "play unknown", index, day), plan.share("unknown")
    track = np.where(stray < unknown * 0.8, UNKNOWN + index % 3, track)
    place = np.where((stray >= unknown * 0.8) & (stray < unknown), UNKNOWN, place)
    whole = uniform(plan.seed, "play whole", index, day)
    length = 120_000 + pick(plan.seed, "track length", track, 120_000)
    # A third are skipped somewhere, many of them before the 60 seconds that count.
    played = np.where(whole < 0.35, length * (whole / 0.35) ** 1.5, length).astype(np.int64)
    return pl.DataFrame(
        {"location_id": _ids(plan, "location", place), "track_id": _ids(plan, "track", track), "played_ms": played}
    )
