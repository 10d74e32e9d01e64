"""The last that was seen of playlists and videos on each day, and what moved from one day to the next."""

from collections.abc import Sequence

import polars as pl

PLACE = ("seen_at", "delivered_on", "record")


def last_of_day(items: pl.LazyFrame, key: Sequence[str], columns: Sequence[str]) -> pl.LazyFrame:
    """Of each entity and day the last record, by `seen_at`, then by its place in the file."""
    of = [*key, "event_date"]
    last = items.group_by(of).agg(pl.struct(*PLACE, *columns).sort_by(*PLACE).last().alias("__last"))
    told = last.select(*of, *(pl.col("__last").struct.field(name) for name in columns))
    return told.rename({"event_date": "day"}).with_columns(kept_as=pl.lit("day"))


def log_playlists(items: pl.LazyFrame) -> pl.LazyFrame:
    """What each playlist was called and looked like on a day."""
    columns = ("playlist_name", "channel_id", "artwork_url", "num_videos")
    return last_of_day(items, ["playlist_id"], columns).rename({"playlist_name": "name"})


def log_views(items: pl.LazyFrame) -> pl.LazyFrame:
    """Views of each playlist on a day."""
    return last_of_day(items, ["playlist_id"], ["views"])


def log_positions(items: pl.LazyFrame) -> pl.LazyFrame:
    """The place of each video on each playlist on a day."""
    return last_of_day(items, ["playlist_id", "video_id"], ["position"])


def log_videos(items: pl.LazyFrame) -> pl.LazyFrame:
    """What each video was called on a day."""
    return last_of_day(items, ["video_id"], ["title", "track_title", "artist_name", "image_url"])


def find_movers(positions: pl.LazyFrame) -> pl.LazyFrame:
    """What became of each place of a playlist since the newest earlier day on which it was delivered; nothing on its first day."""
    days = positions.select("playlist_id", "day").unique().sort("playlist_id", "day")
    follows = days.with_columns(previous_day=pl.col("day").shift(1).over("playlist_id")).drop_nulls()
    places = positions.select("playlist_id", "video_id", "day", "position")
    before = places.join(
        follows, left_on=["playlist_id", "day"], right_on=["playlist_id", "previous_day"], suffix="_next"
    ).select("playlist_id", "video_id", day="day_next", previous_position="position")
    now = places.join(follows.select("playlist_id", "day"), on=["playlist_id", "day"])
    moved = now.join(before, on=["playlist_id", "video_id", "day"], how="full", coalesce=True)
    up = pl.col("position") - pl.col("previous_position")
    move = (
        pl.when(pl.col("previous_position").is_null()).then(pl.lit("entered"))
        .when(pl.col("position").is_null()).then(pl.lit("left"))
        .when(up < 0).then(pl.lit("rose")).when(up > 0).then(pl.lit("fell")).otherwise(pl.lit("stayed"))
    )  # fmt: skip
    return moved.with_columns(move=move).join(follows, on=["playlist_id", "day"])
