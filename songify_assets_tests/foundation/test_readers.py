"""What the readers make of well-formed, odd and broken files."""

import csv
import io
import json
import os
from collections.abc import Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from songify_assets.errors import UnreadableFile
from songify_assets.foundation.reading import Batch, Reader, blocks
from songify_assets.foundation.reading import json as reading_json

REAL = Path(os.environ.get("SONGIFY_REAL_DATA", Path(__file__).parents[3] / "shared" / "data"))
ABC = {"a": "A", "b": "B", "c": "C"}
BOOKS = {"name": "$.name", "pages": "$.meta.pages", "tags": "$.tags[*].label"}
Format = Literal["csv", "json"]


@contextmanager
def block_size(size: int):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "SIZE", size)
        yield


def batches(content: bytes, format: Format, fields: Mapping[str, str]) -> list[Batch]:
    with TemporaryDirectory() as folder:
        path = Path(folder, "file")
        path.write_bytes(content)
        return list(Reader(format, fields).read(path, "src/file"))


def rows(content: bytes | str, format: Format, fields: Mapping[str, str]) -> tuple[list[Any], list[Any]]:
    """All records and all refused ones, without frames; what a batch says of itself is checked on the way."""
    found = batches(content if isinstance(content, bytes) else content.encode(), format, fields)
    for batch in found:
        assert batch.received == len(batch.records) + len(batch.refused)
        assert batch.records.columns == ["record", *fields]
        assert batch.refused.schema == {"record": pl.UInt64, "reasons": pl.List(pl.String), "raw": pl.String}
        for column, path in fields.items():
            assert batch.records.schema[column] == (pl.List(pl.String) if "[*]" in path else pl.String)
        both = pl.concat([batch.records["record"], batch.refused["record"]]).sort()
        assert both.dtype == pl.UInt64
        assert batch.refused["raw"].to_list() == batch.raw_of(batch.refused["record"]).to_list()
    numbers = [n for b in found for n in sorted([*b.records["record"], *b.refused["record"]])]
    assert numbers == list(range(1, len(numbers) + 1))
    return [r for b in found for r in b.records.rows()], [r for b in found for r in b.refused.rows()]


def good(content: bytes | str, format: Format = "csv", fields: Mapping[str, str] = ABC) -> list[Any]:
    records, refused = rows(content, format, fields)
    assert refused == []
    return [record[1:] for record in records]


def unreadable(content: bytes | str, format: Format = "csv", fields: Mapping[str, str] = ABC) -> str:
    with pytest.raises(UnreadableFile) as caught:
        rows(content, format, fields)
    assert caught.value.where == "src/file"
    assert caught.value.remedy.endswith(".")
    return caught.value.what


# CSV


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("last", ["", "end"])
def test_csv_lines_may_end_either_way_and_the_last_one_not_at_all(end: str, last: str):
    text = end.join(["A,B,C", "1,2,3", '"4","5","6"']) + (end if last else "")
    assert good(text) == [("1", "2", "3"), ("4", "5", "6")]


def test_csv_header_may_have_any_order_case_blanks_and_a_byte_order_mark():
    assert good('\ufeff c,"b" , A\n1,2,3\n') == [("3", "2", "1")]


def test_csv_empty_fields_are_null():
    assert good('A,B,C\n,"",x\n,,\n') == [(None, None, "x"), (None, None, None)]


def test_csv_blank_lines_are_no_records():
    assert good("\n\nA,B,C\n\n1,2,3\r\n\r\n  \n4,5,6\n\n") == [("1", "2", "3"), ("4", "5", "6")]


def test_csv_header_only_holds_no_records():
    assert good("A,B,C\n") == good("A,B,C") == []


def test_csv_quoted_fields_may_hold_delimiters_quotes_and_line_breaks():
    assert good('A,B,C\n"x,""y""\n\r\nz",2,"\n"\n') == [('x,"y"\n\r\nz', "2", "\n")]


def test_csv_of_one_column_has_one_field_a_line():
    assert good('A\n1\n\n""\n"x\ny"\n', fields={"a": "A"}) == [("1",), (None,), ("x\ny",)]


def test_csv_two_columns_may_take_the_same_field():
    assert good("A\n1\n", fields={"x": "A", "y": "A"}) == [("1", "1")]


@pytest.mark.parametrize("size", [1, 10**6])
def test_csv_a_byte_order_mark_begins_a_line_of_a_joined_file_and_is_no_text(size: int):
    with block_size(size):
        content = '\ufeff\ufeffA,B,C\n1,2,3\n\ufeff"x",2,3\n1,"\n\ufeff",\ufeff\n'
        assert good(content) == [("1", "2", "3"), ("x", "2", "3"), ("1", "\n\ufeff", "\ufeff")]


def test_csv_the_header_of_a_joined_file_is_no_record():
    records, refused = rows("A,B,C\n1,2,3\n\ufeffA,b , C\nA,2,3\n", "csv", ABC)
    assert records == [(1, "1", "2", "3"), (3, "A", "2", "3")]
    assert refused == [(2, ["is the header once more"], "A,b , C")]


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "is empty"),
        (b" \n\t\r\n", "is empty"),
        (b"\xef\xbb\xbf", "is empty"),
        (b"A;B;C\n1;2;3\n", "is separated by semicolons, not commas"),
        (b"A\tB\tC\n", "is separated by tabs, not commas"),
        (b"A|B|C\n", "is separated by bars, not commas"),
        (b"1,2,3\n4,5,6\n", "has no header: its first line should be A,B,C"),
        (b"A,B\n1,2\n", "lacks the column C"),
        (b"A\n1\n", "lacks the columns B, C"),
        (b"A,B,C,d\n1,2,3,4\n", "has the unexpected column d"),
        (b"A,B,B,C\n1,2,3,4\n", "has twice the column B"),
        (b"A, b,B,a\n1,2,3,4\n", "lacks the column C and has twice the columns A, B"),
        (b"A,B,X\n", "lacks the column C and has the unexpected column x"),
        ("A,B,C\n1,2,3\n".encode("utf-16"), "is UTF-16 text, not UTF-8 text (its first bytes are FF FE)"),
    ],
)  # fmt: skip
def test_csv_that_cannot_be_read_says_why(content: bytes, what: str):
    assert unreadable(content) == what


def test_csv_records_of_another_width_are_refused():
    records, refused = rows("A,B,C\n1,2\n1,2,3\n1,2,3,4\n1\n4,5,\n", "csv", ABC)
    assert records == [(2, "1", "2", "3"), (5, "4", "5", None)]
    assert refused == [
        (1, ["has 2 fields, not 3"], "1,2"),
        (3, ["has 4 fields, not 3"], "1,2,3,4"),
        (4, ["has 1 field, not 3"], "1"),
    ]


def test_csv_narrow_records_do_not_hide_behind_commas_in_quotes():
    records, refused = rows('A,B,C\n"1,x",2\n1,2,3\n', "csv", ABC)
    assert (records, refused) == ([(2, "1", "2", "3")], [(1, ["has 2 fields, not 3"], '"1,x",2')])


def test_csv_only_the_record_that_is_not_utf8_is_refused():
    records, refused = rows(b"A,B,C\n1,2,3\n4,\xff\xe9,6\n7,\xc3\xa9,9\n", "csv", ABC)
    assert records == [(1, "1", "2", "3"), (3, "7", "é", "9")]
    assert refused == [(2, ["is not UTF-8 text"], "4,\ufffd\ufffd,6")]


@pytest.mark.parametrize("stray", ['4,"5,6', '4,x"y,6', '4,"x"y,6', '4, "5",6', '"4,5,6'])
def test_csv_a_stray_quote_costs_its_line_only(stray: str):
    after = "".join(f'{n},"b{n}",c\n' for n in range(3000))
    records, refused = rows(f"A,B,C\n1,2,3\n{stray}\n{after}", "csv", ABC)
    assert refused == [(2, ["has a stray quote"], stray)]
    assert [record[1:] for record in records] == [("1", "2", "3"), *((str(n), f"b{n}", "c") for n in range(3000))]


def test_csv_a_quote_that_nothing_closes_swallows_nothing():
    for end in ("", "\n"):
        records, refused = rows('A,B,C\n1,2,3\n4,"5,6\n' + "7,8,9\n" * 20 + "7,8,9" + end, "csv", ABC)
        assert len(records) == 22
        assert refused == [(2, ["has a stray quote"], '4,"5,6')]


def test_csv_a_quote_that_closes_too_far_away_is_stray():
    line = "7,8,9\n"
    content = 'A,B,C\n4,"5,6\n' + line * (blocks.LONGEST_QUOTED // len(line) + 9) + '4",5,6\n'
    records, refused = rows(content, "csv", ABC)
    assert len(records) == blocks.LONGEST_QUOTED // len(line) + 9
    assert [row[2] for row in refused] == ['4,"5,6', '4",5,6']


def test_csv_control_characters_are_text():
    assert good("A,B,C\n\0,\x1a\0x,\x7f\n") == [("\0", "\x1a\0x", "\x7f")]


def test_csv_a_record_beyond_all_measure_makes_the_file_unreadable(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(blocks, "LONGEST_RECORD", 1000)
    with block_size(100):
        assert unreadable("A,B,C\n1,2,3\n" + "x" * 9000 + ",2,3\n") == "holds a record longer than 1,000 bytes"


def test_csv_raw_text_of_any_record_can_be_had():
    with block_size(10):
        found = batches(b'A,B,C\n1,2,3\n\n4,"x\ny",6\n7,8,9\n', "csv", ABC)
    raw = {n: b.raw_of(pl.Series([n], dtype=pl.UInt64)).item() for b in found for n in b.records["record"]}
    assert raw == {1: "1,2,3", 2: '4,"x\ny",6', 3: "7,8,9"}


texts = st.text(st.characters(codec="utf-8") | st.sampled_from('",\n\r;é🎧\0 '), max_size=12)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(texts, texts, texts), max_size=12),
    st.sampled_from([1, 7, 40, 10**6]),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)
def test_csv_reads_back_what_the_csv_module_wrote(data: list[tuple[str, ...]], size: int, end: str, quote_all: bool):
    out = io.StringIO(newline="")
    # Python 3.11 leaves a carriage return bare where it is not part of the line end; then nobody could tell them apart.
    quoted = quote_all or any("\r" in text for row in data for text in row)
    writer = csv.writer(out, lineterminator=end, quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL)
    writer.writerows([("A", "B", "C"), *data])
    with block_size(size):
        assert good(out.getvalue()) == [tuple(text or None for text in row) for row in data]


def test_an_empty_field_too_many_does_not_make_up_for_one_too_few():
    records, refused = rows(b"A,B,C\n1,2\n1,2,3,\n1,2,3\n1,2,\n", "csv", ABC)
    assert records == [(3, "1", "2", "3"), (4, "1", "2", None)]
    assert [raw for _, _, raw in refused] == ["1,2", "1,2,3,"]


line_noise = st.lists(
    st.sampled_from(
        [b'"', b'""', b",", b"\n", b"\r\n", b"\r", b"x", b"1,2,3\n", b'1,"2",3\n', b"\xff", b" ", b'"a\nb"']
    ),
    max_size=40,
)


@settings(max_examples=100, deadline=None)
@given(line_noise, st.sampled_from([1, 3, 10, 30]))
def test_csv_is_read_the_same_wherever_blocks_end(noise: list[bytes], size: int):
    content = b"A,B,C\n" + b"".join(noise)
    whole = rows(content, "csv", ABC)
    with block_size(size):
        assert rows(content, "csv", ABC) == whole


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.booleans(), max_size=20),
    st.lists(st.sampled_from([b'1,"2', b"1,2", b"\xff,,", b',"x"x,']), min_size=20),
)
def test_csv_broken_records_never_cost_a_good_one(plan: list[bool], broken: list[bytes]):
    lines = [b'%d,"y,\n",' % n if ok else broken[n] for n, ok in enumerate(plan)]
    records, refused = rows(b"A,B,C\n" + b"".join(line + b"\n" for line in lines), "csv", ABC)
    assert [record[0] for record in records] == [n + 1 for n, ok in enumerate(plan) if ok]
    assert len(refused) == plan.count(False)


# JSON


def lines_of(*records: Any) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


BOOK = {"name": "N", "meta": {"pages": 3}, "tags": [{"label": "x"}, {"label": None}, {}]}


@pytest.mark.parametrize("write", [lambda records: json.dumps(records, indent=1), lambda records: lines_of(*records)])
def test_json_is_read_as_an_array_and_as_lines(write: Any):
    content = write([BOOK, {"name": "M"}])
    expected = [("N", "3", ["x", None, None]), ("M", None, [])]
    assert good(content, "json", BOOKS) == good("\ufeff \n" + content, "json", BOOKS) == expected


@pytest.mark.parametrize("form", ["[{}]", "{}"])
def test_json_scalars_are_read_as_their_text(form: str):
    for literal, text in {
        "1.0": "1.0", "12345678901234567890123": "12345678901234567890123", "-9007199254740993": "-9007199254740993",
        "1540940782796.0": "1540940782796.0", "true": "true", "null": None, '"null"': "null", '""': "", '"é\\u0041\\n"': "éA\n",
        '"[x]"': "[x]", '"{"': "{",
    }.items():  # fmt: skip
        content = form.replace("{}", f'{{"name": {literal}, "tags": null}}')
        assert good(content, "json", BOOKS) == [(text, None, [])]


@pytest.mark.parametrize("array", [True, False])
def test_json_broken_records_are_refused_and_the_others_load(array: bool):
    odd = [{"name": "a"}, 3, [1], "x", None, {"name": {"x": 1}, "tags": {}}, {"name": [1]}, {"name": "b", "tags": []}]
    odd[1:1] = [{"tags": "x"}]
    content = json.dumps(odd) if array else "\n\n" + lines_of(*odd)
    with block_size(30):
        records, refused = rows(content, "json", BOOKS)
    assert records == [(1, "a", None, []), (9, "b", None, [])]
    lists, single = "`tags` is not a list", "`name` is not a single value"
    assert [reasons for _, reasons, _ in refused] == [[lists], *[["is not an object"]] * 4, [single, lists], [single]]
    assert [json.loads(raw) for _, _, raw in refused] == odd[1:-1]


def test_json_lines_that_are_not_json_are_refused():
    records, refused = rows('{"name": "a"}\n{"name": \n{"name": "b"}\r\nx\n{} {}', "json", BOOKS)
    assert [record[:2] for record in records] == [(1, "a"), (3, "b")]
    assert refused == [(2, ["is not JSON"], '{"name":'), (4, ["is not JSON"], "x"), (5, ["is not JSON"], "{} {}")]


@pytest.mark.parametrize("form", [b'[{"name": "a\xff\xe9"},\n{"name": "\xc3\xa9\xef\xbf\xbd"}]', b'{"name": "a\xff\xe9"}\n{"name": "\xc3\xa9\xef\xbf\xbd"}'])  # fmt: skip
def test_json_only_the_records_that_are_not_utf8_are_refused(form: bytes):
    records, refused = rows(form, "json", BOOKS)
    assert records == [(2, "é\ufffd", None, [])]
    assert [(n, reasons, raw.replace("\ufffd\ufffd", "\ufffd")) for n, reasons, raw in refused] == [
        (1, ["is not UTF-8 text"], '{"name": "a\ufffd"}')
    ]


ONE = "holds one JSON object where an array is due"


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("", "is empty"),
        (" \n ", "is empty"),
        ("3", "holds neither a JSON array nor a JSON object a line"),
        ('"x"', "holds neither a JSON array nor a JSON object a line"),
        ('{"books": [{"name": "a"}]}', ONE),
        ('{\n "books": [{"name": "a"},\n{"name": "b"}\n]}', ONE),
        ('{\n "books": [{"name": "a"},', "is no whole JSON object: it breaks off at record 1"),
        ('[{"name": "a"},\n]', "is no whole JSON array: it has a comma before its closing bracket `]`, after record 1"),
        (
            '[{"name": "a"}]\n[{"name": "b"}]',
            "is no whole JSON array: it goes on after its closing bracket `]`, after record 1",
        ),
        ('[{"name": "a"}]'.encode("utf-16-be"), "is UTF-16BE text without a byte order mark, not UTF-8"),
    ],
)
def test_json_that_cannot_be_read_says_why(content: str | bytes, what: str):
    assert unreadable(content, "json", BOOKS) == what


@pytest.mark.parametrize("content", ['[{"name": "a"}, {"na', '[{"name": "a"}', "[", '[{"name": "a"}] x', "[" * 99999])
def test_json_arrays_that_are_not_whole_are_unreadable(content: str):
    assert unreadable(content, "json", BOOKS).startswith("is no whole JSON array: ")


def test_json_truncation_is_found_at_the_end_and_says_where():
    found: list[Batch] = []
    with TemporaryDirectory() as folder:
        path = Path(folder, "[odd]*.json.gz")
        path.write_text("[" + json.dumps(BOOK) + ("," + json.dumps(BOOK)) * 199_999 + ',{"name')
        with pytest.raises(UnreadableFile, match="at record 200001"):
            found.extend(Reader("json", BOOKS).read(path, "src/file"))
    assert found, "what came before was read"


@pytest.mark.parametrize("form", ['[{"name": "a"}, %s, {"name": "b"}]', '{"name": "a"}\n%s\n{"name": "b"}'])
def test_json_only_the_record_that_is_too_long_is_refused(form: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(reading_json, "LONGEST_RECORD", 1000)
    records, refused = rows(form % ('{"name": "' + "x" * 2000 + '"}'), "json", BOOKS)
    assert [record[1] for record in records] == ["a", "b"]
    assert [reasons for _, reasons, _ in refused] == [["is longer than 1,000 bytes"]]


def test_json_a_record_that_does_not_end_makes_the_file_unreadable(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(blocks, "LONGEST_RECORD", 1000)
    with block_size(100):
        content = '[\n{"name": "a"}, {"name": "' + "x" * 9000 + '"}]'
        assert unreadable(content, "json", BOOKS) == "is no whole JSON array: record 2 does not end within 1,000 bytes"


def test_json_blank_lines_are_no_records():
    with block_size(1):
        assert good('\n\n \n\n{"name": "a"}\n\n\n{"name": "b"}\n\n', "json", BOOKS) == [
            ("a", None, []),
            ("b", None, []),
        ]


def test_json_one_record_on_one_line_is_fine():
    assert good('{"name": "a"}', "json", BOOKS) == [("a", None, [])]


def test_json_empty_array_holds_no_records():
    assert good(" [ ]\n", "json", BOOKS) == []


def test_json_deep_nesting_does_no_harm():
    deep = '{"name": "a", "x": ' + "[" * 100_000 + "]" * 100_000 + "}"
    assert good(f"[{deep}]", "json", BOOKS) == good(deep, "json", BOOKS) == [("a", None, [])]


def test_json_raw_text_of_any_record_can_be_had():
    for content in ('[{"name": "a"}, {"name":"b"}]', '{"name": "a"}\n\n{"name":"b"}'):
        (batch,) = batches(content.encode(), "json", BOOKS)
        assert batch.raw_of(pl.Series([2, 1], dtype=pl.UInt64)).to_list() == ['{"name":"b"}', '{"name": "a"}']


values = st.none() | st.booleans() | st.integers() | st.text(st.characters(codec="utf-8"), max_size=9)


def as_text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(values, values, st.lists(values, max_size=3)), max_size=9),
    st.booleans(),
    st.booleans(),
    st.sampled_from([1, 60, 10**6]),
)
def test_json_reads_back_what_the_json_module_wrote(data: list[Any], array: bool, ascii: bool, size: int):
    records = [{"name": a, "meta": {"pages": b}, "tags": [{"label": c} for c in cs]} for a, b, cs in data]
    each = [json.dumps(record, ensure_ascii=ascii) for record in records]
    if each or array:
        with block_size(size):
            found = good("[" + ",\n".join(each) + "]" if array else "\n".join(each), "json", BOOKS)
        assert found == [(as_text(a), as_text(b), [as_text(c) for c in cs]) for a, b, cs in data]


# Real data


@pytest.mark.skipif(not REAL.is_dir(), reason=f"the real data is not in {REAL}; SONGIFY_REAL_DATA tells where it is")
@pytest.mark.parametrize(
    ("file", "fields", "count"),
    [
        ("viewing/internal/streams.csv", {n: n for n in "movie_title,user_email,size_mb,start_at,end_at".split(",")}, 9652),
        ("royalties/plays.csv", {n: n for n in "location_id,track_id,played_ms".split(",")}, 100),
        ("viewing/vendor/authors.json", {"name": "$.metadata.name", "slugs": "$.nationalities[*].slug"}, 201),
        ("viewing/vendor/books.json", {n: f"$.{n}" for n in "name,pages,author,publisher".split(",")}, 103),
        ("viewing/vendor/reviews.json", {"text": "$.content.text", "rate": "$.rating.rate", "books": "$.books[*].metadata.title"}, 501),
    ],
)  # fmt: skip
def test_real_files_are_read_whole(file: str, fields: dict[str, str], count: int):
    path = REAL / file
    with block_size(5000):
        found = list(Reader("csv" if path.suffix == ".csv" else "json", fields).read(path, file))
    assert sum(len(batch.records) for batch in found) == count
    assert sum(len(batch.refused) for batch in found) == 0
    records = pl.concat([batch.records for batch in found])
    assert all(records[column].null_count() < count for column in fields)


def test_a_json_path_may_quote_a_name_with_spaces():
    fields = {"day": '$."release date"', "labels": '$."the tags"[*].label'}
    record = {"release date": "2021-12-01", "the tags": [{"label": "a"}, {}]}
    (batch,) = batches(json.dumps([record, {"the tags": 1}]).encode(), "json", fields)
    assert batch.records.rows() == [(1, "2021-12-01", ["a", None])]
    assert batch.refused["reasons"].to_list() == [['`"the tags"` is not a list']]


def test_json_is_read_also_when_what_parses_it_has_broken():
    parser = reading_json.parser()
    assert reading_json.parser() is parser, "one for all files"
    parser.close()
    [batch] = batches(b'[{"name": "Dune"}]', "json", BOOKS)
    assert batch.records["name"].to_list() == ["Dune"]
