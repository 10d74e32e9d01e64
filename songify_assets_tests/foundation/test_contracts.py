"""The contract of a feed on records as readers deliver them, in several chunks."""

import polars as pl

from songify_assets.datasets.royalties.feeds import DeliveredPlay
from songify_assets.foundation.contracts import check_records


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
