"""How alike two texts are."""

import numpy as np
import polars as pl
from rapidfuzz.distance import Indel
from rapidfuzz.process import cpdist


def folded(text: pl.Expr) -> pl.Expr:
    """A text as it is searched: NFKC, lower case, without accents, typographic signs as plain ones, single blanks.

    >>> pl.select(folded(pl.lit("  Beyoncé\u2019s \u201cHalo\u201d \u2013 Live "))).item()
    'beyonces "halo" - live'
    """
    text = text.str.replace_all("&amp;", "&", literal=True)
    plain = (
        text.str.normalize("NFKC").str.to_lowercase().str.normalize("NFKD").str.replace_all(r"[\u{300}-\u{36f}]", "")
    )
    plain = plain.str.normalize("NFC").str.replace_all("[\u201c\u201d\u201e\u00ab\u00bb\u2033]", '"')
    plain = plain.str.replace_all(r"\p{Pd}", "-").str.replace_all(r"(\w)[\u2018\u2019`\u00b4\u02bc'](\w)", "$1$2")
    return plain.str.replace_all(r"[\u2018\u2019`\u00b4\u02bc]", "'").str.replace_all(r"\s+", " ").str.strip_chars()


def squashed(text: pl.Expr) -> pl.Expr:
    """Only the letters and digits of a folded text; null where it has none.

    >>> pl.select(squashed(pl.lit("p!nk & ke$ha"))).item()
    'pinkkesha'
    """
    spelt = text.str.replace_all(r"(\w)!(\w)", "${1}i$2").str.replace_all("$", "s", literal=True)
    bare = spelt.str.replace_all(r"[^\p{L}\p{N}\p{M}]", "")
    return pl.when(bare != "").then(bare)


def likeness(one: pl.Expr, other: pl.Expr) -> pl.Expr:
    """How alike two texts are, from 0 to 1: twice the letters that they share in order, as a share of all. Null counts as no text.

    >>> pl.select(likeness(pl.lit("gogo"), pl.lit("gogo")), likeness(pl.lit("gogo"), pl.lit("goga")).alias("b")).row(0)
    (1.0, 0.75)
    """
    pair = pl.struct(one.fill_null("").alias("one"), other.fill_null("").alias("other"))
    return pair.map_batches(_likeness, return_dtype=pl.Float64, is_elementwise=True)


def _likeness(pairs: pl.Series) -> pl.Series:
    one, other = pairs.struct.field("one"), pairs.struct.field("other")
    # Nearly all pairs are equal, and need no comparing.
    unlike = (one != other).arg_true()
    told = cpdist(
        one.gather(unlike).to_list(),
        other.gather(unlike).to_list(),
        scorer=Indel.normalized_similarity,
        dtype=np.float64,
    )
    return pl.Series(np.ones(len(pairs))).scatter(unlike, pl.Series(told, dtype=pl.Float64)).alias("one")
