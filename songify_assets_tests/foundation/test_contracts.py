"""The contract of a feed on records as readers deliver them, in several chunks."""

import random
from functools import partial

import polars as pl
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from songify_assets.datasets.royalties.feeds import DeliveredPlay
from songify_assets.datasets.viewing.feeds import DeliveredStream
from songify_assets.foundation.contracts import INSTANT, check_records
from songify_assets.foundation.prefetch import worked

TEXTS = dict.fromkeys(("location_id", "track_id", "played_ms"), pl.String)
TIMES = [
    "2021-12-01T21:45:46.664+0100", "2021-12-01T21:45:46.664-0530", "2021-12-01T21:45:46.664Z", "2021-12-01T21:45:46+0100",
    "2021-12-01T21:45:46.664123+01:00", "2020-02-29T23:59:60.664+0000", "0001-01-01T00:00:00.000+2359", "2021-12-01",
]  # fmt: skip


@st.composite
def almost_times(draw: st.DrawFn) -> str:
    """A time, of which some letters may be others."""
    text = draw(st.sampled_from(TIMES))
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, len(text) - 1))
        text = text[:at] + draw(st.sampled_from("0123456789+-:.TZ \u0661")) + text[at + 1 :]
    return text


@given(st.lists(almost_times(), min_size=1, max_size=20))
def test_instants_taken_apart_are_those_that_polars_reads_whole(texts: list[str]):
    whole = pl.Series(texts).str.strip_chars().str.to_datetime(
        INSTANT, time_unit="us", time_zone="UTC", strict=False, ambiguous="null"
    )  # fmt: skip
    records = pl.DataFrame({"record": range(1, len(texts) + 1), "start_at": texts, "end_at": texts}).select(
        pl.col("record").cast(pl.UInt64), "start_at", "end_at", movie_title=pl.lit("a"), user_email=pl.lit("b"), size_mb=pl.lit("1")
    )  # fmt: skip
    typed, refused = check_records(records, DeliveredStream)
    read = dict(zip(typed["record"], typed["start_at"].to_physical(), strict=True))
    assert [read.get(number) for number in range(1, len(texts) + 1)] == whole.to_physical().to_list()
    assert refused["record"].to_list() == [number for number, one in enumerate(whole.to_physical(), 1) if one is None]


def test_broken_records_are_found_in_any_chunk():
    parts = [["1"] * 5, ["1", "n/a"], ["n/a"] * 10, ["-3", "soon", ""], ["2"]]
    texts = [text for part in parts for text in part]
    chunks = [pl.DataFrame({"played_ms": part, "location_id": part, "track_id": part}) for part in parts]
    records = pl.concat(chunks, rechunk=False).select(
        pl.int_range(1, pl.len() + 1, dtype=pl.UInt64).alias("record"), "location_id", "track_id", "played_ms"
    )
    typed, refused = check_records(records, DeliveredPlay)
    good = [number for number, text in enumerate(texts, 1) if text.isdigit()]
    assert typed["record"].to_list() == good
    assert refused["record"].to_list() == [number for number in range(1, len(texts) + 1) if number not in good]
    assert set(refused["reasons"].explode()) == {
        "`played_ms` is 'n/a', not a whole number",
        "`played_ms` is 'soon', not a whole number",
        "`played_ms` is missing",
        "`played_ms` is -3: must be greater than or equal to 0",
    }


def test_batches_that_are_checked_at_once_are_split_as_one_after_the_other():
    """A reader checks two batches at a time; Pandera keeps what it is doing in variables of its own."""
    rng = random.Random(7)
    ids = [[rng.choice(["a", "", None, "b"]) for _ in range(200)] for _ in range(100)]
    times = [[rng.choice(["1", "x", "-5", "", "99", None]) for _ in range(200)] for _ in range(100)]
    batches = [
        pl.DataFrame({"location_id": some, "track_id": some, "played_ms": played}, schema_overrides=TEXTS).select(
            pl.int_range(1, pl.len() + 1, dtype=pl.UInt64).alias("record"), pl.all()
        )
        for some, played in zip(ids, times, strict=True)
    ]
    one_after_the_other = [check_records(batch, DeliveredPlay) for batch in batches]
    at_once = list(worked(partial(check_records, model=DeliveredPlay), batches))
    for (good, bad), (also_good, also_bad) in zip(one_after_the_other, at_once, strict=True):
        assert_frame_equal(good, also_good)
        assert_frame_equal(bad, also_bad)
    assert sum(len(bad) for _, bad in at_once) > 1000
