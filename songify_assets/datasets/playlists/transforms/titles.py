"""Titles taken apart: the song, who is featured, and which version it is. Version words are compared, never dropped."""

import polars as pl

from songify_assets.foundation.similarity import folded, squashed

# In each language that charts are full of: English, Spanish, Portuguese, French, German, Italian, Turkish.
NOISE = (
    "official|oficial|officiel|officielle|officielles|offizielles|ufficiale|offical|resmi|the|a|new|novo|nuevo|full|hd|hq|uhd|4k|8k|"
    "music|musica|musical|musik|muzik|video|videos|videoclip|videoclipe|clip|clipe|clips|klip|audio|song|lyric|lyrics|lyricvideo|"
    "letra|letras|paroles|sozleri|visuali[sz]er|visual|mv|m v|m/v|explicit|clean|dirty|uncensored|version|premiere|exclusive|"
    "original|single|album|pop|360|1080p|teaser|trailer|dance performance video|performance video|hot|with|com|con|avec|"
    "starring|gui[oa]n?|live video premiere|color coded|eng|sub|subtitulado|legendado|out now|20[0-9]{2}"
)
NOISE_ONLY = rf"^(?:[^\p{{L}}\p{{N}}]*\b(?:{NOISE})\b[^\p{{L}}\p{{N}}]*)+$"
ENDING = (
    r"[\s.:,-]+(?:(?:official|oficial|officiel|lyrics?|full|music|musical|video|hd|4k|new)\s+)+"
    r"(?:videos?|audio|mv|m/v|clip|visuali[sz]er|song|version|oficial|official)\W*$|\s+(?:m/v|mv|videoclipe?|lyrics)\W*$"
)
FEATURED = r"^\W*(?:feat|ft|featuring|part|con|with|c/|w/)\b[.:]?\s*(.+)$"
FEATURED_INLINE = r"\s(?:feat|ft|featuring|part)\b[.:]?\s+(.+)$"
BRACKETS = r"[(\[{\u{3010}][^()\[\]{}\u{3010}\u{3011}]*[)\]}\u{3011}]"
# What makes another recording of a song, and the words that say so.
VERSIONS = {
    "remix": r"\b(?:remix|rmx|bootleg|rework|refix|re-?work|vip|mashup|flip|dub)\b|\bmix\b",
    "live": r"\b(?:live|ao vivo|en vivo|en directo|dal vivo|unplugged|dvd|concert|concierto|konzert|awards|festival)\b|"
    r"\bperformance$|\brecorded at\b|\bspotify (?:sessions?|singles?)\b|\b(?:live|studio) sessions?\b",
    "acoustic": r"\b(?:acoustic|acustic[oa]|acoustique|akustik|stripped|unplugged|piano version|piano)\b",
    "sped up": r"\b(?:sped[ -]?up|speed[ -]?up|nightcore|fast version)\b",
    "slowed": r"\b(?:slowed|reverb)\b",
    "karaoke": r"\bkaraoke\b",
    "instrumental": r"\b\w*strumental\b",
    "a cappella": r"\ba ?cappella\b|\bacapella\b",
    "edit": r"\b(?:edit|short version|radio version|club version|extended|extended version|long version)\b",
    "cover": r"\barr\b|\b(?:cover|originally performed|tribute|in the style of|made famous)\b",
    "demo": r"\bdemo\b",
    "mixed": r"\bmixed\b|\bmix cut\b",
    "commentary": r"\b(?:commentary|interview|track by track|voice memo|spoken|behind the scenes|making of|reaction|tutorial)\b",
    "orchestral": r"\b(?:orchestral|orchestra|symphonic|strings version)\b",
    "language": r"\b(?:spanish|english|portuguese|french|german|italian|spanglish|japanese|korean|chinese)\b.*|\ben espanol\b",
    "re-recorded": r"\b(?:taylors version|re-?recorded)\b",
    "part": r"^(?:intro|outro|interlude|reprise|skit)$|\breprise\b",
}
ANY_VERSION = "|".join(VERSIONS.values())
INLINE = r"\s(remix|rmx|acoustic|karaoke|instrumental|sped up|slowed|ao vivo|en vivo|unplugged|demo)$"
# Words that say that there is a version, and nothing of which.
GENERIC = (
    r"\b(?:remix|rmx|mix|mixed|version|edit|live|ao vivo|en vivo|acoustic|acustico|dvd|official|video|audio|music|radio|the|at|from|"
    r"in|no|na|em|on|de|en|el|la|of|performance|session|lyric|cover|karaoke|instrumental|demo)\b"
)
# What stands between artists.
JOINT = r"\s*(?:[,;/+&\u{d7}]|\s(?:x|vs\.?|and|e|y|et|und|with|as)\s)\s*"
OF_FILM = r"^(?:taken )?from\b"
REMASTERED = r"\b(?:re-?master(?:ed)?|remasterizad[oa])\b"


def take_apart(title: pl.Expr) -> dict[str, pl.Expr]:
    """The bracketed parts of a folded title, and what is left of it without them."""
    inner = title.str.extract_all(BRACKETS)
    once = title.str.replace_all(BRACKETS, " ")
    outer = once.str.extract_all(BRACKETS)
    left = once.str.replace_all(BRACKETS, " ").str.replace_all(r"[()\[\]{}]", " ")
    return {"groups": pl.concat_list(inner, outer), "left": left.str.replace_all(r"\s+", " ").str.strip_chars()}


def cut_ending(text: pl.Expr) -> pl.Expr:
    """A folded text without words like `official music video` at its end, and without who is featured."""
    return (
        text.str.replace(ENDING, "")
        .str.replace(FEATURED_INLINE, "")
        .str.replace(ENDING, "")
        .str.strip_chars(" -.,:\"'")
    )


def said_in(groups: pl.Expr, *texts: pl.Expr) -> dict[str, pl.Expr]:
    """What the parts of a title beside the song say: the version, who is featured, and whatever else.

    `groups` are those parts, `texts` what may be the song, with what follows it without brackets.
    """
    bare = groups.list.eval(pl.element().str.strip_chars("()[]{}\u3010\u3011 -.,:"))
    told = bare.list.eval(pl.element().filter(~pl.element().str.contains(NOISE_ONLY) & (pl.element() != "")))
    featured = told.list.eval(pl.element().str.extract(FEATURED, 1)).list.drop_nulls().list.join(", ")
    inline = [text.str.extract(FEATURED_INLINE, 1) for text in texts]
    ended = [cut_ending(text).str.extract(INLINE, 1) for text in texts]
    others = told.list.eval(pl.element().filter(~pl.element().str.contains(FEATURED)))
    versions = others.list.eval(pl.element().filter(pl.element().str.contains(ANY_VERSION))).list.join(" | ")
    spoken = pl.concat_str(versions, *ended, separator=" | ", ignore_nulls=True)
    labels = [pl.when(spoken.str.contains(words)).then(pl.lit(label)) for label, words in VERSIONS.items()]
    version = pl.when(spoken.str.contains(r"\w")).then(pl.concat_list(labels).list.drop_nulls().list.join(", "))
    extra = others.list.eval(pl.element().filter(~pl.element().str.contains(f"{ANY_VERSION}|{REMASTERED}|{OF_FILM}")))
    return {
        "version": version.fill_null(""),
        "version_of": squashed(spoken.str.replace_all(GENERIC, " ")).fill_null(""),
        "remastered": groups.list.join(" ").str.contains(REMASTERED),
        "featured": pl.concat_str(featured, *inline, separator=", ", ignore_nulls=True).str.strip_chars(", "),
        "extra": squashed(extra.list.join("")).fill_null(""),
    }


def song_of(text: pl.Expr) -> pl.Expr:
    """The song that a folded text without brackets names, squashed."""
    return squashed(cut_ending(text).str.replace(INLINE, ""))


def artist_of(text: pl.Expr) -> pl.Expr:
    """An artist as compared: folded, without what joins several, without `The` and `- Topic`, squashed."""
    bare = folded(text).str.replace(r"\s-\stopic$", "").str.replace(r"vevo$", "").str.replace(r"^(?:by |the )+", "")
    return squashed(bare.str.replace(FEATURED_INLINE, "").str.replace_all(JOINT, " "))
