"""Videos and recordings as rows that can be compared: an artist, a song, a version, and the blocks in which they may meet."""

import polars as pl

from songify_assets.datasets.playlists.transforms.titles import (
    BRACKETS,
    FEATURED_INLINE,
    JOINT,
    NOISE_ONLY,
    artist_of,
    read_groups,
    song_of,
    take_apart,
)
from songify_assets.foundation.keys import stable_hash
from songify_assets.foundation.similarity import folded, squashed

HEAD = 4
SPEAKS = (
    r"\b(?:official|oficial|officiel|video|videos|audio|lyrics?|letra|clip|clipe|videoclipe?|mv|m/v|visuali[sz]er)\b"
)
SHOUTED = r"\*[^*]{3,}\*"
QUOTED = r"""(?:^|\s)['"]([^'"]{2,})['"](?:\s|$)"""
BETWEEN = r"\s*\|+\s*|\s-+\s|\s-+|-+\s|\s~\s|\s//\s|:\s"
# Who is read as the artist, and what as the song: what the platform tells, then the title.
ARTIST, OWN, ONE, TWO = (pl.col(name) for name in ("artist_name", "own_left", "one", "two"))
WAYS = ((ARTIST, OWN), (ONE, OWN), (TWO, OWN), (ARTIST, ONE), (ARTIST, TWO), (ONE, TWO), (TWO, ONE))
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
    read = pieces.with_columns(song=song_of(pl.col("text")), **read_groups(pl.col("groups"), pl.col("text")))
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
        *of, "artist_name", "track_title", whole=squashed(pl.concat_str(title, folded(pl.col("artist_name").fill_null("")))),
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
    guests = [
        pl.concat_str(pl.lit("ft. "), pl.col(name).str.extract(FEATURED_INLINE, 1)) for name in ("left", "own_left")
    ]
    named = named.with_columns(own_left=own["left"], own_groups=own["groups"]).with_columns(
        groups=pl.concat_list("groups", "own_groups", pl.col("piece").list.slice(2), *guests).list.drop_nulls()
    )
    ways = [*WAYS, *((_words(number), _words(number, after=True)) for number in (1, 2, 3))]
    read = [
        named.select(*of, "whole", "groups", by=by, text=text, way=pl.lit(way, pl.Int8)) for way, (by, text) in enumerate(ways)
    ]  # fmt: skip
    rows = pl.concat(read).filter(pl.col("by").is_not_null(), pl.col("text") != "")
    rows = rows.with_columns(song=song_of(pl.col("text")), **read_groups(pl.col("groups"), pl.col("text")))
    rows = rows.with_columns(artist_key=_artists(pl.col("by"))).explode("artist_key", empty_as_null=True)
    told = rows.select(*of, "whole", "way", "artist_key", "song", *FIELDS).drop_nulls(["artist_key", "song"])
    return _in_blocks(told.unique([*of, "artist_key", "song", "version", "version_of"], keep="any"))


def _words(number: int, after: bool = False) -> pl.Expr:
    """The first words of a title that nothing divides and whose artist nobody told, or the others."""
    words = pl.col("one").str.split(" ")
    told = words.list.slice(number) if after else words.list.head(number)
    is_whole = pl.col("two").is_null() & pl.col("artist_name").is_null()
    return pl.when(is_whole & (words.list.len() > number)).then(told.list.join(" "))


def _artists(text: pl.Expr) -> pl.Expr:
    """All artists that may be meant: the text as one, what commas divide, and each of those that it joins."""
    plain = folded(text).str.replace_all(BRACKETS, " ").str.replace(FEATURED_INLINE, "")
    divided = plain.str.replace_all(JOINT, "|").str.split("|")
    singles = [texts.list.eval(artist_of(pl.element())) for texts in (plain.str.split(","), divided)]
    return pl.concat_list(artist_of(text), *singles).list.drop_nulls().list.unique(maintain_order=True)


def _in_blocks(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Rows once for each block: equal artists and beginnings of songs, or equal songs and beginnings of artists."""
    blocks = {
        "__a": pl.concat_str("artist_key", pl.lit("|"), pl.col("song").str.head(HEAD)),
        "__b": pl.concat_str("song", pl.lit("|"), pl.col("artist_key").str.head(HEAD // 2), pl.lit("|")),
    }
    hashed = rows.with_columns(**blocks).with_columns(
        block=pl.concat_list(*(stable_hash(name, bits=64) for name in blocks))
    )
    return hashed.drop(*blocks).explode("block")
