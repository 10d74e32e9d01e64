"""Hand-computed examples that show the reference right, and that the strategies make what they promise."""

import csv
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from songify_assets_tests.properties import strategies
from songify_assets_tests.properties.reference import Delivery, Row, tables

D1, D2, D3, D4, D5 = (date(2021, 12, day) for day in range(1, 6))


def dump(feed: str, day: date, *rows: tuple) -> Delivery:
    """Return a delivery of a CSV feed from rows in the order of its header."""
    header = strategies.CSV_HEADERS[feed]
    return Delivery(feed, day, tuple(dict(zip(header, row, strict=True)) for row in rows))


def stream(movie: str, user: str, start: str, end: str, size: str = "1000") -> tuple:
    """Return a row of streams."""
    return movie, user, size, start, end


def book(name: str, pages: Any = 300, author: str | None = "Ann Lee") -> dict:
    """Return a record of books."""
    return {"name": name, "pages": pages, "author": author, "publisher": "Pan"}


def review(books: list, movies: list, created: Any = "2021-12-02T06:11:35.525+0100", rate: Any = 5) -> dict:
    """Return a record of reviews."""
    return {
        "content": {"text": "Good."},
        "rating": {"rate": rate, "label": "FIVE"},
        "books": [{"id": None, "metadata": {"title": title, "pages": "unknown"}} for title in books],
        "movies": [{"id": 0, "title": title} for title in movies],
        "updated": None,
        "created": created,
    }


def pick(rows: list[Row], *columns: str) -> set[tuple]:
    """Return the columns of the rows."""
    return {tuple(row[column] for column in columns) for row in rows}


def answer(result: dict, question: str, month: str = "2021-12") -> float | None:
    """Return one answer."""
    (value,) = [
        row["value"] for row in result["viewing.answers"] if (row["month"], row["question"]) == (month, question)
    ]
    return value


def test_market_share() -> None:
    """Three of four counted plays are A's; a play of an unknown track counts in the total."""
    known = [
        dump("locations", D1, ("se1", "se")),
        dump("tracks", D1, ("A1", "A"), ("A2", "A"), ("B1", "B")),
    ]
    plays = [("se1", "A1", "60000"), ("SE1 ", "a2", "60001"), ("se1", "A2", "60000")]
    plays += [("se1", "B1", "60000"), ("se1", "B1", "59999")]
    result = tables([*known, dump("plays", D2, *plays)])
    assert pick(
        result["royalties.market_share"], "month", "country", "licensor", "plays", "country_plays", "share"
    ) == {
        ("2021-12", "SE", "A", 3, 4, 0.75),
        ("2021-12", "SE", "B", 1, 4, 0.25),
    }
    result = tables([*known, dump("plays", D2, *plays, ("se1", "nowhere", "60000"))])
    assert pick(result["royalties.market_share"], "licensor", "share") == {("A", 0.6), ("B", 0.2), (None, 0.2)}
    assert pick(result["royalties.market_share_daily"], "play_date", "country", "licensor", "plays") == {
        (D2, "SE", "A", 3), (D2, "SE", "B", 1), (D2, "SE", None, 1),
    }  # fmt: skip
    assert [row["is_counted"] for row in result["royalties.plays"]] == [True, True, True, True, False, True]
    result = tables([*known, dump("plays", D2, ("?", "A1", "60000"), ("", "", "1"))])
    assert pick(result["royalties.market_share"], "country", "licensor", "share") == {(None, "A", 1.0)}


def test_plays_take_the_version_of_their_day() -> None:
    """Before the first dump the first version counts, after a deletion the last one begun by then."""
    days = [date(2021, 11, 30), D1, D2, D3, D4, D5]
    dumps = [
        dump("tracks", D1, ("T", "first"), ("U", "u")),
        dump("tracks", D2, ("T", "second"), ("U", "u")),
        dump("tracks", D3, ("U", "u")),
        dump("tracks", D5, ("T", "back"), ("U", "u")),
    ]
    result = tables([*dumps, *(dump("plays", day, ("", "t", "60000")) for day in days)], mass_delete_limit=1.0)
    licensors = {row["play_date"]: row["licensor"] for row in result["royalties.plays"]}
    assert [licensors[day] for day in days] == ["first", "first", "second", "second", "second", "back"]


def test_history_with_a_gap() -> None:
    """A key is added, changed, deleted, and comes back with what it was."""
    dumps = [
        dump("users", D1, ("Ann", "Ek", "ann@x.se")),
        dump("users", D2, ("Anna", "Ek", "ann@x.se")),
        dump("users", D3),
        dump("users", D5, ("Anna", "Ek", "ann@x.se")),
        dump("users", date(2021, 12, 6), ("Anna", "Ek", "ann@x.se")),
    ]
    expected = {
        ("ann@x.se", "Ann", 1, D1, D2, "added", "changed", False),
        ("ann@x.se", "Anna", 2, D2, D3, "changed", "deleted", False),
        ("ann@x.se", "Anna", 3, D5, None, "restored", None, True),
    }
    columns = ("user_key", "first_name", "version", "valid_from", "valid_to", "change", "ended_by", "is_current")
    for arrived in (dumps, dumps[::-1], [dumps[3], *dumps]):
        result = tables(arrived, mass_delete_limit=1.0)
        assert pick(result["viewing.users_history"], *columns) == expected
        assert len(result["viewing.users_history"]) == 3
        assert result["viewing.users"] == [
            {"user_key": "ann@x.se", "email": "ann@x.se", "first_name": "Anna", "last_name": "Ek", "is_deleted": False}
        ]
    result = tables(dumps[:3], mass_delete_limit=1.0)
    assert pick(result["viewing.users"], "first_name", "is_deleted") == {("Anna", True)}


def test_correction_replaces_a_delivery() -> None:
    """The content that arrived last counts, and takes the earlier one's refused rows along."""
    wrong = dump("users", D1, ("Ann", "", "ann@x.se"), ("No", "Key", " "))
    right = dump("users", D1, ("Anna", None, "ANN@x.se"))
    assert tables([wrong])["quarantine.rows"] == [("users", D1, 2, "missing key")]
    result = tables([wrong, right])
    assert result["quarantine.rows"] == []
    assert pick(result["viewing.users_history"], "user_key", "email", "first_name", "last_name", "version") == {
        ("ann@x.se", "ANN@x.se", "Anna", None, 1)
    }


def test_mass_deletion_is_held() -> None:
    """More than the limit holds a dump back; its successor is compared with the last accepted dump."""
    five = [(f"T{i}", "A") for i in range(5)]
    dumps = [dump("tracks", D1, *five), dump("tracks", D2, *five[:3]), dump("tracks", D3, *five[:4])]
    result = tables(dumps)
    assert result["held"] == [("tracks", D2)]
    assert pick(result["royalties.tracks_history"], "track_key", "valid_to") == {
        ("t0", None), ("t1", None), ("t2", None), ("t3", None), ("t4", D3),
    }  # fmt: skip
    result = tables(dumps, approvals={("tracks", D2)})
    assert result["held"] == []
    assert [row["valid_to"] for row in result["royalties.tracks_history"] if row["track_key"] == "t3"] == [D2, None]
    assert tables(dumps[1:])["held"] == []  # a feed's first dump has no predecessor
    assert tables([dumps[1], dumps[2], dumps[0]])["held"] == [("tracks", D2)]
    # The predecessor is the last accepted dump: neither the first one nor a held one.
    ten = [*five, *((f"X{i}", "A") for i in range(5))]
    assert tables([dump("tracks", D1, *five), dump("tracks", D2, *ten), dump("tracks", D3, *five)])["held"] == [
        ("tracks", D3)
    ]
    assert tables([*dumps[:2], dump("tracks", D3, *five[:3])])["held"] == [("tracks", D2), ("tracks", D3)]
    assert tables([*dumps[:2], dump("tracks", D2, *five)])["held"] == []  # corrected


def test_duplicates_in_a_dump() -> None:
    """The last record of a key wins; earlier ones with other content are quarantined."""
    rows = [("Rush", "1", "", "5"), ("rush ", "2", "", "5"), ("Rush", "1.5", "", "5"), ("Rush", "1", None, "5.0")]
    result = tables([dump("movies", D1, *rows)])
    assert set(result["quarantine.rows"]) == {
        ("movies", D1, 2, "conflicting_duplicate"),
        ("movies", D1, 3, "unreadable type"),
    }
    assert pick(result["viewing.movies"], "movie_key", "title", "duration_mins", "original_language", "size_mb") == {
        ("rush", "Rush", 1, None, 5)
    }


def test_refused_rows() -> None:
    """Each kind of bad row is refused for its reason, the good ones load."""
    good = ("2021-12-02T10:00:00+0100", "2021-12-02T09:00:00Z")  # the same instant: it may end when it starts
    streams = [
        stream("M", "u", *good),
        stream("M", "", *good),
        stream("M", "u", good[0], "2021-12-02T09:59:59.999+0100"),
        stream("M", "u", "2021-12-02T10:00:00", good[1]),
        stream("M", "u", good[0], ""),
        stream("M", "u", "", good[1], "-1"),
        stream("M", "u", *good, size=""),
    ]
    plays = [("l", "t", "-1"), ("l", "t", ""), ("l", "t", "6e4"), ("l", "t", "5")]
    books = (book("A", -1), book("B", "unknown"), book(" "), book("C", None, None))
    reviews = (
        review([], [], rate=6),
        review([], [], rate=3.5),
        review([], [], created=None),
        review([], [], rate=None),
    )
    authors = ({"metadata": {"name": "X", "birth_date": "1956-02-30T00:00:00"}, "nationalities": None},)
    vendor = [Delivery("books", D1, books), Delivery("reviews", D1, reviews), Delivery("authors", D1, authors)]
    result = tables([dump("streams", D3, *streams), dump("plays", D3, *plays), *vendor])
    assert sorted(result["quarantine.rows"]) == sorted([
        ("streams", D3, 2, "missing key"),
        ("streams", D3, 3, "impossible"),
        ("streams", D3, 4, "unreadable type"),
        ("streams", D3, 5, "unreadable type"),
        ("streams", D3, 6, "missing key"),
        ("streams", D3, 6, "impossible"),
        ("streams", D3, 7, "unreadable type"),
        ("plays", D3, 1, "impossible"),
        ("plays", D3, 2, "unreadable type"),
        ("plays", D3, 3, "unreadable type"),
        ("books", D1, 1, "impossible"),
        ("books", D1, 2, "unreadable type"),
        ("books", D1, 3, "missing key"),
        ("reviews", D1, 1, "impossible"),
        ("reviews", D1, 2, "unreadable type"),
        ("reviews", D1, 3, "missing key"),
        ("authors", D1, 1, "unreadable type"),
    ])  # fmt: skip
    assert pick(result["viewing.streams"], "movie_key", "duration_s", "watched_fraction") == {("m", 0.0, None)}
    assert [row["played_ms"] for row in result["royalties.plays"]] == [5]
    assert pick(result["vendor.books"], "book_key", "pages", "author_key") == {("c", None, None)}
    assert pick(result["vendor.reviews"], "rating", "text") == {(None, "Good.")}


def test_stream_of_the_latest_delivery_counts() -> None:
    """One natural key, whatever its writing and offset, is one stream, on the local day of its start."""
    first = stream("Rush", "ann@x.se", "2021-12-31T23:30:00Z", "2021-12-31T23:45:00Z", "1")
    again = stream("RUSH ", "Ann@x.se", "2022-01-01T00:30:00+0100", "2022-01-01T01:30:00+0100", "2")
    late, early = dump("streams", D5, again), dump("streams", D1, first)
    movies = [dump("movies", D1, ("Rush", "120", "French", "1"))]
    for arrived in ([late, early], [early, late]):
        (row,) = tables([*arrived, *movies])["viewing.streams"]
        assert row == {
            "stream_date": date(2022, 1, 1), "user_email": "Ann@x.se", "user_key": "ann@x.se", "movie_title": "RUSH ",
            "movie_key": "rush", "start_at": datetime(2021, 12, 31, 23, 30, tzinfo=UTC),
            "end_at": datetime(2022, 1, 1, 0, 30, tzinfo=UTC), "duration_s": 3600.0, "size_mb": 2,
            "movie_duration_mins": 120, "watched_fraction": 0.5, "delivered_on": D5,
        }  # fmt: skip
    (row,) = tables([dump("streams", D1, again, first)])["viewing.streams"]  # the last record of one delivery
    assert (row["size_mb"], row["movie_duration_mins"], row["watched_fraction"]) == (1, None, None)
    (row,) = tables([dump("streams", D1, again)], timezone="UTC")["viewing.streams"]
    assert row["stream_date"] == date(2021, 12, 31)


def test_duration_over_daylight_saving() -> None:
    """The night that has an hour twice: durations are of instants, not of clocks."""
    rows = [stream("M", "u", "2021-10-31T02:30:00+0200", "2021-10-31T02:30:00+0100")]
    (row,) = tables([dump("streams", D1, *rows)])["viewing.streams"]
    assert (row["duration_s"], row["stream_date"]) == (3600.0, date(2021, 10, 31))


@pytest.mark.parametrize(
    ("start", "end", "users"),
    [
        ("2021-12-25T06:00:00+0100", "2021-12-25T07:00:00+0100", 0),
        ("2021-12-25T06:00:00+0100", "2021-12-25T07:00:00.001+0100", 1),
        ("2021-12-25T11:59:59.999+0100", "2021-12-25T13:00:00+0100", 1),
        ("2021-12-25T12:00:00+0100", "2021-12-25T13:00:00+0100", 0),
        ("2021-12-25T10:00:00Z", "2021-12-25T10:00:00Z", 1),
        ("2021-12-24T00:00:00+0100", "2021-12-26T00:00:00+0100", 1),
        ("2020-12-25T08:00:00+0100", "2020-12-25T09:00:00+0100", 1),
        ("2021-11-25T08:00:00+0100", "2021-11-25T09:00:00+0100", None),
    ],
)
def test_outage_window(start: str, end: str, users: int | None) -> None:
    """The window takes what starts before its end and ends after its start."""
    rows = [stream("unforgiven", "u", start, end), stream("UNFORGIVEN", " U", start, end), stream("M", "v", start, end)]
    assert answer(tables([dump("streams", D1, *rows)]), "outage_users", start[:7]) == users


@pytest.mark.parametrize(
    ("start", "end", "users"),
    [
        ("2021-12-26T09:00:00+0100", "2021-12-26T10:00:00+0100", 1),  # exactly half of 120 minutes
        ("2021-12-26T09:00:00+0100", "2021-12-26T09:59:59.999+0100", 0),
        ("2021-12-24T23:00:00+0100", "2021-12-25T01:00:00+0100", 1),
        ("2021-12-24T22:00:00+0100", "2021-12-25T00:59:59.999+0100", 0),
        ("2021-12-31T23:00:00+0100", "2022-01-01T09:00:00+0100", 1),
        ("2021-12-31T23:00:00.001+0100", "2022-01-01T09:00:00+0100", 0),
        ("2021-12-20T10:00:00+0100", "2021-12-20T12:00:00+0100", 0),
        ("2021-10-25T00:00:00+0200", "2021-10-25T01:00:00+0200", 1),  # seven local days, one of them of 25 hours
        ("2021-10-24T23:00:00+0200", "2021-10-25T00:59:59.999+0200", 0),
    ],
)
def test_half_watchers(start: str, end: str, users: int) -> None:
    """Half of the film, within the month's last seven local days."""
    movies = dump("movies", D1, ("Rush", "120", "French", "1"), ("Zero", "0", "", "1"))
    rows = [stream("rush", "u", start, end), stream("Zero", "v", start, end), stream("Unknown", "w", start, end)]
    assert answer(tables([movies, dump("streams", D1, *rows)]), "half_watchers", start[:7]) == users


def test_answers_about_books() -> None:
    """Every film of a review is tied to every book of it; what was deleted counts in its last version."""
    authors = (
        {"metadata": {"name": "Ann Lee"}, "nationalities": [{"slug": None}, {"slug": "singaporeans"}]},
        {"metadata": {"name": "Bo Ek"}, "nationalities": [{"slug": "swedes"}, {"slug": ""}]},
    )
    reviews = (
        review(["DUNE", None], ["RUSH", "end"], "2021-12-03T00:30:00+0100"),
        review(["Dune"], ["Rush", "Heat"], "2021-12-02T23:59:59Z"),
        review(["Emma"], ["Heat"], "2021-12-01T00:00:00+0100"),
        review(["It"], ["End"], "2021-12-01T00:00:00+0100"),
    )
    deliveries = [
        Delivery("authors", D1, authors),
        Delivery("authors", D2, ()),
        Delivery("books", D1, (book("Dune", author="ann lee "), book("Emma", author="Bo Ek"))),
        Delivery("reviews", D1, reviews),
        dump(
            "streams", D5,
            stream("Rush", "u", "2021-12-01T10:00:00+0100", "2021-12-01T10:00:10+0100", "1000"),
            stream("Rush", "v", "2021-12-01T10:00:00+0100", "2021-12-01T10:00:20+0100", "4000"),
            stream("Heat", "u", "2021-12-02T10:00:00+0100", "2021-12-02T10:00:30+0100", "2000"),
            stream("Solo", "u", "2021-12-03T10:00:00+0100", "2021-12-03T10:01:00+0100", "1500"),
            stream("end", "u", "2022-01-03T10:00:00+0100", "2022-01-03T10:01:00+0100", "1500"),
        ),
    ]  # fmt: skip
    result = tables(deliveries, mass_delete_limit=1.0)
    assert pick(result["viewing.movie_books"], "movie_key", "book_key", "reviews", "first_review_on") == {
        ("rush", "dune", 2, D3),
        ("heat", "dune", 1, D3),
        ("heat", "emma", 1, D1),
    }
    assert pick(result["vendor.authors"], "author_key", "is_deleted") == {("ann lee", True), ("bo ek", True)}
    assert [row["nationalities"] for row in result["vendor.authors"]] == [["singaporeans"], ["swedes"]]
    assert answer(result, "books_share") == pytest.approx(200 / 3)
    assert answer(result, "singaporean_movies") == 2
    assert answer(result, "average_duration") == 30
    assert answer(result, "median_size") == 1.75
    assert answer(result, "books_share", "2022-01") == 0
    assert answer(result, "median_size", "2022-01") == 1.5
    assert len(result["viewing.answers"]) == 12


def test_cohort_weeks() -> None:
    """Weeks begin on Monday, local time; every week until the last one with a stream has its row."""
    rows = [
        stream("M", "ann", "2021-12-05T22:59:59Z", "2021-12-06T00:00:00Z"),  # Sunday in Stockholm: week of 29 Nov
        stream("M", "bo", "2021-12-05T23:00:00Z", "2021-12-06T00:00:00Z"),  # Monday 6 Dec
        stream("M", "BO", "2021-12-08T10:00:00Z", "2021-12-08T11:00:00Z"),
        stream("M", "cy", "2021-12-12T10:00:00Z", "2021-12-12T11:00:00Z"),
        stream("M", "ann", "2021-12-20T10:00:00Z", "2021-12-20T11:00:00Z"),
        stream("M", "cy", "2021-12-26T10:00:00Z", "2021-12-26T11:00:00Z"),
    ]
    result = tables([dump("streams", D5, *rows)])["engagement.cohort_retention"]
    november, december = date(2021, 11, 29), date(2021, 12, 6)
    assert pick(result, "product", "cohort", "period", "cohort_size", "active_users", "retention") == {
        ("viewing", november, 0, 1, 1, 1.0),
        ("viewing", november, 1, 1, 0, 0.0),
        ("viewing", november, 2, 1, 0, 0.0),
        ("viewing", november, 3, 1, 1, 1.0),
        ("viewing", december, 0, 2, 2, 1.0),
        ("viewing", december, 1, 2, 0, 0.0),
        ("viewing", december, 2, 2, 1, 0.5),
    }


def unordered(result: dict[str, list]) -> dict[str, list[str]]:
    """Return tables without the order of their rows."""
    return {
        table: sorted(
            repr(sorted((name, sorted(v, key=repr) if isinstance(v, frozenset) else v) for name, v in row.items()))
            if isinstance(row, dict) and "review_key" not in row
            else repr(sorted((name, v) for name, v in row.items() if name != "review_key"))
            if isinstance(row, dict)
            else repr(row)
            for row in rows
        )
        for table, rows in result.items()
    }


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(pair=strategies.arrivals(strategies.drops()), limit=strategies.limits())
def test_order_does_not_matter(pair: tuple[list[Delivery], list[Delivery]], limit: float) -> None:
    """Every permitted order of arrival gives the same tables, and they hold together."""
    result = tables(pair[0], mass_delete_limit=limit)
    assert unordered(tables(pair[1], mass_delete_limit=limit)) == unordered(result)
    countries = {(row["month"], row["country"]) for row in result["royalties.market_share"]}
    for group in countries:
        rows = [row for row in result["royalties.market_share"] if (row["month"], row["country"]) == group]
        assert sum(row["share"] for row in rows) == pytest.approx(1)
    for table, rows in result.items():
        if table.endswith("_history"):
            assert sum(row["is_current"] for row in rows) + sum(
                row["is_deleted"] for row in result[table.removesuffix("_history")]
            ) == len(result[table.removesuffix("_history")])


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data(), feed=st.sampled_from(sorted(strategies.SOURCES)))
def test_written_files_read_back(data: st.DataObject, feed: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A written delivery reads back as it was, nothing and empty text being one in CSV."""
    root: Path = tmp_path_factory.mktemp("drops")
    for delivery in data.draw(strategies.deliveries_of(feed)):
        path = strategies.write(delivery, root)
        assert path.parent == root / strategies.SOURCES[feed] / delivery.delivered_on.isoformat()
        with path.open(encoding="utf-8", newline="") as file:
            read = list(csv.DictReader(file)) if path.suffix == ".csv" else json.load(file)
        again = Delivery(feed, delivery.delivered_on, tuple(read))
        assert unordered(tables([again])) == unordered(tables([delivery]))
