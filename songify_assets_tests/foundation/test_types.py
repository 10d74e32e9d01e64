"""What texts are read as whole numbers, dates and instants, and what is none."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from songify_assets.foundation.types import typed

INSTANT = pl.Datetime("us", "UTC")
MOMENT = datetime(2021, 12, 1, 9, 0, tzinfo=UTC)


def read(texts: list[str | None], dtype: pl.DataType) -> list[object]:
    return pl.select(typed(pl.lit(pl.Series(texts, dtype=pl.String)), dtype)).to_series().to_list()


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("118", 118), ("118.0", 118), ("118.", 118), ("1.18e2", 118), ("6.1E4", 61000), ("6.1e+4", 61000), ("1180e-1", 118),
        (" 118.00 ", 118), ("-7.0", -7), ("+7.0", 7), ("-0.0", 0), ("0e999", 0), ("9223372036854775807.0", 2**63 - 1),
        ("9007199254740993.0", 2**53 + 1), ("-9223372036854775808", -(2**63)),
        ("118.5", None), ("1e-1", None), ("9223372036854775808", None), ("1e19", None), ("1e999999999", None),
        ("1_0", None), ("0x10", None), ("nan", None), ("inf", None), ("true", None), ("\u0661", None), ("1.1.0", None), ("e2", None), (".", None),
    ],
)  # fmt: skip
def test_whole_numbers_may_be_written_as_floats(text: str, number: int | None):
    assert read([text, "1", None, ""], pl.Int64()) == [number, 1, None, None]


@given(st.lists(st.from_regex(r"[+-]?[0-9]{0,3}\.?[0-9]{0,2}([eE][+-]?[0-9]{1,2})?", fullmatch=True), max_size=20))
def test_whole_numbers_are_those_that_exact_arithmetic_finds(texts: list[str]):
    def exact(text: str) -> int | None:
        try:
            number = Decimal(text)
        except InvalidOperation:
            return None
        return int(number) if number == number.to_integral_value() and abs(number) < 2**63 else None

    assert read([*texts], pl.Int64()) == [exact(text) for text in texts]


@pytest.mark.parametrize(
    "text",
    [
        "2021-12-01T10:00+01:00", "2021-12-01T09:00Z", "2021-12-01T10:00:00+01", "2021-12-01T10:00:00+0100", "2021-12-01 09:00:00Z",
        "2021-12-01 10:00:00.000000+01:00", "2021-12-01T09:00:00.000Z", "2021-12-01T10:00:00.000+01", "2021-12-01t09:00z",
        "2021-12-01T10:00:00.000+0100", " 2021-12-01T10:00:00,0+01:00 ", "2021-12-01T03:30-05:30", "2021-12-02T08:59+23:59",
    ],
)  # fmt: skip
def test_instants_may_lack_seconds_and_have_a_blank_or_any_offset(text: str):
    assert read([text, None], INSTANT) == [MOMENT, None]


@pytest.mark.parametrize(
    "text",
    [
        "2021-12-01T10:00", "2021-12-01", "10:00Z", "2021-12-01T10:00 or so", "2021-12-01T10:00Z or so", "2021-12-01T10:00+1",
        "2021-12-01T10:00+24:00", "2021-12-01T10:00+01:60", "2021-12-01T24:00Z", "2021-12-01T10:60Z", "2021-02-30T10:00Z", "soon",
        "2021-12-01T10:00:00.000+01:0", "2021-12-01T10:00:00.000", "2021-12-01  10:00Z", "20211201T1000Z", "1638349200", "2021-12-01T10Z",
    ],
)  # fmt: skip
def test_what_is_no_instant_with_its_offset_is_none(text: str):
    assert read([text], INSTANT) == [None]


FORMATS = ["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S.%f"]


@given(
    st.lists(
        st.tuples(
            st.integers(-(10**9), 10**10).map(lambda s: datetime.fromtimestamp(s, UTC).replace(tzinfo=None)),
            st.sampled_from([*FORMATS, "milliseconds"]),
            st.sampled_from(["Z", "+01", "+0100", "-05:30", "+14:00", "", " +01:00", "+1"]),
        ),
        min_size=1,
        max_size=20,
    )
)
def test_instants_are_those_that_python_reads(moments: list[tuple[datetime, str, str]]):
    texts = [
        (moment.isoformat(timespec="milliseconds") if format == "milliseconds" else moment.strftime(format)) + offset
        for moment, format, offset in moments
    ]
    expected = [
        datetime.fromisoformat(text).astimezone(UTC) if re.search(r"\d(Z|[+-]\d\d(:?\d\d)?)$", text[15:]) else None
        for text in texts
    ]
    assert read([*texts], INSTANT) == expected


@pytest.mark.parametrize(
    "text", ["1950-02-03", " 1950-02-03 ", "1950-02-03T00:00:00.000+0000", "1950-02-03 23:59", "1950-02-03T10:00:01Z"]
)
def test_a_date_may_have_a_time_after_it(text: str):
    assert read([text], pl.Date()) == [date(1950, 2, 3)]


@pytest.mark.parametrize(
    "text",
    [
        "1950-02-03 or so", "1950-02-03Tgarbage", "1950-02-03T", "1950-02-03T25:00", "1950-02-03T10:00Z or so", "1950-02-30", "1950-13-01",
        "ca. 1950-02-03", "1950-2-3", "1950", "03/02/1950", "1950-02-03\n1951-02-03",
    ],
)  # fmt: skip
def test_text_after_a_date_or_a_day_that_never_was_is_no_date(text: str):
    assert read([text], pl.Date()) == [None]


@pytest.mark.parametrize("text", ["nan", "NaN", "inf", "-Infinity", "1e400", "1,5", "five", "0x1p3"])
def test_what_is_no_finite_number_is_none(text: str):
    assert read([text, "1.5e0"], pl.Float64()) == [None, 1.5]
