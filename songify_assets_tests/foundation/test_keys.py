"""How texts are compared, whichever path they take through the code."""

import unicodedata

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from songify_assets.foundation.keys import key_text, normalized_key


def keys(texts: list[str | None]) -> list[str | None]:
    return pl.select(normalized_key(pl.lit(pl.Series(texts, dtype=pl.String)))).to_series().to_list()


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (" Rush ", "rush"), ("STRASSE", "strasse"), ("Straße", "strasse"), ("ﬁlm", "film"), ("\uff21", "a"), ("İ", "i̇"), ("\u03c2", "\u03c3"),
        ("\u2003Rush\u3000", "rush"), ("\x85Rush\xa0", "rush"), ("\t\n\v\f\r Rush\r\n", "rush"), ("K", "k"), ("ﬃ", "ffi"), ("", None), (" ", None),
        ("\u3000", None),
    ],
)  # fmt: skip
def test_names_are_compared_without_blanks_around_them_and_without_regard_to_case_and_form(text: str, key: str | None):
    assert keys([text]) == keys([text, "Ünïcode"])[:1] == [key]


def test_folding_is_followed_by_the_second_nfkc():
    text = "\u0390"
    assert unicodedata.normalize("NFKC", text).casefold() != unicodedata.normalize(
        "NFKC", unicodedata.normalize("NFKC", text).casefold()
    )
    assert keys([text]) == [unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())]


@given(
    st.lists(
        st.text(st.characters(codec="utf-8"), max_size=6) | st.text(st.sampled_from("aB \t\x1f\x85é"), max_size=4),
        max_size=8,
    )
)
def test_keys_of_a_column_are_those_of_its_texts(texts: list[str]):
    assert keys([*texts]) == [key_text(text) or None for text in texts]
    assert keys([*texts]) == [keys([text])[0] for text in texts]


@given(st.text(st.characters(codec="utf-8"), max_size=9))
def test_a_key_with_other_case_or_form_is_the_same(text: str):
    assert key_text(unicodedata.normalize("NFD", text)) == key_text(text)
    assert key_text(text.upper().lower()) == key_text(text.upper())
