"""Rows that go on, one entity after the other, beside plain Python."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from songify_assets.foundation import sequences

PAUSE, LONGEST = timedelta(minutes=30), timedelta(hours=24)
SCHEMA = {"who": pl.String, "start": pl.Datetime("us", "UTC"), "end": pl.Datetime("us", "UTC")}
Row = tuple[str, datetime, datetime]
Session = tuple[str, datetime, datetime, int]

# Starts of some minutes, so that many touch; some before 1970; lengths up to two days, so that some go on for too long.
moments = st.builds(
    lambda year, minutes, more: datetime(year, 12, 1, tzinfo=UTC) + timedelta(minutes=minutes, microseconds=more),
    st.sampled_from([1965, 2021]), st.integers(0, 3000), st.integers(0, 1),
)  # fmt: skip
lengths = st.sampled_from([0, 5, 30, 31, 90, 600, 1440, 2900]).map(lambda minutes: timedelta(minutes=minutes))
streams = st.builds(lambda who, start, length: (who, start, start + length), st.sampled_from("abc"), moments, lengths)


def joined(rows: list[Row]) -> list[Session]:
    """What plain Python joins, row by row."""
    told: list[Session] = []
    for who, start, end in sorted(rows):
        if told and told[-1][0] == who and start - told[-1][2] <= PAUSE and start - told[-1][1] <= LONGEST:
            _, began, latest, events = told.pop()
            told.append((who, began, max(latest, end), events + 1))
        else:
            told.append((who, start, end, 1))
    return told


def gone_on(rows: list[Row]) -> list[Session]:
    frame = pl.LazyFrame(rows, schema=SCHEMA, orient="row")
    found = sequences.go_on(frame, "who", "start", "end", PAUSE, LONGEST).collect(engine="streaming")
    return sorted(found.rows())


@settings(max_examples=300, deadline=None)
@given(st.lists(streams, max_size=40), st.sampled_from([3, sequences.MOST_ROWS]))
def test_streams_go_on_as_in_plain_python_also_some_users_after_the_others(rows: list[Row], most: int):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sequences, "MOST_ROWS", most)
        assert gone_on(rows) == joined(rows)


@settings(max_examples=100, deadline=None)
@given(st.lists(streams, max_size=20))
def test_users_that_share_a_hash_stay_apart(rows: list[Row]):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sequences, "stable_hash", lambda name, bits: pl.col(name).str.len_bytes().cast(pl.UInt64))
        assert gone_on(rows) == joined(rows)
