"""Video playlists, seen once a day, and the catalogue of recordings."""

from datetime import UTC, datetime

import numpy as np
import polars as pl

from songify_assets.generator import words
from songify_assets.generator.chance import Index, bits, pick, population, uniform
from songify_assets.generator.feeds import Drop, Feed
from songify_assets.generator.plan import Plan, Span
from songify_assets.generator.texts import choose, joined, letters, quoted

ITEMS, VIDEOS, RECORDINGS = 200, 400, 300
_LENGTH = 20  # items of a playlist
_SYMBOLS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_THEMES = ("Top 40 Songs This Week ♫", "Popular Music Videos", "As Melhores Músicas", "New Songs (Updated Weekly)")

ITEMS_FEED = Feed(
    "youtube_playlist", "array",
    '{"playlist_id": "$playlist_id", "playlist_name": "$playlist_name", "artwork_url": "$artwork_url", '
    '"channel_id": "$channel_id", "views": $views, "num_videos": $num_videos, "timestp": $timestp, '
    '"video_id": $video_id, "title": "$title", "artist_name": $artist_name, "image_url": "$image_url", '
    '"track_title": $track_title, "position": $position}',
    full_dump=False, key="video_id", text="title", number="views",
    impossible=((-1 - pl.col("position")).alias("position"),),
)  # fmt: skip
RECORDINGS_FEED = Feed(
    "cm_track", "csv", quote_style="non_numeric", key="isrc", text="track", number="cm_track",
    conflicting=(pl.lit("Conflicting Artist").alias("artist"),),
)  # fmt: skip


def drops(plan: Plan, day: int) -> list[Drop]:
    """What is seen on a day."""
    recordings = Span(day, 0, population(plan.linear(RECORDINGS), day))
    return [
        Drop(ITEMS_FEED, "youtube_playlist.json", day, [Span(day, 0, plan.linear(ITEMS))], _items),
        Drop(RECORDINGS_FEED, "cm_track.csv", day, [recordings], _recordings),
    ]


def song_artists(song: Index) -> pl.Series:
    """Who sings a song."""
    return choose(words.ARTISTS, song * 5)


def song_titles(song: Index) -> pl.Series:
    """What a song is called; once every pair of words is used, they are numbered."""
    pairs = len(words.SONG_FIRST) * len(words.SONG_SECOND)
    name = joined(choose(words.SONG_FIRST, song), " ", choose(words.SONG_SECOND, song * 5))
    part = pl.Series(song // pairs + 1)
    return joined(name, " Pt. ", part).zip_with(part > 1, name)


def _items(plan: Plan, day: int, index: Index) -> pl.DataFrame:
    playlist, place = np.divmod(index, _LENGTH)
    # Each place draws from its own part of the videos, so no playlist holds one twice; it changes every third day.
    part = plan.root(VIDEOS) // _LENGTH + 1
    video = place * part + (uniform(plan.seed, "video", index, day // 3) ** 3 * part).astype(np.int64)
    listed = uniform(plan.seed, "video artist", video)
    video_id = letters(bits(plan.seed, "video id", video), _SYMBOLS, 11)
    artist, track = song_artists(video), song_titles(video)
    art = letters(bits(plan.seed, "artwork", playlist), _SYMBOLS, 11)
    return pl.DataFrame(
        {
            "playlist_id": joined("PL", _long_id(plan, "playlist", playlist)),
            "playlist_name": joined(choose(_THEMES, playlist), " ", pl.Series(playlist + 1)),
            "artwork_url": joined("https://i.ytimg.com/vi/", art, "/default.jpg"),
            "channel_id": joined("UC", _long_id(plan, "channel", playlist // 3)),
            "views": pick(plan.seed, "views", playlist, 10**9) + day * pick(plan.seed, "new views", playlist, 10**5),
            "num_videos": np.full(len(index), _LENGTH),
            "timestp": quoted(_seen_at(plan, day, index)),
            "video_id": quoted(video_id),
            "title": joined(artist, " - ", track, " (Official Video)"),
            "artist_name": quoted(artist, missing=listed < 0.45),
            "image_url": joined("https://i.ytimg.com/vi/", video_id, "/default.jpg"),
            "track_title": quoted(track, missing=listed < 0.25),
            "position": place + 1,
        }
    )


def _long_id(plan: Plan, what: str, index: Index) -> pl.Series:
    return joined(*(letters(bits(plan.seed, f"{what} id {n}", index), _SYMBOLS, 11) for n in range(2)))


def _seen_at(plan: Plan, day: int, index: Index) -> pl.Series:
    """Some time from 12:00 to 14:00 UTC in microseconds, without trailing zeros and without a time zone."""
    noon = int(datetime.combine(plan.date(day), datetime.min.time(), UTC).timestamp()) * 1_000_000 + 43_200_000_000
    moment = noon + pick(plan.seed, "seen", index, 7_200_000_000, day)
    return pl.Series(moment).cast(pl.Datetime("us")).dt.strftime("%Y-%m-%dT%H:%M:%S%.6f").str.strip_chars_end("0")


def _recordings(plan: Plan, day: int, index: Index) -> pl.DataFrame:
    code = joined(
        choose(("USSM", "GBAY", "SEUM", "UKZF"), index),
        letters((index // 40_000_000).astype(np.uint64), "123456789ABCDEFGHJKLMNPQRSTUVWXYZ", 1),
        pl.Series(10_000_000 + index // 4 % 10_000_000).cast(pl.String).str.slice(1),
    )
    return pl.DataFrame(
        {
            "cm_track": 1_000_000 + index * 7,
            "track": song_titles(index),
            "isrc": code,
            "cm_artist": 1000 + index * 5 % len(words.ARTISTS),
            "artist": song_artists(index),
        }
    )
