"""One JSON record that is broken costs no other, in an array as in JSON lines; RFC 8259 says what is broken."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from songify_assets.errors import UnreadableFile
from songify_assets.foundation.reading import Reader, blocks

FIELDS = {"name": "$.name", "pages": "$.meta.pages", "tags": "$.tags[*].label", "deep": "$.tags[*].more.x"}
GOOD = '{"name": "%s", "meta": {"pages": 3}, "tags": [{"label": "x", "more": {"x": 1}}], "also": null}'


def as_array(records: list[str]) -> str:
    return "[" + ",\n".join(records) + "]"


def as_one_line(records: list[str]) -> str:
    return "[" + ",".join(records) + "]"


def as_lines(records: list[str]) -> str:
    return "\n".join(records)


FORMS = [as_array, as_one_line, as_lines]
forms = pytest.mark.parametrize("form", FORMS)


def outcome(tmp_path: Path, content: str | bytes) -> tuple[list[str | None], dict[int, str]]:
    """The names of the good records, and the reasons for the refused ones by their numbers."""
    path = tmp_path / "records.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    names, refused = [], {}
    for batch in Reader("json", FIELDS).read(path, "src/records.json"):
        assert batch.received == len(batch.records) + len(batch.refused)
        names += batch.records["name"].to_list()
        refused |= {number: "; ".join(reasons) for number, reasons, _ in batch.refused.rows()}
    return names, refused


BROKEN = {
    "a raw tab": '{"name": "x\ty"}',
    "a raw NUL": '{"name": "x\0y"}',
    "an unknown escape": r'{"name": "x\q"}',
    "half a surrogate pair": r'{"name": "\ud83d"}',
    "the other half": r'{"name": "\udc00"}',
    "single quotes": "{'name': 'x'}",
    "no quotes": '{name: "x"}',
    "a comment": '{"name": "x" /* who? */}',
    "a leading zero": '{"name": "x", "meta": {"pages": 007}}',
    "a plus": '{"name": "x", "meta": {"pages": +7}}',
    "no digit after the point": '{"name": "x", "meta": {"pages": 7.}}',
    "Python's true": '{"name": "x", "also": True}',
    "two values": '{"name": "x"} {"name": "y"}',
    "text after it": '{"name": "x"} or so',
    "a quote inside": '{"name": "the "best" x"}',
}
LAX = {
    "NaN": ('{"name": "x", "also": NaN}', "holds NaN or Infinity"),
    "NaN in a field": ('{"name": "x", "meta": {"pages": NaN}}', "holds NaN or Infinity"),
    "minus Infinity": ('{"name": "x", "also": [1, -Infinity]}', "holds NaN or Infinity"),
    "inf": ('{"name": "x", "also":inf}', "holds NaN or Infinity"),
    "a trailing comma": ('{"name": "x", }', "has a comma before a closing bracket"),
    "a trailing comma in a list": ('{"name": "x", "tags": [{"label": "y"},]}', "has a comma before a closing bracket"),
    "a name twice": ('{"name": "x", "name": "y"}', "tells `name` twice"),
    "a name twice, spaced": ('{"name": "x", "name" : "y"}', "tells `name` twice"),
    "a name twice, one escaped": (r'{"name": "x", "n\u0061me": "y"}', "tells `name` twice"),
    "a name twice within": ('{"name": "x", "meta": {"pages": 1, "pages": 2}}', "tells `pages` twice"),
    "a name twice in a list": (
        '{"name": "x", "meta": {"pages": 3}, "tags": [{"label": "x", "label": "y", "more": {"x": 1}}]}',
        "tells `label` twice",
    ),
    "an object twice": ('{"name": "x", "meta": {"pages": 1}, "meta": {}}', "tells `meta` twice"),
}
PLAIN = {
    "a text for an object": ('{"name": "x", "meta": "y"}', "`meta` is not an object"),
    "a number for an object": ('{"name": "x", "meta": 3}', "`meta` is not an object"),
    "a list for an object": ('{"name": "x", "meta": [{"pages": 3}]}', "`meta` is not an object"),
    "a text for a list": ('{"name": "x", "tags": "y"}', "`tags` is not a list"),
    "an object for a list": ('{"name": "x", "tags": {"label": "y"}}', "`tags` is not a list"),
    "texts for objects": ('{"name": "x", "tags": [{"label": "x", "more": {"x": 1}}, "y"]}', "`tags[*]` is not an object"),
    "a list for an element": ('{"name": "x", "tags": [[]]}', "`tags[*]` is not an object"),
    "a text for an object within": ('{"name": "x", "tags": [{"label": "y", "more": "z"}]}', "`tags[*].more` is not an object"),
    "an object for a text": ('{"name": {"x": 1}}', "`name` is not a single value"),
    "an object for a text within": ('{"name": "x", "tags": [{"label": {}, "more": {"x": 1}}]}', "`tags[*].label` is not a single value"),
    "no object": ("3", "is not an object"),
}  # fmt: skip
REASONS = {what: (bad, "is not JSON") for what, bad in BROKEN.items()} | LAX | PLAIN


@forms
def test_broken_records_cost_only_themselves(tmp_path: Path, form: Callable[[list[str]], str]):
    bad = [bad for bad, _ in REASONS.values()]
    records = [GOOD % "first", *(one for at, text in enumerate(bad) for one in (text, GOOD % f"after {at}"))]
    names, refused = outcome(tmp_path, form(records))
    assert {what: refused.pop(2 * at + 2, None) for at, what in enumerate(REASONS)} == {
        what: reason for what, (_, reason) in REASONS.items()
    }
    assert not refused
    assert names == ["first", *(f"after {at}" for at in range(len(bad)))]


@pytest.mark.parametrize(("form", "place"), [(as_array, 0), (as_one_line, 1), (as_array, 2)])
@pytest.mark.parametrize(
    "bad",
    [
        '{"name": "two\nlines", "meta": {"pages": 3}}',
        '{"name": "x, "meta": {"pages": 3}}',
        '{"name": "size 5" nails", "meta": {"pages": 3}}',
        '{"name": "x", "meta": {"pages": 3}',
        '{"name": "x", "meta": {"pages": 3}}}',
        '{"name": "x", "tags": [{"label": "y"}}',
    ],
)
def test_an_array_is_followed_past_a_quote_or_bracket_that_is_lacking(tmp_path: Path, form: Any, place: int, bad: str):
    records = [GOOD % "a", GOOD % "b", GOOD % "c"]
    names = [name for at, name in enumerate("abc") if at != place]
    records[place] = bad
    if place == 2 and bad.endswith("3}}") is False:
        records.append(GOOD % "d")
        names.append("d")
    assert outcome(tmp_path, form(records)) == (names, {place + 1: "is not JSON"})


def test_two_torn_records_do_not_swallow_those_between_them(tmp_path: Path):
    torn = '{"name": "x, "meta": {"pages": 3}}'
    content = as_array([GOOD % "a", torn, GOOD % "b", GOOD % "c", torn, GOOD % "d"])
    assert outcome(tmp_path, content) == (list("abcd"), {2: "is not JSON", 5: "is not JSON"})


def test_an_object_inside_a_torn_record_is_not_taken_for_a_record(tmp_path: Path):
    nested = '{"name": "%s", "tags": [{"name": "y"}, {"name": "z"}, {"name": "w"}]}'
    content = as_one_line([nested % "a", nested.replace('"y"', '"y') % "x", nested % "b"])
    with pytest.raises(UnreadableFile, match="breaks off at record 2"):
        outcome(tmp_path, content)


@pytest.mark.parametrize("first", ['rg Press"}', '{"name": "x", "pa', '"}', "x", "]", "{"])
def test_lines_of_which_the_first_is_torn_are_read(tmp_path: Path, first: str):
    content = as_lines([first, GOOD % "a", GOOD % "b"])
    assert outcome(tmp_path, content) == (["a", "b"], {1: "is not JSON"})


@pytest.mark.parametrize("indent", [None, 0, 4, "\t"])
@pytest.mark.parametrize("end", ["", "\n", "\r\n\r\n"])
def test_a_file_may_be_one_object_indented_or_not(tmp_path: Path, indent: int | str | None, end: str):
    content = json.dumps(json.loads(GOOD % "a"), indent=indent) + end
    assert outcome(tmp_path, content.replace("\n", "\r\n")) == (["a"], {})
    assert outcome(tmp_path, content) == (["a"], {})


def test_indented_objects_may_follow_each_other(tmp_path: Path):
    records = [
        json.dumps(json.loads(one), indent=2)
        for one in (GOOD % "a", '{"name": "x", "name2": {"y": [1, 2]}}', GOOD % "b")
    ]
    assert outcome(tmp_path, "\n".join(records)) == (["a", "x", "b"], {})
    records[1] = records[1].replace('"x"', '"x\ty"')
    assert outcome(tmp_path, "\n".join(records)) == (["a", "b"], {2: "is not JSON"})


def test_one_indented_object_that_is_broken_is_one_record(tmp_path: Path):
    content = json.dumps({"name": "x\ty", "meta": {"pages": 3}}, indent=2).replace("\\t", "\t")
    assert outcome(tmp_path, content) == ([], {1: "is not JSON"})


def test_byte_order_marks_of_joined_files_are_no_part_of_records(tmp_path: Path):
    mark = "\ufeff"
    assert outcome(tmp_path, mark + as_lines([GOOD % "a", mark + GOOD % "b", GOOD % "c"])) == (["a", "b", "c"], {})
    assert outcome(tmp_path, mark + mark + as_array([GOOD % "a", mark + GOOD % "b"])) == (["a", "b"], {})


def test_lines_may_end_with_crlf_and_some_be_blank(tmp_path: Path):
    assert outcome(tmp_path, "\r\n" + "\r\n\r\n".join([GOOD % "a", GOOD % "b"]) + "\r\n") == (["a", "b"], {})


def test_words_that_look_like_numbers_are_texts_inside_quotes(tmp_path: Path):
    content = as_lines(
        [GOOD % ":NaN,", GOOD % "a, -inf ]", GOOD % r"\",]", '{"name": "INF", "meta": {"pages": "nan"}}']
    )
    assert outcome(tmp_path, content) == ([":NaN,", "a, -inf ]", '",]', "INF"], {})


def test_a_name_twice_is_found_among_many_records_of_many_shapes(tmp_path: Path):
    rng = random.Random(3)
    records, twice = [], set()
    for number in range(1, 3001):
        tags = [{"label": rng.choice(["x", None]), "more": {"x": 1}} for _ in range(rng.randrange(4))]
        whole = json.dumps(
            {"name": f"n{number}", "meta": {"pages": rng.choice([1, None])}, "tags": tags, f"k{number % 7}": 1}
        )
        if number % 97 == 0:
            at = whole.index(rng.choice(['"name"', '"pages"', '"meta"']))
            whole = (
                whole[:at]
                + ('"name": 1, ' if whole[at:].startswith('"name"') else '"pages": 1, "pages": 2, ')
                + whole[at:]
            )
            twice.add(number)
        records.append(whole)
    for form in FORMS:
        names, refused = outcome(tmp_path, form(records))
        assert set(refused) == twice
        assert len(names) == len(records) - len(twice)


def strict(text: str) -> Any:
    """What Python makes of a record, as RFC 8259 has it; None when it is none."""

    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(found)) < len(found):
            raise ValueError("a name twice")
        return dict(found)

    def no(literal: str) -> None:
        raise ValueError(literal)

    try:
        value = json.loads(text, object_pairs_hook=pairs, parse_constant=no)
        json.dumps(value, ensure_ascii=False).encode()  # half a surrogate pair
    except ValueError:
        return None
    return value


@st.composite
def mutated(draw: st.DrawFn) -> str:
    text = GOOD % draw(
        st.text(st.sampled_from('ab"\\né\U0001f3a7,}{[]:'), max_size=4).map(lambda name: json.dumps(name)[1:-1])
    )
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, len(text) - 1))
        cut = draw(st.integers(0, 3))
        text = (
            text[:at]
            + draw(st.sampled_from(["", '"', ",", "}", "]", "NaN", "\t", "0", "\\", "\\u", " ", '"name":1,']))
            + text[at + cut :]
        )
    return text


@settings(max_examples=300, deadline=None)
@given(st.lists(mutated(), min_size=1, max_size=6), st.sampled_from([1, 50, 10**6]))
def test_lines_are_judged_as_python_judges_them(
    tmp_path_factory: pytest.TempPathFactory, records: list[str], size: int
):
    lines = [GOOD % "first", *(record for record in records if record.strip())]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "SIZE", size)
        names, refused = outcome(tmp_path_factory.getbasetemp(), as_lines(lines))
    for number, line in enumerate(lines, 1):
        value = strict(line)
        if value is None or not isinstance(value, dict):
            assert number in refused, line
        elif number in refused:
            assert " is not a" in refused[number], line
    kept = [strict(line) for number, line in enumerate(lines, 1) if number not in refused]
    assert names == [
        None if one.get("name") is None else one["name"] if isinstance(one["name"], str) else json.dumps(one["name"])
        for one in kept
    ]


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(st.booleans(), mutated()), min_size=1, max_size=6),
    st.sampled_from([1, 50, 10**6]),
    st.sampled_from(FORMS[:2]),
)
def test_an_array_loses_no_good_record_that_stands_among_whole_ones(
    tmp_path_factory: pytest.TempPathFactory, records: list[tuple[bool, str]], size: int, form: Any
):
    texts = [record if strict(record) is not None or not keep else GOOD % "kept" for keep, record in records]
    whole = [text for text in texts if strict(text) is not None]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "SIZE", size)
        _, refused = outcome(tmp_path_factory.getbasetemp(), form(whole or [GOOD % "kept"]))
    assert not [reason for reason in refused.values() if " is not a" not in reason]
