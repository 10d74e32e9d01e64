"""Videos and recordings as rows that can be compared: an artist, a song, a version, and the blocks in which they may meet."""

import polars as pl

from songify_assets.datasets.playlists.transforms.titles import (
    BRACKETS,
    FEATURED_INLINE,
    JOINT,
    NOISE_ONLY,
    artist_of,
    said_in,
    song_of,
    take_apart,
)
from songify_assets.foundation.keys import stable_hash
from songify_assets.foundation.similarity import folded, squashed

HEAD_OF_SONG, HEAD_OF_ARTIST = 4, 2
SPEAKS = (
    r"\b(?:official|oficial|officiel|video|videos|audio|lyrics?|letra|clip|clipe|videoclipe?|mv|m/v|visuali[sz]er)\b"
)
SHOUTED = r"\*[^*]{3,}\*"
QUOTED = r"""(?:^|\s)['"]([^'"]{2,})['"](?:\s|$)"""
BETWEEN = r"\s*\|+\s*|\s-+\s|\s-+|-+\s|\s~\s|\s//\s|:\s"
# Who is read as the artist, and what as the song: what the platform tells, then the title.
OWN, ONE, TWO = (pl.col(name) for name in ("own_left", "one", "two"))
TEXTS = ("own_left", "one", "two")
WAYS = (
    ("artist_name", "own_left"), ("one", "own_left"), ("two", "own_left"),
    ("artist_name", "one"), ("artist_name", "two"), ("one", "two"), ("two", "one"),
)  # fmt: skip
WORDS = (1, 2, 3)
FIELDS = ["version", "version_of", "remastered", "featured", "extra"]


def recording_keys(recordings: pl.LazyFrame) -> pl.LazyFrame:
    """Each recording of the catalogue in each block in which a video may meet it."""
    known = recordings.filter(~pl.col("is_deleted")).drop_nulls(["track", "artist"])
    apart = known.select(
        pl.col("isrc_key").alias("isrc"),
        "track",
        "artist",
        artist_key=artist_of(pl.col("artist")),
        **take_apart(folded(pl.col("track"))),
    )
    pieces = apart.with_columns(piece=pl.col("left").str.split(" - ")).with_columns(
        text=pl.col("piece").list.first(), groups=pl.concat_list("groups", pl.col("piece").list.slice(1))
    )
    read = pieces.with_columns(song=song_of(pl.col("text")), **said_in(pl.col("groups"), pl.col("text")))
    rows = read.select("isrc", "track", "artist", "artist_key", "song", *FIELDS)
    return _in_blocks(rows.drop_nulls(["artist_key", "song"]))


def video_keys(videos: pl.LazyFrame) -> pl.LazyFrame:
    """Each way to read a video as an artist and a song, in each block in which it may meet a recording.

    The platform's own artist and song come first; then the title, which names the artist before the song, or after it. Of
    several artists each may be the one of the catalogue.
    """
    title, of = folded(pl.col("title").fill_null("")), ["video_id", "first_seen_on"]
    quoted = title.str.replace_all(SHOUTED, " ").str.replace_all(QUOTED, " | $1 | ")
    apart = videos.select(
        *of, "artist_name", "track_title",
        whole=squashed(pl.concat_str(title, *(folded(pl.col(name).fill_null("")) for name in ("artist_name", "track_title")))),
        **take_apart(quoted), own=folded(pl.col("track_title")),
    )  # fmt: skip
    piece = pl.element().str.strip_chars()
    is_noise = piece.str.contains(NOISE_ONLY) & piece.str.contains(SPEAKS)
    named = apart.with_columns(
        piece=pl.col("left").str.replace_all(BETWEEN, "|").str.split("|").list.eval(
            piece.filter(~is_noise & (piece != ""))
        )
    ).with_columns(one=pl.col("piece").list.get(0, null_on_oob=True), two=pl.col("piece").list.get(1, null_on_oob=True))  # fmt: skip
    own = take_apart(pl.col("own").fill_null(""))
    named = named.with_columns(
        own_left=own["left"], groups=pl.concat_list("groups", own["groups"], pl.col("piece").list.slice(2))
    )
    undivided = pl.when(TWO.is_null(), pl.col("artist_name").is_null()).then(ONE)
    parts = named.with_columns(
        **said_in(pl.col("groups"), OWN, ONE, TWO), **{f"{text}_song": song_of(pl.col(text)) for text in TEXTS},
        **{f"{by}_keys": _artists(pl.col(by)) for by in ("artist_name", "one", "two")}, words=undivided.str.split(" "),
    )  # fmt: skip
    ways = [*(_way(by, text) for by, text in WAYS), *(_by_words(number) for number in WORDS)]
    told = [way.struct.with_fields(way=pl.lit(number, pl.Int8)) for number, way in enumerate(ways)]
    read = parts.select(*of, "whole", *FIELDS, told=pl.concat_list(told)).explode("told", empty_as_null=False)
    rows = read.with_columns(pl.col("told").struct.unnest()).drop("told").drop_nulls("song")
    return _in_blocks(rows.explode("artist_key", empty_as_null=False).drop_nulls("artist_key"))


def _way(by: str, text: str) -> pl.Expr:
    """An artist and a song; where the platform names the same song, or the same artist of it, it was read so already."""
    own_song, song, keys = pl.col("own_left_song"), pl.col(f"{text}_song"), pl.col(f"{by}_keys")
    if text != "own_left":
        song = pl.when(song.ne_missing(own_song)).then(song)
    elif by != "artist_name":
        keys = keys.list.set_difference(pl.col("artist_name_keys").fill_null([]))
    return pl.struct(artist_key=keys, song=song)


def _by_words(number: int) -> pl.Expr:
    """Of a title that nothing divides and whose artist nobody told the first words may be the artist."""
    words = pl.col("words")
    artist, song = words.list.head(number).list.join(" "), song_of(words.list.slice(number).list.join(" "))
    return pl.struct(artist_key=pl.concat_list(artist_of(artist)), song=song)


def _artists(text: pl.Expr) -> pl.Expr:
    """All artists that may be meant: the text as one, what commas divide, and each of those that it joins."""
    plain = folded(text).str.replace_all(BRACKETS, " ").str.replace(FEATURED_INLINE, "")
    divided = plain.str.replace_all(JOINT, "|").str.split("|")
    singles = [texts.list.eval(artist_of(pl.element())) for texts in (plain.str.split(","), divided)]
    return pl.concat_list(artist_of(text), *singles).list.drop_nulls().list.unique(maintain_order=True)


def _in_blocks(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Rows once for each block: equal artists and beginnings of songs, or equal songs and beginnings of artists."""
    blocks = {
        "__a": pl.concat_str("artist_key", pl.lit("|"), pl.col("song").str.head(HEAD_OF_SONG)),
        "__b": pl.concat_str("song", pl.lit("|"), pl.col("artist_key").str.head(HEAD_OF_ARTIST), pl.lit("|")),
    }
    hashed = rows.with_columns(**blocks).with_columns(
        block=pl.concat_list(*(stable_hash(name, bits=64) for name in blocks))
    )
    return hashed.drop(*blocks).explode("block")
