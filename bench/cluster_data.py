"""The lake of `bench.cluster`: a day of plays, two dumps of tracks, and histories, made by Polars with the same numbers each time."""

import os
import shutil
from datetime import date
from pathlib import Path

import polars as pl

from songify_assets.definitions import CATALOG
from songify_assets.foundation.lake import Lake

DAY, NEXT = date(2021, 12, 1), date(2021, 12, 2)
LOCATIONS, LICENSORS, COUNTRIES, CHUNK = 100_000, 300, 60, 10_000_000
UNKNOWN, CHANGED = 1.01, 100


def lake_of(root: Path) -> Lake:
    """A lake with the product's tables."""
    return Lake(root, CATALOG.tables.values())


def make(work: Path, plays: int, tracks: int) -> Path:
    """The lake with so many plays of so many tracks; made once, of the same tracks for any number of plays."""
    known, made = work / f"tracks-{tracks}", work / f"lake-{plays}-{tracks}"
    if not known.exists():
        making = known.with_suffix(".making")
        shutil.rmtree(making, ignore_errors=True)
        _dimensions(lake_of(making), tracks)
        making.rename(known)
    if not made.exists():
        making = made.with_suffix(".making")
        shutil.rmtree(making, ignore_errors=True)
        shutil.copytree(known, making, copy_function=os.link)
        lake = lake_of(making)
        chunks = [_plays(first, min(CHUNK, plays - first), tracks) for first in range(0, plays, CHUNK)]
        lake.write("raw/plays", pl.concat(chunks), [str(DAY)])
        making.rename(made)
    return made


def _dimensions(lake: Lake, tracks: int) -> None:
    numbers = pl.LazyFrame().select(n=pl.int_range(tracks))
    for day in (DAY, NEXT):
        moved = (pl.col("n") % CHANGED == 0) & (day == NEXT)
        dump = numbers.select(
            track_key=_key("track"),
            id=_key("track"),
            licensor=pl.format("Licensor {}", (pl.col("n") + moved.cast(pl.Int64)) % LICENSORS),
            delivered_on=pl.lit(day),
            record=pl.col("n").cast(pl.UInt64),
        )
        lake.write("raw/tracks", dump, [str(day)])
    added = lake.scan("raw/tracks", [str(DAY)]).with_columns(event=pl.lit("added"))
    lake.write("royalties/tracks_history", added, [str(DAY)])
    places = pl.LazyFrame().select(n=pl.int_range(LOCATIONS)).select(
        location_key=_key("place"), id=_key("place"), country=pl.format("C{}", pl.col("n") % COUNTRIES),
        delivered_on=pl.lit(DAY), event=pl.lit("added"),
    )  # fmt: skip
    lake.write("royalties/locations_history", places, [str(DAY)])


def _plays(first: int, number: int, tracks: int) -> pl.LazyFrame:
    """Plays of a few tracks more than of most, of which one in a hundred is unknown, and one is written in capitals."""
    record, chance = pl.int_range(first, first + number), pl.col("record").hash(7) / 2.0**64
    drawn = pl.LazyFrame().select(record=record).with_columns(chance=chance, other=pl.col("record").hash(8))
    tracked = drawn.with_columns(n=(pl.col("chance") ** 2 * tracks * UNKNOWN).cast(pl.Int64)).with_columns(
        track_id=_key("track")
    )
    placed = tracked.with_columns(n=(pl.col("other") % int(LOCATIONS * UNKNOWN)).cast(pl.Int64))
    capitals = pl.col("record") % 100 == 0
    return placed.select(
        pl.col("record").cast(pl.UInt64),
        location_id=_key("place"),
        track_id=pl.when(capitals).then(pl.col("track_id").str.to_uppercase()).otherwise("track_id"),
        played_ms=(pl.col("other") % 240_000).cast(pl.Int64),
        event_date=pl.lit(DAY),
        delivered_on=pl.lit(DAY),
    )


def _key(kind: str) -> pl.Expr:
    """A text of some 36 characters, as ids are."""
    number = pl.col("n")
    letters = number.hash(1).cast(pl.String).str.zfill(20)
    return pl.format(f"{kind}-{{}}-{{}}", letters, number.cast(pl.String).str.zfill(9))
