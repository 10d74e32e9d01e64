"""Generated drops are in the sources' formats, quirks included, and evolve as theirs do."""

import json
import uuid
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest

from songify_assets.generator import SOURCES, generate
from songify_assets.generator.chance import popular
from songify_assets_tests.generator.reading import FIRST, HEADERS, feed, moment, records


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Four days of drops without any defect that is not the default."""
    return generate(tmp_path_factory.mktemp("clean"), days=4, scale=2, first_day=FIRST)


def test_files_and_headers(clean: list[Path]) -> None:
    assert len(clean) == 4 * 25 + 72, "a file a feed and day, and songs on the first one"
    feeds = [path for path in clean if "song_data" not in path.parts]
    assert {path.parts[-3] for path in feeds} == set(SOURCES)
    assert {path.parts[-2] for path in feeds} == {f"2021-12-{day}" for day in range(24, 28)}
    for path in feeds:
        delivered = date.fromisoformat(path.parts[-2])
        expected = datetime(delivered.year, delivered.month, delivered.day + 1, 2, tzinfo=UTC).timestamp()
        assert path.stat().st_mtime == expected
        if path.suffix == ".csv":
            header = path.read_text(encoding="utf-8").splitlines()[0].replace('"', "")
            assert header == HEADERS[path.name]
        assert records(path)
        assert path.read_bytes().count(b"\r\n") > 0 or path.parts[-3] != "royalties"


def test_full_dumps_have_every_key_once_and_plain_types(clean: list[Path]) -> None:
    keys = {
        "users.csv": "email",
        "movies.csv": "title",
        "locations.csv": "id",
        "tracks.csv": "id",
        "cm_track.csv": "isrc",
    }
    for name, key in keys.items():
        for rows in feed(clean, name):
            assert len({row[key].casefold() for row in rows}) == len(rows)
    for rows in feed(clean, "movies.csv"):
        assert all(int(row["duration_mins"]) > 0 and int(row["size_mb"]) > 0 for row in rows)
        assert "Unforgiven" in {row["title"] for row in rows}
    for rows in feed(clean, "cm_track.csv"):
        assert {len(row["isrc"]) for row in rows} == {12}


def test_streams_are_of_their_days_and_some_are_late(clean: list[Path]) -> None:
    deliveries = feed(clean, "streams.csv")
    days = [Counter(moment(row["start_at"]).date() for row in rows) for rows in deliveries]
    assert all(FIRST <= day <= date(2021, 12, 24 + n) for n, found in enumerate(days) for day in found)
    assert sum(days[3].values()) - days[3][date(2021, 12, 27)] == pytest.approx(600 * 0.05 * 0.875, abs=3)
    rows = [row for delivery in deliveries for row in delivery]
    assert len({(row["user_email"], row["movie_title"], row["start_at"]) for row in rows}) == len(rows)
    assert all(row["start_at"].endswith("+0100") and row["start_at"] < row["end_at"] for row in rows)
    assert any(moment(row["start_at"]).date() < moment(row["end_at"]).date() for row in rows)
    lengths = {row["title"]: int(row["duration_mins"]) for row in feed(clean, "movies.csv")[3]}
    watched = [
        (moment(row["end_at"]) - moment(row["start_at"])).total_seconds() / 60 / lengths[row["movie_title"]]
        for row in rows
        if row["movie_title"] in lengths
    ]
    assert 0.1 < np.mean(np.array(watched) > 1) < 0.6
    unknown = np.mean([row["movie_title"] not in lengths for row in rows])
    assert 0.01 < unknown < 0.03


def test_unforgiven_on_christmas_morning(clean: list[Path]) -> None:
    hit = {
        row["user_email"]
        for rows in feed(clean, "streams.csv")
        for row in rows
        if row["movie_title"] == "Unforgiven"
        and row["start_at"] < "2021-12-25T12:00"
        and row["end_at"] > "2021-12-25T07:00"
    }
    assert len(hit) > 20


def test_offsets_follow_summer_time(tmp_path: Path) -> None:
    files = generate(tmp_path, days=2, scale=2, first_day=date(2022, 3, 27), sources=["viewing"])
    rows = feed(files, "streams.csv")[0]
    assert {row["start_at"][-5:] for row in rows if row["start_at"][11:13] >= "03"} == {"+0200"}
    assert {row["start_at"][:10] for row in rows} == {"2022-03-27"}


def test_few_films_tracks_and_countries_take_most(clean: list[Path]) -> None:
    films = Counter(row["movie_title"] for rows in feed(clean, "streams.csv") for row in rows)
    known = len(feed(clean, "movies.csv")[0])
    assert sum(count for _, count in films.most_common(known // 10)) > 0.5 * films.total()
    tracks = Counter(row["track_id"] for rows in feed(clean, "plays.csv") for row in rows)
    assert sum(count for _, count in tracks.most_common(40)) > 0.5 * tracks.total()
    assert {uuid.UUID(track).version for track in tracks} == {4}
    countries = Counter(row["country"] for row in feed(clean, "locations.csv")[0])
    assert sum(count for _, count in countries.most_common(4)) > 0.6 * countries.total()
    assert popular(np.array([0.0, 0.999999999]), 7).tolist() == [0, 6]


def test_the_vendor_has_its_quirks(clean: list[Path]) -> None:
    authors, books, reviews = (feed(clean, name)[0] for name in ("authors.json", "books.json", "reviews.json"))
    fillers = [[nation["label"] for nation in author["nationalities"]].index("") for author in authors]
    assert set(fillers) == {0, 1}
    slugs = [nation["slug"] for author in authors for nation in author["nationalities"]]
    assert slugs.count("singaporeans") >= 5
    ends = [[movie["title"] for movie in review["movies"]].index("end") for review in reviews]
    assert set(ends) == {0, 1}
    titles = {title["metadata"]["title"] for review in reviews for title in review["books"]}
    assert titles <= {book["name"].upper() for book in books}
    assert {title["metadata"]["pages"] for review in reviews for title in review["books"]} == {"unknown"}
    early = np.mean([moment(review["updated"]) < moment(review["created"]) for review in reviews])
    assert 0.05 < early < 0.15
    singaporean = {a["metadata"]["name"] for a in authors if "singaporeans" in [n["slug"] for n in a["nationalities"]]}
    assert {book["author"] for book in books} & singaporean
    unknown = {book["author"] for book in books} - {author["metadata"]["name"] for author in authors}
    assert unknown <= {"Nobody, Anonymous"}


@pytest.mark.parametrize("name", ["authors.json", "books.json", "reviews.json", "tracks.csv"])
def test_dumps_change_a_little_every_day(tmp_path: Path, name: str) -> None:
    source = "royalties" if name.endswith("csv") else "vendor"
    days = []
    for rows in feed(generate(tmp_path, days=9, scale=3, sources=[source]), name):
        keyed = [
            (row.get("created") or row.get("name") or row.get("id") or row["metadata"]["name"], row) for row in rows
        ]
        days.append({key: json.dumps(row, sort_keys=True) for key, row in keyed})
    ever = [set().union(*days[:n]) for n in range(len(days))]
    new = [days[n].keys() - ever[n] for n in range(1, len(days))]
    gone = [days[n - 1].keys() - days[n].keys() for n in range(1, len(days))]
    back = [(days[n].keys() & ever[n]) - days[n - 1].keys() for n in range(1, len(days))]
    changed = [
        [key for key in days[n].keys() & days[n - 1].keys() if days[n][key] != days[n - 1][key]] for n in range(1, 9)
    ]
    for kind in (new, gone, back, changed):
        assert sum(map(len, kind)) > 0
        assert max(map(len, kind)) < 0.08 * len(days[0])


def test_listening_events_are_of_their_day(clean: list[Path]) -> None:
    rows = [row for delivery in feed(clean, "-events.json") for row in delivery]
    keys = [(row["userId"], row["sessionId"], row["itemInSession"], row["ts"]) for row in rows]
    assert len(set(keys)) == len(keys)
    days = {datetime.fromtimestamp(row["ts"] / 1000 + 3600, UTC).date() for row in rows}
    assert days == {date(2021, 12, day) for day in range(24, 28)}
    guests = [row for row in rows if row["auth"] == "Logged Out"]
    assert guests
    assert all(row["userId"] == "" and row["firstName"] is None for row in guests)
    assert {type(row["registration"]) for row in rows} == {float, type(None)}
    assert all((row["song"] is None) == (row["page"] != "NextSong") for row in rows)


def test_playlists_hold_a_video_once(clean: list[Path]) -> None:
    for rows in feed(clean, "youtube_playlist.json"):
        assert len({(row["playlist_id"], row["video_id"]) for row in rows}) == len(rows)
        assert {row["timestp"][:10] for row in rows} < {f"2021-12-{day}" for day in range(24, 28)}
    rows = feed(clean, "youtube_playlist.json")[0]
    assert 0.3 < np.mean([row["artist_name"] is None for row in rows]) < 0.6


def test_most_of_what_is_paid_has_its_counterpart(clean: list[Path]) -> None:
    invoices = {row["invoice_id"] for rows in feed(clean, "invoices.csv") for row in rows}
    paid = [row for rows in feed(clean, "gateway_transactions.csv") for row in rows if row["type"] == "payment"]
    assert {row["invoice_refs"] for row in paid} <= invoices
    assert len({row["invoice_refs"] for row in paid}) > len(invoices) // 2
    nets: dict[str, int] = Counter()
    for row in (row for rows in feed(clean, "gateway_transactions.csv") for row in rows):
        nets[row["payout_id"]] += round(float(row["net"]) * 100)
    payouts = {
        row["payout_id"]: round(float(row["amount"]) * 100)
        for rows in feed(clean, "gateway_payouts.csv")
        for row in rows
    }
    assert {name: payouts[name] for name in nets} == nets


def test_chosen_money_defects_are_there(tmp_path: Path) -> None:
    names = ("restated", "double", "partial", "unreferenced", "joint", "split", "simultaneous", "vanished")
    files = generate(
        tmp_path, days=12, scale=2, first_day=FIRST, sources=SOURCES[5:], defects=dict.fromkeys(names, 0.4)
    )
    paid = [row for rows in feed(files, "gateway_transactions.csv") for row in rows]
    times = Counter((row["invoice_refs"], row["amount"]) for row in paid if row["type"] == "payment")
    assert max(times.values()) == 2, "charged twice"
    assert any(row["type"] == "refund" and row["parent_id"] and not row["invoice_refs"] for row in paid)
    events = Counter(row["event_id"] for rows in feed(files, "subscription_events.csv") for row in rows)
    types = {row["type"] for rows in feed(files, "subscription_events.csv") for row in rows}
    assert max(events.values()) == 2
    assert "void" in types
    named = [row["reference"] for rows in feed(files, "bank_lines.csv") for row in rows if "PO-" in row["reference"]]
    assert max(Counter(named).values()) == 2, "booked in two lines"
    assert any(text.count("PO-") == 2 for text in named), "two payouts in a line"
    touches = Counter((row["user_id"], row["touched_at"]) for rows in feed(files, "touchpoints.csv") for row in rows)
    assert max(touches.values()) >= 2
    reported = [{row["Day"] for row in rows} for rows in feed(files, "google_ads.csv")]
    assert any(len(days) == 2 for days in reported), "a day that is reported again"
