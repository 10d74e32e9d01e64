"""Which recording a video is: candidates that share a block are compared, and the best of them decide."""

import polars as pl

from songify_assets.foundation.similarity import likeness, squashed

THRESHOLD = 0.85
ALIKE = 0.8
SHOWN = 5
UNNAMED, UNFEATURED, OTHER_EXTRA, OTHER_PLACE, REMASTERED = 0.04, 0.02, 0.03, 0.03, 0.01
VIDEO = ["video_id", "first_seen_on"]
RECORDING = ["artist_key_right", "song_right", "version_right", "version_of_right", "featured_right", "extra_right"]


def find_candidates(videos: pl.LazyFrame, recordings: pl.LazyFrame) -> pl.LazyFrame:
    """Each recording that shares a block with a video, by the best way to read the video, with its score and what differs."""
    # First without the others, so that no more of the catalogue is held than meets a video.
    near = recordings.join(videos.select("block").unique(), on="block", how="semi", build_side="force_right")
    met = videos.join(near, on="block", build_side="force_right")
    scores = {"song_score": ("song", "song_right"), "artist_score": ("artist_key", "artist_key_right")}
    compared = met.with_columns(
        likeness(pl.col(one), pl.col(other)).alias(name) for name, (one, other) in scores.items()
    )
    alike = compared.filter(pl.col(name) >= ALIKE for name in scores)
    guest = squashed(pl.col("featured_right").str.replace(r"\s*(?:,|&| and | x ).*$", "")).fill_null("")
    extra, place = pl.col("extra_right"), pl.col("version_of") != pl.col("version_of_right")
    same = (pl.col("version") == pl.col("version_right")) & (~_has_name() | ~place | _alike_places())
    told = alike.select(
        *VIDEO, "isrc", "track", "artist", "version", "version_right", *scores, "way", recording=pl.struct(*RECORDING).hash(),
        same_version=same, unnamed=(guest != "") & ~pl.col("whole").str.contains(guest, literal=True),
        unfeatured=(pl.col("featured") != "") & (pl.col("featured_right") == ""),
        lacks=pl.sum_horizontal(
            OTHER_EXTRA * ((extra != "") & ~pl.col("whole").str.contains(extra, literal=True)).cast(pl.Float64),
            OTHER_PLACE * place.cast(pl.Float64), REMASTERED * pl.col("remastered_right").cast(pl.Float64),
        ),
    )  # fmt: skip
    beside = UNNAMED * pl.col("unnamed").cast(pl.Float64) + UNFEATURED * pl.col("unfeatured").cast(pl.Float64)
    score = (pl.col("song_score") * pl.col("artist_score") - beside - pl.col("lacks")).clip(0, 1).round(4)
    scored = told.with_columns(score=score)
    rank = pl.col("same_version").cast(pl.Float64) * 2 + pl.col("score") - pl.col("way") / 1000
    of = [*VIDEO, "isrc"]
    best = scored.with_columns(rank=rank).filter(pl.col("rank") == pl.col("rank").max().over(of))
    return best.unique(of, keep="any").drop("rank", "way", "lacks")


def _has_name() -> pl.Expr:
    """Whether versions of this kind differ by name: the remix of one and of another are not the same, a concert may be."""
    return pl.col("version").str.contains("remix|mixed|language|cover|edit")


def _alike_places() -> pl.Expr:
    one, other = pl.col("version_of"), pl.col("version_of_right")
    within = one.str.contains(other, literal=True) | other.str.contains(one, literal=True)
    return (one != "") & (other != "") & within


def decide(videos: pl.LazyFrame, candidates: pl.LazyFrame, threshold: float = THRESHOLD) -> pl.LazyFrame:
    """The state of each video: matched to one recording, ambiguous between several, only other versions, or unmatched."""
    good = candidates.filter(pl.col("same_version"), pl.col("score") >= threshold)
    top = good.filter(pl.col("score") == pl.col("score").max().over("video_id"))
    kept = top.group_by(VIDEO).agg(
        recordings=pl.col("recording").n_unique(), isrcs=pl.col("isrc").unique().sort(), score=pl.col("score").max(),
        evidence=_evidence().min(),
    )  # fmt: skip
    other = candidates.filter(~pl.col("same_version"), pl.col("score") >= threshold - OTHER_PLACE)
    others = other.group_by(VIDEO).agg(other_score=pl.col("score").max())
    shown = (
        candidates.with_columns(why_not=_why_not(threshold)).sort("score", "isrc", descending=[True, False])
        .group_by(VIDEO, maintain_order=True)
        .agg(pl.struct("isrc", "track", "artist", "score", "why_not").head(SHOWN).alias("candidates"))
    )  # fmt: skip
    told = (
        videos.select(VIDEO)
        .join(kept, on=VIDEO, how="left")
        .join(others, on=VIDEO, how="left")
        .join(shown, on=VIDEO, how="left")
    )
    state = (
        pl.when(pl.col("recordings") == 1).then(pl.lit("matched"))
        .when(pl.col("recordings") > 1).then(pl.lit("ambiguous"))
        .when(pl.col("other_score").is_not_null()).then(pl.lit("other_version"))
        .otherwise(pl.lit("unmatched"))
    )  # fmt: skip
    why = (
        pl.when(state == "other_version").then(pl.lit("artist and song agree; the catalogue has only another version"))
        .when(state == "unmatched").then(pl.lit("no recording of the catalogue is by this artist and called like this"))
        .otherwise("evidence")
    )  # fmt: skip
    return told.select(
        *VIDEO, state=state, isrcs=pl.col("isrcs").fill_null([]), score=pl.coalesce("score", "other_score", pl.lit(0.0)), evidence=why,
        candidates=pl.col("candidates").fill_null([]),
    )  # fmt: skip


def _evidence() -> pl.Expr:
    """In words what speaks for a candidate."""
    song = pl.when(pl.col("song_score") == 1).then(pl.lit("the song is the same")).otherwise(
        pl.format("the song is {} alike", pl.col("song_score").round(2))
    )  # fmt: skip
    artist = pl.when(pl.col("artist_score") == 1).then(pl.lit("the artist is the same")).otherwise(
        pl.format("the artist is {} alike", pl.col("artist_score").round(2))
    )  # fmt: skip
    version = pl.when(pl.col("version") == "").then(pl.lit("neither names a version")).otherwise(
        pl.format("both are {}", "version")
    )  # fmt: skip
    return pl.concat_str(artist, song, version, separator="; ")


def _why_not(threshold: float) -> pl.Expr:
    """In words why a candidate is not the video's recording, empty if it is."""
    words = {
        "another version: {}": ~pl.col("same_version"),
        "features somebody else": pl.col("unnamed"),
        "does not feature whom the video does": pl.col("unfeatured"),
        "not alike enough": pl.col("score") < threshold,
        "another one is more alike": pl.col("score") < pl.col("score").max().over("video_id"),
    }
    version = pl.when(pl.col("version_right") == "").then(pl.lit("the plain one")).otherwise("version_right")
    texts = [
        pl.when(wrong).then(pl.format(text, version) if "{}" in text else pl.lit(text)) for text, wrong in words.items()
    ]
    return pl.coalesce(*texts, pl.lit(""))


def settle(decided: pl.LazyFrame, by_hand: pl.LazyFrame, timezone: str) -> pl.LazyFrame:
    """Decisions with who decided and since when; what was decided by hand (video_id, isrcs, by, at, reason) wins.

    The rules decide the same whenever they are asked, so theirs holds from the beginning of the video's first day.
    """
    told = decided.join(by_hand.rename({"isrcs": "hand_isrcs"}), on="video_id", how="left")
    is_hand, is_none = pl.col("by").is_not_null(), pl.col("hand_isrcs").list.len() == 0
    hand = {
        "state": pl.when(is_none).then(pl.lit("unmatched")).otherwise(pl.lit("matched")),
        "isrcs": pl.col("hand_isrcs").list.sort(),
        "score": pl.when(is_none).then(0.0).otherwise(1.0),
        "evidence": pl.format("decided by hand: {}", "reason"),
    }
    first = pl.col("first_seen_on").cast(pl.Datetime("us")).dt.replace_time_zone(
        timezone, ambiguous="earliest", non_existent="null"
    )  # fmt: skip
    settled = told.with_columns(
        pl.when(is_hand).then(value).otherwise(pl.col(name)).alias(name) for name, value in hand.items()
    )
    at = pl.coalesce(
        "at",
        first.dt.convert_time_zone("UTC"),
        pl.col("first_seen_on").cast(pl.Datetime("us")).dt.replace_time_zone("UTC"),
    )
    return settled.with_columns(decided_by=pl.coalesce("by", pl.lit("rules")), decided_at=at)


def sample(matches: pl.LazyFrame, videos: pl.LazyFrame, number: int = 5) -> pl.LazyFrame:
    """The newest videos of each state with how they were decided, one of each state before the next."""
    newest = matches.with_columns(
        place=pl.struct(-pl.col("first_seen_on").to_physical(), "video_id").rank("ordinal").over("state")
    ).filter(pl.col("place") <= number)  # fmt: skip
    first = pl.col("candidates").list.first().struct
    best = pl.format("{}: {} ({})", first.field("artist"), first.field("track"), first.field("isrc"))
    told = newest.with_columns(best=best, why_not=first.field("why_not")).join(
        videos.drop("first_seen_on"), on="video_id"
    )
    return told.sort("place", "state")
