"""Hypothesis strategies that make deliveries, and the writer that turns a delivery into the file of the contract."""

import csv
import json
import unicodedata
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from songify_assets_tests.properties.reference import Delivery

FIRST_DAY = date(2021, 12, 24)
SOURCES = {
    "users": "viewing", "movies": "viewing", "streams": "viewing",
    "authors": "vendor", "books": "vendor", "reviews": "vendor",
    "plays": "royalties", "locations": "royalties", "tracks": "royalties",
}  # fmt: skip
CSV_HEADERS = {
    "users": ("first_name", "last_name", "email"),
    "movies": ("title", "duration_mins", "original_language", "size_mb"),
    "streams": ("movie_title", "user_email", "size_mb", "start_at", "end_at"),
    "plays": ("location_id", "track_id", "played_ms"),
    "locations": ("id", "country"),
    "tracks": ("id", "licensor"),
}
FULL_DUMPS = ("users", "movies", "authors", "books", "reviews", "locations", "tracks")

MOVIES = ("Unforgiven", "Rush", "WALL·E", "Amélie", "Straße", "M", "End Game")
USERS = ("ann@x.se", "bo@x.se", "cy@x.se", "di@x.se", "ed@x.se", "flo@x.se")
AUTHORS = ("Ann Lee", "Bo Ek", "Čapek", "Dario Fo", "Eve Ng", "Finn Ö")
BOOKS = ("Dune", "Émile", "Ulysses", "It", "Emma", "Ham Let")
LOCATIONS = ("L1", "L2", "L3", "L4", "L5", "L6")
TRACKS = ("T1", "T2", "T3", "T4", "T5", "T6")


def variants(text: str) -> st.SearchStrategy[str]:
    """Return writings of a text that are one key: mostly as it is, else in other case, space or Unicode form."""
    wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)
    forms = [text.upper(), text.lower(), f" {text}", f"{text}  ", wide, unicodedata.normalize("NFD", text)]
    return st.sampled_from([text] * 6 + forms)


def names(alphabet: Sequence[str]) -> st.SearchStrategy[str]:
    """Return some writing of some key of the alphabet."""
    return st.sampled_from(alphabet).flatmap(variants)


def _mostly(good: st.SearchStrategy[Any], *bad: Any) -> st.SearchStrategy[Any]:
    """Return mostly good values."""
    return st.integers(0, 19).flatmap(lambda dice: st.sampled_from(bad) if dice == 13 else good)


def _iso(moment: datetime, hours: int, zulu: bool = False) -> str:
    """Return a moment as ISO text with milliseconds, at the given offset."""
    text = moment.astimezone(timezone(timedelta(hours=hours))).isoformat(timespec="milliseconds")
    return text[:-6] + "Z" if zulu and hours == 0 else text[:-6] + text[-6:].replace(":", "")


_OFFSETS = st.sampled_from([1, 1, 0, 2, -5])
_REVIEW_MOMENTS = [datetime.fromisoformat(text) for text in (
    "2021-12-02T06:11:35.525+01:00", "2021-12-23T23:30:00+00:00", "2021-12-31T23:59:59.999+01:00",
)]  # fmt: skip


@st.composite
def _author(draw: st.DrawFn, key: str) -> dict:
    """Return a record of authors."""
    slugs = draw(st.lists(st.sampled_from(["singaporeans", "singaporeans", "swedes", None, ""]), max_size=3))
    return {
        "metadata": {
            "name": draw(variants(key)),
            "birth_date": draw(_mostly(st.sampled_from(["1956-05-07T00:00:00.000+0000", None]), "no date", "")),
            "died_at": draw(st.sampled_from([None, "2042-08-07T00:00:00.000+0000"])),
        },
        "nationalities": [{"id": None, "label": (slug or "").title(), "slug": slug} for slug in slugs],
    }


@st.composite
def _book(draw: st.DrawFn, key: str) -> dict:
    """Return a record of books."""
    return {
        "name": draw(variants(key)),
        "pages": draw(_mostly(st.sampled_from([300, 301]), None, -1, "unknown")),
        "author": draw(_mostly(names(AUTHORS[:3]), None, "", "Nobody")),
        "publisher": draw(st.sampled_from(["Pan", "Pan", "Left Book Club"])),
    }


@st.composite
def _review(draw: st.DrawFn, key: tuple[datetime, str, tuple[str, ...]]) -> dict:
    """Return a record of reviews."""
    created, book, movies = key
    titles = [draw(variants(movie)) for movie in draw(st.permutations(movies))]
    titles.insert(draw(st.integers(0, len(titles))), draw(st.sampled_from(["end", "end", "end", None, ""])))
    books = [draw(variants(book)), *draw(st.sampled_from([(), (), (None,), ("",)]))]
    return {
        "content": {"text": draw(st.sampled_from(["Good.", "Good.", "Bad.", None]))},
        "rating": {"rate": draw(_mostly(st.sampled_from([1, 5]), None, 0, 6, "x")), "label": "ANY"},
        "books": [{"id": None, "metadata": {"title": title, "pages": "unknown"}} for title in books],
        "movies": [{"id": 0, "title": title} for title in titles],
        "updated": draw(st.sampled_from([None, "2021-12-17T11:49:40.461+0100", "2021-12-17T10:49:40.461+0000"])),
        "created": draw(_mostly(_OFFSETS.map(lambda hours: _iso(created, hours)), None, "", "2021-12-02T06:11:35")),
    }


@st.composite
def _user(draw: st.DrawFn, key: str) -> dict:
    """Return a record of users."""
    first_name = draw(st.sampled_from(["Ann", "Ann", "Bo, Jr.", 'The "X"', ""]))
    return {"first_name": first_name, "last_name": draw(st.sampled_from(["Ek", None])), "email": draw(variants(key))}


@st.composite
def _movie(draw: st.DrawFn, key: str) -> dict:
    """Return a record of movies."""
    return {
        "title": draw(variants(key)),
        "duration_mins": draw(_mostly(st.sampled_from(["60", "120", "120"]), "", "0", "-1", "long")),
        "original_language": draw(st.sampled_from(["French", "French", None])),
        "size_mb": draw(_mostly(st.sampled_from(["876", "876.5"]), "-0.5", "big", "")),
    }


@st.composite
def _location(draw: st.DrawFn, key: str) -> dict:
    """Return a record of locations."""
    return {"id": draw(variants(key)), "country": draw(st.sampled_from(["SE", "SE", "se", "GB", "XX", "", None]))}


@st.composite
def _track(draw: st.DrawFn, key: str) -> dict:
    """Return a record of tracks."""
    return {"id": draw(variants(key)), "licensor": draw(st.sampled_from(["Universe", "Universe", "Werner", ""]))}


_RECORDS: dict[str, tuple[Sequence[Any], Callable[[Any], st.SearchStrategy[dict]]]] = {
    "authors": (AUTHORS, _author),
    "books": (BOOKS, _book),
    "reviews": ([(moment, BOOKS[i], MOVIES[i : i + 2]) for i in (0, 1) for moment in _REVIEW_MOMENTS], _review),
    "users": (USERS, _user),
    "movies": (MOVIES, _movie),
    "locations": (LOCATIONS, _location),
    "tracks": (TRACKS, _track),
}
_KEYLESS = {
    "authors": {"metadata": {"name": None}, "nationalities": []},
    "books": {"name": " "},
    "reviews": {"content": {"text": "?"}, "rating": {"rate": 3}, "books": [], "movies": [], "created": None},
    "users": {"first_name": "No", "last_name": "Key", "email": ""},
    "movies": {"title": "", "duration_mins": "60", "original_language": "French", "size_mb": "1"},
    "locations": {"id": None, "country": "SE"},
    "tracks": {"id": "  ", "licensor": "Werner"},
}


@st.composite
def dump_sequences(draw: st.DrawFn, feed: str, max_dumps: int = 5) -> list[Delivery]:
    """Return dumps of a feed in arrival order: by date, with changes, deletions, returns, duplicates, corrections.

    Dumps differ little from one to the next, so that a limit on deletions lets some of them through.
    """
    alphabet, record = _RECORDS[feed]
    size = draw(st.sampled_from([0, 2, 5, len(alphabet), len(alphabet)]))
    state = {index: draw(record(alphabet[index])) for index in range(size)}
    days = sorted(draw(st.lists(st.integers(0, 8), min_size=1, max_size=max_dumps)))
    deliveries = []
    for day in days:
        for index in draw(st.lists(st.integers(0, len(alphabet) - 1), max_size=3, unique=True)):
            if index in state and draw(st.booleans()):
                del state[index]
            else:
                state[index] = draw(record(alphabet[index]))
        records = list(state.values())
        if draw(st.integers(0, 5)) == 5:
            records = []
        for _ in range(draw(st.sampled_from([0, 0, 1, 2])) if records else 0):
            index = draw(st.sampled_from(sorted(state)))
            extra = draw(st.one_of(st.just(state[index]), record(alphabet[index]), st.just(_KEYLESS[feed])))
            records.insert(draw(st.integers(0, len(records))), extra)
        deliveries.append(Delivery(feed, FIRST_DAY + timedelta(days=day), tuple(records)))
    return deliveries


# Midnights, daylight saving borders, the outage, the month's last seven days, the turn of the year; all Stockholm.
STREAM_MOMENTS = [datetime.fromisoformat(text) for text in (
    "2021-12-24T00:00:00+01:00", "2021-12-25T00:00:00+01:00", "2021-12-25T07:00:00+01:00", "2021-12-25T12:00:00+01:00",
    "2021-12-27T00:00:00+01:00", "2021-12-31T23:00:00+01:00", "2022-01-01T00:00:00+01:00", "2022-01-01T01:00:00+01:00",
    "2021-03-28T02:00:00+01:00", "2021-10-31T00:00:00+02:00", "2021-10-31T02:30:00+02:00", "2021-10-31T02:30:00+01:00",
    "2021-11-01T00:00:00+01:00", "2021-10-25T00:00:00+02:00", "2020-02-29T23:59:59.999+01:00",
)]  # fmt: skip
OUTAGE_MOMENTS = STREAM_MOMENTS[1:4]
_SECONDS = st.sampled_from([0.0, 0.001, 1.0, 1800.0, 1799.999, 3600.0, 7200.0, 30000.0, 90000.0])
_AROUND = st.sampled_from([0.0, 0.0, -0.001, 0.001, -1800.0, -3600.0, -7200.0])


@st.composite
def _stream_keys(draw: st.DrawFn) -> tuple[str, str, datetime]:
    """Return a film, a user and a start near a border."""
    if draw(st.integers(0, 3)) == 3:  # the film of the outage, about the outage
        movie, moments = "Unforgiven", OUTAGE_MOMENTS
    else:
        movie, moments = draw(st.sampled_from(MOVIES[:4])), STREAM_MOMENTS
    moment = draw(st.sampled_from(moments)) + timedelta(seconds=draw(_AROUND))
    return movie, draw(st.sampled_from(USERS[:4])), moment


@st.composite
def _stream(draw: st.DrawFn, key: tuple[str, str, datetime]) -> dict:
    """Return a record of streams with the given natural key."""
    movie, user, start = key
    end = start + timedelta(seconds=draw(_mostly(_SECONDS, -1.0, -0.001)))
    offset = draw(_OFFSETS)
    return {
        "movie_title": draw(_mostly(variants(movie), "", None)),
        "user_email": draw(_mostly(variants(user), "")),
        "size_mb": draw(_mostly(st.sampled_from(["613.4245936603365", "1000", "0"]), "-1", "", "many")),
        "start_at": draw(_mostly(st.just(_iso(start, offset, zulu=draw(st.booleans()))), "", "2021-12-25T07:00:00")),
        "end_at": draw(_mostly(st.just(_iso(end, draw(_OFFSETS))), None, "soon")),
    }


@st.composite
def stream_deliveries(draw: st.DrawFn, max_deliveries: int = 4) -> list[Delivery]:
    """Return deliveries of streams in arrival order, with late, repeated and corrected events."""
    pool = draw(st.lists(_stream_keys(), min_size=1, max_size=6))
    days = [FIRST_DAY + timedelta(days=days) for days in (-60, 0, 1, 2, 7, 8, 9, 120)]
    deliveries = []
    for day in sorted(draw(st.lists(st.sampled_from(days), min_size=1, max_size=max_deliveries))):
        keys = draw(st.lists(st.sampled_from(pool), max_size=6))
        deliveries.append(Delivery("streams", day, tuple(draw(_stream(key)) for key in keys)))
    return deliveries


@st.composite
def _play(draw: st.DrawFn) -> dict:
    """Return a record of plays."""
    return {
        "location_id": draw(_mostly(names(LOCATIONS[:3]), "", None, "unknown")),
        "track_id": draw(_mostly(names(TRACKS[:3]), "", None, "unknown")),
        "played_ms": draw(_mostly(st.sampled_from(["60000", "60000", "103557", "59999", "0"]), "-1", "", "long")),
    }


@st.composite
def play_deliveries(draw: st.DrawFn, max_deliveries: int = 4) -> list[Delivery]:
    """Return deliveries of plays in arrival order, before, between and after the dumps, with equal rows."""
    deliveries = []
    for day in sorted(draw(st.lists(st.integers(-2, 11), min_size=1, max_size=max_deliveries))):
        records = draw(st.lists(_play(), max_size=6))
        records += draw(st.lists(st.sampled_from(records), max_size=2)) if records else []
        deliveries.append(Delivery("plays", FIRST_DAY + timedelta(days=day), tuple(records)))
    return deliveries


def deliveries_of(feed: str) -> st.SearchStrategy[list[Delivery]]:
    """Return the strategy of a feed's deliveries, whatever its kind."""
    return {"streams": stream_deliveries, "plays": play_deliveries}.get(feed, lambda: dump_sequences(feed))()


@st.composite
def drops(draw: st.DrawFn, feeds: Sequence[str] = tuple(SOURCES)) -> list[Delivery]:
    """Return deliveries of several feeds together, each feed by date."""
    return [delivery for feed in feeds for delivery in draw(deliveries_of(feed))]


def limits() -> st.SearchStrategy[float]:
    """Return limits of mass deletion."""
    return st.sampled_from([0.20, 0.20, 0.0, 0.5, 1.0])


def reorder(draw: st.DrawFn, deliveries: Sequence[Delivery]) -> list[Delivery]:
    """Return the deliveries in another order that means the same, with repeats of what is current.

    Different contents of one feed and date keep their order, because the later one counts.
    """
    order = draw(st.permutations(range(len(deliveries))))
    waiting: dict[tuple[str, date], list[Delivery]] = {}
    for delivery in deliveries:
        waiting.setdefault((delivery.feed, delivery.delivered_on), []).append(delivery)
    result = []
    for index in order:
        result.append(waiting[deliveries[index].feed, deliveries[index].delivered_on].pop(0))
    for _ in range(draw(st.integers(0, 2)) if result else 0):
        place = draw(st.integers(1, len(result)))
        current = {(delivery.feed, delivery.delivered_on): delivery for delivery in result[:place]}
        result.insert(place, current[draw(st.sampled_from(sorted(current)))])
    return result


@st.composite
def arrivals(draw: st.DrawFn, sequences: st.SearchStrategy[list[Delivery]]) -> tuple[list[Delivery], list[Delivery]]:
    """Return deliveries as drawn, and the same ones as they may also arrive."""
    deliveries = draw(sequences)
    return deliveries, reorder(draw, deliveries)


def write(delivery: Delivery, root: Path) -> Path:
    """Write a delivery as the contract's file, over an earlier one of that date, and return its path."""
    suffix = "csv" if delivery.feed in CSV_HEADERS else "json"
    folder = Path(root) / SOURCES[delivery.feed] / delivery.delivered_on.isoformat()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{delivery.feed}.{suffix}"
    with path.open("w", encoding="utf-8", newline="") as file:
        if suffix == "json":
            json.dump(delivery.records, file, ensure_ascii=False)
        else:
            header = CSV_HEADERS[delivery.feed]
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(header)
            writer.writerows([record.get(name) for name in header] for record in delivery.records)
    return path
