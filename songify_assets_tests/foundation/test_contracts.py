"""The contract of a feed on records as readers deliver them, in several chunks."""

import random
from functools import partial

import polars as pl
from polars.testing import assert_frame_equal

from songify_assets.datasets.royalties.feeds import DeliveredPlay
from songify_assets.foundation.delivery.records import check_records
from songify_assets.foundation.prefetch import worked

TEXTS = dict.fromkeys(("location_id", "track_id", "played_ms"), pl.String)


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
