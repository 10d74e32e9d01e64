"""Records that can be read, and are refused all the same: keys with control characters, events at times that cannot be."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from songify_assets.definitions import CATALOG
from songify_assets.foundation.delivery.files import FileInput
from songify_assets.foundation.delivery.refine import refine
from songify_assets.foundation.ledger import LandedFile

LANDED = datetime(2021, 12, 2, 12, 0, tzinfo=UTC)
DAY = date(2021, 12, 1)


def refined(tmp_path: Path, feed: str, content: str) -> tuple[pl.DataFrame, dict[int, str]]:
    path = tmp_path / feed
    path.write_text(content, encoding="utf-8", newline="")
    declared = next(one for one in CATALOG.feeds if one.name == feed)
    landed = LandedFile(declared.source, feed, DAY, feed, f"x/{feed}", "", 1, LANDED)
    rows, refused, counts = refine(
        declared,
        DAY,
        [FileInput(landed, path, {})],
        zone=ZoneInfo("Europe/Stockholm"),
        start_date=date(2018, 11, 1),
        staged=tmp_path,
    )
    assert counts.received == counts.accepted + counts.refused + counts.collapsed
    told = pl.read_parquet(refused)
    assert told["raw"].null_count() == 0
    return pl.read_parquet(rows), {
        number: "; ".join(reasons) for number, reasons in told.select("record", "reasons").rows()
    }


STREAMS = "movie_title,user_email,size_mb,start_at,end_at\n"
BOOK = '{"name": "%s", "pages": 1, "author": "%s", "publisher": "p"}\n'
REVIEW = '{"content": {"text": "%s"}, "books": [], "movies": [{"title": "%s"}], "created": "2021-11-01T10:00Z"}\n'


@pytest.mark.parametrize(
    ("feed", "content", "refused"),
    [
        ("plays", "location_id,track_id,played_ms\nl,t,1\nl,t\0,2\n\x7fl,t,3\nl,t,4", {2: ("track_id", 0), 3: ("location_id", 0x7F)}),
        ("plays", 'location_id,track_id,played_ms\r\nl,"t\nu",1\r\nl,t\t,2\r\n', {1: ("track_id", 10)}),
        ("tracks", "id,licensor\na,x\na\x1bb,y\nc\x85d,z\n", {2: ("track_key", 0x1B), 3: ("track_key", 0x85)}),
        ("locations", "id,country\na,SE\na\0,SE\n", {2: ("location_key", 0)}),
        ("users", "first_name,last_name,email\na\0,b,a@b\na,b,a@\x01b\n", {2: ("user_key", 1)}),
        ("movies", 'title,duration_mins,original_language,size_mb\n"a\tb",1,x,1\na,1,x,1\n', {1: ("movie_key", 9)}),
        ("streams", STREAMS + "a\0,u,1,2021-12-01T10:00Z,2021-12-01T10:00Z\n", {1: ("movie_key", 0)}),
        ("books", BOOK % ("a", "b") + BOOK % (r"a\u0000", "b") + BOOK % ("c", r"x\u0085y"), {2: ("book_key", 0), 3: ("author_key", 0x85)}),
        ("reviews", REVIEW % (r"two\nlines", "a") + REVIEW % ("x", r"a\u0007b"), {2: ("review_key", 7)}),
        ("authors", r'[{"metadata": {"name": "x\ty"}}, {"metadata": {"name": "x\t"}}]', {1: ("author_key", 9)}),
    ],
)  # fmt: skip
def test_a_key_with_a_control_character_is_refused(tmp_path: Path, feed: str, content: str, refused: dict[int, Any]):
    _, told = refined(tmp_path, feed, content)
    assert told == {
        number: f"`{name}` holds the control character U+{letter:04X}" for number, (name, letter) in refused.items()
    }


def test_a_stream_that_starts_or_ends_more_than_a_day_after_it_was_landed_is_refused(tmp_path: Path):
    start, late = "2021-12-01T10:00Z", "2021-12-03T12:00:01Z"
    rows, told = refined(
        tmp_path, "streams",
        STREAMS + "".join(f"m,u{at},1,{begin},{end}\n" for at, (begin, end) in enumerate([
            (start, start), (start, "2021-12-03T12:00Z"), (start, late), (late, late), (start, "9999-12-31T23:59:59.999+0000"),
            ("9999-12-31T23:59:59.999+0000", "9999-12-31T23:59:59.999+0000"), ("2018-10-31T10:00Z", start),
        ])),
    )  # fmt: skip
    assert rows["user_key"].to_list() == ["u0", "u1"]
    assert set(told) == {3, 4, 5, 6, 7}
    assert told[3] == "`end_at` is 2021-12-03 12:00:01.000000+00:00, more than a day after it was landed"
    assert told[4].count("more than a day") == 2
    assert told[7] == "its day 2018-10-31 is before SONGIFY_START_DATE (2018-11-01)"


def test_whole_numbers_written_as_floats_are_read_in_csv_and_json(tmp_path: Path):
    rows, told = refined(
        tmp_path, "plays", "location_id,track_id,played_ms\na,b,231000.0\na,b,6.1e4\na,b,118.5\na,b,59000\n"
    )
    assert rows["played_ms"].to_list() == [231000, 61000, 59000]
    assert told == {3: "`played_ms` is '118.5', not a whole number"}
    rows, told = refined(
        tmp_path, "books", '[{"name": "a", "pages": 210.0}, {"name": "b", "pages": 2.1e2}, {"name": "c", "pages": 1.5}]'
    )
    assert rows["pages"].to_list() == [210, 210]
    assert told == {3: "`pages` is '1.5', not a whole number"}


def test_text_after_a_date_is_refused_and_a_time_is_not(tmp_path: Path):
    author = '{"metadata": {"name": "%s", "birth_date": "%s"}}\n'
    days = ["1950-02-03", "1950-02-03 or so", "1950-02-03T10:00:00.000+0000", "1950-02-30", "1950"]
    rows, told = refined(tmp_path, "authors", "".join(author % pair for pair in zip("abcde", days, strict=True)))
    assert rows["birth_date"].to_list() == [date(1950, 2, 3)] * 2
    assert set(told) == {2, 4, 5}
