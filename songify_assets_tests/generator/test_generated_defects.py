"""Generated drops are as wrong as asked, and no more."""

import csv
import json
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest

from songify_assets.generator import SOURCES, generate
from songify_assets_tests.generator.reading import HEADERS, feed, records


@pytest.fixture
def one(tmp_path: Path) -> Callable[..., list[Path]]:
    def make(source: str, defects: Mapping[str, float], scale: float = 4, days: int = 1) -> list[Path]:
        quiet = {"late": 0.0, "unknown": 0.0}
        return generate(tmp_path, days=days, scale=scale, sources=[source], defects=quiet | dict(defects))

    return make


def test_unparseable_impossible_and_missing(one: Callable[..., list[Path]]) -> None:
    files = one("viewing", {"unparseable": 0.1, "impossible": 0.1, "missing_key": 0.1})
    (rows,) = feed(files, "streams.csv")
    assert np.mean([row["size_mb"] == "n/a" for row in rows]) == pytest.approx(0.1, abs=0.03)
    assert np.mean([row["end_at"] < row["start_at"] for row in rows]) == pytest.approx(0.1, abs=0.03)
    assert np.mean([row["user_email"] == "" for row in rows]) == pytest.approx(0.1, abs=0.03)


def test_the_same_in_json(one: Callable[..., list[Path]]) -> None:
    files = one("vendor", {"unparseable": 0.1, "impossible": 0.1, "missing_key": 0.1})
    (rows,) = feed(files, "reviews.json")
    assert np.mean([row["rating"]["rate"] == "n/a" for row in rows]) == pytest.approx(0.1, abs=0.03)
    assert np.mean([row["created"] is None for row in rows]) == pytest.approx(0.1, abs=0.03)
    assert np.mean([row["rating"]["rate"] in range(11, 16) for row in rows]) == pytest.approx(0.1, abs=0.03)
    (rows,) = feed(files, "authors.json")
    assert np.mean([row["metadata"]["name"] is None for row in rows]) == pytest.approx(0.1, abs=0.05)


def test_every_defect_of_records_leaves_json_readable(tmp_path: Path) -> None:
    names = ("unparseable", "impossible", "missing_key", "duplicate", "conflicting", "ragged")
    for path in generate(tmp_path, days=2, scale=1, defects=dict.fromkeys(names, 0.1)):
        if path.suffix == ".json":
            assert records(path)


def test_ragged(one: Callable[..., list[Path]]) -> None:
    for path in one("royalties", {"ragged": 0.1}):
        widths = Counter(len(row) for row in csv.reader(path.read_text().splitlines()))
        usual = len(HEADERS[path.name].split(","))
        assert set(widths) == {usual - 1, usual, usual + 1}
        assert 1 - widths[usual] / widths.total() == pytest.approx(0.1, abs=0.04)


def test_duplicate_and_conflicting(one: Callable[..., list[Path]]) -> None:
    files = one("royalties", {"duplicate": 0.1, "conflicting": 0.1})
    (tracks,) = feed(files, "tracks.csv")
    rows = Counter((row["id"], row["licensor"]) for row in tracks)
    keys = Counter(row["id"] for row in tracks)
    assert sum(count == 2 for count in rows.values()) / 800 == pytest.approx(0.1, abs=0.03)
    assert sum(count == 2 for count in keys.values()) / 800 == pytest.approx(0.2, abs=0.04)
    (plays,) = feed(files, "plays.csv")
    assert len(plays) == 4000


def test_unknown(one: Callable[..., list[Path]]) -> None:
    files = one("royalties", {"unknown": 0.2})
    tracks, shops = ({row["id"] for row in feed(files, name)[0]} for name in ("tracks.csv", "locations.csv"))
    (plays,) = feed(files, "plays.csv")
    assert np.mean([row["track_id"] not in tracks for row in plays]) == pytest.approx(0.16, abs=0.03)
    assert np.mean([row["location_id"] not in shops for row in plays]) == pytest.approx(0.04, abs=0.02)


def test_none_unknown_and_none_late(one: Callable[..., list[Path]]) -> None:
    files = one("viewing", {}, days=3)
    films = {row["title"] for row in feed(files, "movies.csv")[0]}
    users = {row["email"] for row in feed(files, "users.csv")[0]}
    streams = feed(files, "streams.csv")
    assert {row["movie_title"] for row in streams[0]} <= films
    assert {row["user_email"] for row in streams[0]} <= users
    for day, rows in enumerate(streams, 1):
        assert {row["start_at"][:10] for row in rows} == {f"2021-12-0{day}"}


@pytest.mark.parametrize("source", SOURCES)
def test_not_utf8(one: Callable[..., list[Path]], source: str) -> None:
    broken = 0
    for path in one(source, {"not_utf8": 0.1}):
        text = path.read_bytes().decode("utf-8", errors="surrogateescape")
        lines = text.splitlines()
        broken += sum("\udce9" in line for line in lines)
        assert "\x81" not in text
    assert broken > 0


def test_mass_delete_and_truncated_json(one: Callable[..., list[Path]]) -> None:
    before, after = feed(one("vendor", {"mass_delete": 0.5}, days=2), "authors.json")
    assert len(after) == pytest.approx(len(before) * 0.5, rel=0.15)
    for path in one("vendor", {"truncated_json": 1.0}):
        with pytest.raises(json.JSONDecodeError):
            json.loads(path.read_bytes().decode("utf-8", errors="replace"))


def test_a_day_without_events_is_a_file_without_records(tmp_path: Path) -> None:
    defects = {"late": 1.0, "mass_delete": 1.0, "ragged": 0.1, "duplicate": 0.1, "not_utf8": 0.1}
    files = {path.name: path for path in generate(tmp_path, days=1, scale=0.01, defects=defects)}
    assert files["streams.csv"].read_text() == HEADERS["streams.csv"] + "\n"
    assert files["2021-12-01-events.json"].read_text() == ""
    assert json.loads(files["reviews.json"].read_text()) == []
