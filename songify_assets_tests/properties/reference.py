"""A plain, slow reference of the contract: what every table must hold, given the deliveries.

Written from the contract alone and with the standard library only. Nothing here is clever, so that it can be checked by
reading; the product must agree with it, whatever the order, the repetition or the mess of the deliveries.
"""

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

UNREADABLE, MISSING, IMPOSSIBLE, CONFLICTING = "unreadable type", "missing key", "impossible", "conflicting_duplicate"
HISTORY_COLUMNS = ("version", "valid_from", "valid_to", "change", "ended_by", "is_current")
Row = dict[str, Any]


@dataclass(frozen=True)
class Delivery:
    """One file of a feed as parsed records: CSV fields as text or None, vendor records as nested JSON values."""

    feed: str
    delivered_on: date
    records: tuple[dict, ...]


class Refused(Exception):
    """A field that cannot be accepted; the argument is the reason class."""


# --- reading one value ---


def normalise(text: str | None) -> str | None:
    """Return the text as keys compare it: trimmed, NFKC, case folded, NFKC; None for nothing."""
    if text is None:
        return None
    folded = unicodedata.normalize("NFKC", text.strip()).casefold()
    return unicodedata.normalize("NFKC", folded) or None


def read_text(value: Any) -> str | None:
    """Return text as delivered, None for nothing."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise Refused(UNREADABLE)
    return value if value.strip() else None


def read_number(value: Any) -> float | int | None:
    """Return a number that is not negative, None for nothing."""
    if isinstance(value, str):
        value = value.strip()
        if value == "":
            return None
        if re.fullmatch(r"[+-]?[0-9]+", value):
            value = int(value)
        elif re.fullmatch(r"[+-]?([0-9]+\.[0-9]*|\.?[0-9]+)([eE][+-]?[0-9]+)?", value):
            value = float(value)
        else:
            raise Refused(UNREADABLE)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value or abs(value) == float("inf"):
        raise Refused(UNREADABLE)
    if value < 0:
        raise Refused(IMPOSSIBLE)
    return value


def read_whole(value: Any) -> int | None:
    """Return a whole number that is not negative, None for nothing."""
    if isinstance(value, str) and value.strip() and not re.fullmatch(r"[+-]?[0-9]+", value.strip()):
        raise Refused(UNREADABLE)
    if isinstance(value, float) and not value.is_integer():
        raise Refused(UNREADABLE)
    number = read_number(value)
    return None if number is None else int(number)


def read_rating(value: Any) -> int | None:
    """Return a whole number from 1 to 5, None for nothing."""
    rate = read_whole(value)
    if rate is not None and not 1 <= rate <= 5:
        raise Refused(IMPOSSIBLE)
    return rate


def read_day(value: Any) -> date | None:
    """Return the date as written at the start of an ISO text, None for nothing."""
    text = read_text(value)
    if text is None:
        return None
    written = text.strip()[:10]
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", written):
        raise Refused(UNREADABLE)
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise Refused(UNREADABLE) from None


def read_moment(value: Any) -> datetime | None:
    """Return the instant, in UTC, that an ISO text with an offset names; None for nothing."""
    text = read_text(value)
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise Refused(UNREADABLE) from None
    if moment.tzinfo is None:
        raise Refused(UNREADABLE)
    return moment.astimezone(UTC)


def required(read: Callable[[Any], Any], reason: str) -> Callable[[Any], Any]:
    """Return a reader that refuses nothing-at-all for the reason."""

    def reader(value: Any) -> Any:
        result = read(value)
        if result is None:
            raise Refused(reason)
        return result

    return reader


def read_key_text(value: Any) -> str:
    """Return a text that is a key, or part of one."""
    text = read_text(value)
    if normalise(text) is None:
        raise Refused(MISSING)
    assert text is not None
    return text


def read_country(value: Any) -> str | None:
    """Return a country code, upper-cased."""
    text = read_text(value)
    return None if text is None else text.strip().upper()


def members(value: Any) -> list:
    """Return a JSON list, an empty one for null."""
    if value is None:
        return []
    if not isinstance(value, list | tuple):
        raise Refused(UNREADABLE)
    return list(value)


def member(value: Any, *path: str) -> Any:
    """Return what lies at the path in nested JSON objects, None where it is missing or null."""
    for name in path:
        if value is None:
            return None
        if not isinstance(value, dict):
            raise Refused(UNREADABLE)
        value = value.get(name)
    return value


def read_slugs(value: Any) -> list[str]:
    """Return the slugs of nationalities, without fillers."""
    slugs = [read_text(member(nationality, "slug")) for nationality in members(value)]
    return [slug for slug in slugs if slug is not None]


def read_titles(value: Any, *path: str, filler: str | None = None) -> list[str]:
    """Return the titles of a review's films or books, without fillers."""
    titles = [read_text(item if isinstance(item, str) else member(item, *path)) for item in members(value)]
    return [title for title in titles if title is not None and normalise(title) not in (None, filler)]


# --- reading one record ---

Field = tuple[str, Callable[[dict], Any]]


def field(name: str, read: Callable[[Any], Any], *path: str) -> Field:
    """Return a column's name with the function that reads it from a record."""
    return name, lambda record: read(member(record, *(path or (name,))))


must_be_moment, must_be_number = required(read_moment, UNREADABLE), required(read_number, UNREADABLE)
FIELDS: dict[str, list[Field]] = {
    "authors": [
        field("name", read_key_text, "metadata", "name"),
        field("birth_date", read_day, "metadata", "birth_date"),
        field("died_at", read_day, "metadata", "died_at"),
        field("nationalities", read_slugs),
    ],
    "books": [
        field("name", read_key_text),
        field("pages", read_whole),
        field("author", read_text),
        field("publisher", read_text),
    ],
    "reviews": [
        field("text", read_text, "content", "text"),
        field("rating", read_rating, "rating", "rate"),
        field("book_titles", lambda value: read_titles(value, "metadata", "title"), "books"),
        field("movie_titles", lambda value: read_titles(value, "title", filler="end"), "movies"),
        field("created_at", required(read_moment, MISSING), "created"),
        field("updated_at", read_moment, "updated"),
    ],
    "users": [field("email", read_key_text), field("first_name", read_text), field("last_name", read_text)],
    "movies": [
        field("title", read_key_text),
        field("duration_mins", read_whole),
        field("original_language", read_text),
        field("size_mb", read_number),
    ],
    "locations": [field("id", read_key_text), field("country", read_country)],
    "tracks": [field("id", read_key_text), field("licensor", read_text)],
    "streams": [
        field("movie_title", read_key_text),
        field("user_email", read_key_text),
        field("size_mb", must_be_number),
        field("start_at", required(read_moment, MISSING)),
        field("end_at", must_be_moment),
    ],
    "plays": [
        field("location_id", read_text),
        field("track_id", read_text),
        field("played_ms", required(read_whole, UNREADABLE)),
    ],
}
# A full dump's table, and the name of its key.
ENTITIES = {
    "authors": ("vendor.authors", "author_key"),
    "books": ("vendor.books", "book_key"),
    "reviews": ("vendor.reviews", "review_key"),
    "users": ("viewing.users", "user_key"),
    "movies": ("viewing.movies", "movie_key"),
    "locations": ("royalties.locations", "location_key"),
    "tracks": ("royalties.tracks", "track_key"),
}


def key_set(titles: Iterable[str]) -> frozenset[str | None]:
    """Return the set of normalised titles."""
    return frozenset(normalise(title) for title in titles)


def read_record(feed: str, record: dict) -> tuple[Row, set[str]]:
    """Return the row of a record, and the reasons why it is refused (none: it is good)."""
    row: Row = {}
    reasons = set()
    for name, read in FIELDS[feed]:
        try:
            row[name] = read(record)
        except Refused as refused:
            reasons.add(str(refused))
    if feed == "streams" and "start_at" in row and "end_at" in row and row["end_at"] < row["start_at"]:
        reasons.add(IMPOSSIBLE)
    if reasons:
        return {}, reasons
    if feed == "streams":
        row = {**row, "user_key": normalise(row["user_email"]), "movie_key": normalise(row["movie_title"])}
    elif feed == "reviews":
        row = {"review_key": (row["created_at"], key_set(row["book_titles"]), key_set(row["movie_titles"])), **row}
    elif feed in ENTITIES:
        row = {ENTITIES[feed][1]: normalise(row[FIELDS[feed][0][0]]), **row}
        if feed == "books":
            row["author_key"] = normalise(row["author"])
    return row, set()


# --- history ---


def history_of(dumps: list[tuple[date, dict[Any, Row]]]) -> list[Row]:
    """Return every version that the dumps, given by date as rows by key, ever had."""
    rows: list[Row] = []
    current: dict[Any, Row] = {}  # the open version of a key
    entity: dict[Any, Row] = {}  # the delivered columns of the open version
    versions: dict[Any, int] = {}
    for day, dump in dumps:
        for key in list(current):
            if key not in dump or dump[key] != entity[key]:
                current[key]["valid_to"] = day
                current[key]["ended_by"] = "changed" if key in dump else "deleted"
                current[key]["is_current"] = False
                if key not in dump:
                    del current[key], entity[key]
        for key, row in dump.items():
            if key in current and entity[key] == row:
                continue
            change = "changed" if key in current else "restored" if key in versions else "added"
            versions[key] = versions.get(key, 0) + 1
            version = {"version": versions[key], "valid_from": day, "valid_to": None, "change": change}
            current[key] = {**row, **version, "ended_by": None, "is_current": True}
            entity[key] = row
            rows.append(current[key])
    return rows


def versions_by_key(history: list[Row], key_name: str) -> dict[Any, list[Row]]:
    """Return the versions of each key, first to last."""
    result: dict[Any, list[Row]] = {}
    for row in sorted(history, key=lambda row: row["version"]):
        result.setdefault(row[key_name], []).append(row)
    return result


def as_of(versions: dict[Any, list[Row]], key: Any, day: date, column: str) -> Any:
    """Return a column as of a day: of the last version begun by then, else of the first version, else None."""
    known = versions.get(key)
    if known is None:
        return None
    begun = [row for row in known if row["valid_from"] <= day]
    return (begun[-1] if begun else known[0])[column]


# --- all tables ---


def tables(
    deliveries: Sequence[Delivery],
    *,
    timezone: str = "Europe/Stockholm",
    mass_delete_limit: float = 0.20,
    approvals: Collection[tuple[str, date]] = (),
) -> dict[str, list]:
    """Return the contract's tables, in no particular order, for deliveries given in the order they arrived."""
    zone = ZoneInfo(timezone)
    result: dict[str, list] = {"quarantine.rows": [], "held": []}

    # The last content of a delivery replaces earlier ones.
    received = {(delivery.feed, delivery.delivered_on): delivery for delivery in deliveries}
    good: dict[str, list[tuple[date, list[Row]]]] = {feed: [] for feed in FIELDS}
    for (feed, day), delivery in sorted(received.items(), key=lambda item: item[0]):
        rows: list[tuple[int, Row]] = []
        for number, record in enumerate(delivery.records, start=1):
            row, reasons = read_record(feed, record)
            result["quarantine.rows"] += [(feed, day, number, reason) for reason in sorted(reasons)]
            if not reasons:
                rows.append((number, row))
        if feed in ENTITIES:
            last = {row[ENTITIES[feed][1]]: row for _, row in rows}
            for number, row in rows:
                if row != last[row[ENTITIES[feed][1]]]:
                    result["quarantine.rows"].append((feed, day, number, CONFLICTING))
            good[feed].append((day, list(last.values())))
        else:
            good[feed].append((day, [row for _, row in rows]))

    versions: dict[str, dict[Any, list[Row]]] = {}
    for feed, (table, key_name) in ENTITIES.items():
        accepted: list[tuple[date, dict[Any, Row]]] = []
        for day, dump_rows in good[feed]:
            dump = {row[key_name]: row for row in dump_rows}
            if accepted and (feed, day) not in approvals:
                before = accepted[-1][1]
                if len(before.keys() - dump.keys()) > Fraction(str(mass_delete_limit)) * len(before):
                    result["held"].append((feed, day))
                    continue
            accepted.append((day, dump))
        history = history_of(accepted)
        versions[feed] = versions_by_key(history, key_name)
        result[f"{table}_history"] = history
        result[table] = [
            {name: value for name, value in known[-1].items() if name not in HISTORY_COLUMNS}
            | {"is_deleted": not known[-1]["is_current"]}
            for known in versions[feed].values()
        ]

    streams = result["viewing.streams"] = streams_of(good["streams"], versions["movies"], zone)
    movie_books = result["viewing.movie_books"] = movie_books_of(result["vendor.reviews"], zone)
    result["viewing.answers"] = answers_of(streams, movie_books, result["vendor.books"], result["vendor.authors"], zone)
    plays = result["royalties.plays"] = plays_of(good["plays"], versions["locations"], versions["tracks"])
    result["royalties.market_share_daily"] = [
        {"play_date": day, "country": country, "licensor": licensor, "plays": count}
        for (day, country, licensor), count in count_plays(plays, lambda day: day).items()
    ]
    monthly = count_plays(plays, month_of)
    result["royalties.market_share"] = []
    for (month, country, licensor), count in monthly.items():
        total = sum(n for (other_month, other, _), n in monthly.items() if (other_month, other) == (month, country))
        row = {"month": month, "country": country, "licensor": licensor, "plays": count, "country_plays": total}
        result["royalties.market_share"].append({**row, "share": count / total})
    delivered = [day for day, _ in good["streams"]] + [row["stream_date"] for row in streams]
    newest = max(delivered, default=date.min)
    result["engagement.cohort_retention"] = cohorts_of(streams, newest)
    return result


def month_of(day: date) -> str:
    """Return the month of a day, such as 2021-12."""
    return f"{day.year:04}-{day.month:02}"


def local_instant(zone: ZoneInfo, day: date, hour: int = 0) -> datetime:
    """Return a local wall-clock hour as an instant in UTC (two datetimes of one zone would compare by the wall)."""
    return datetime.combine(day, time(hour), zone).astimezone(UTC)


def streams_of(good: list[tuple[date, list[Row]]], movies: dict[Any, list[Row]], zone: ZoneInfo) -> list[Row]:
    """Return one row a stream; the last record of the latest delivery date counts."""
    by_key: dict[tuple, Row] = {}
    for day, rows in good:  # by delivery date
        for row in rows:
            by_key[row["user_key"], row["movie_key"], row["start_at"]] = {**row, "delivered_on": day}
    streams = []
    for row in by_key.values():
        stream_date = row["start_at"].astimezone(zone).date()
        duration_s = (row["end_at"] - row["start_at"]).total_seconds()
        mins = as_of(movies, row["movie_key"], stream_date, "duration_mins")
        fraction = duration_s / (60 * mins) if mins else None
        added = {"stream_date": stream_date, "duration_s": duration_s, "movie_duration_mins": mins}
        streams.append({**row, **added, "watched_fraction": fraction})
    return streams


def movie_books_of(reviews: list[Row], zone: ZoneInfo) -> list[Row]:
    """Return each film with each book that a review ties it to."""
    created: dict[tuple[str, str], list[datetime]] = {}
    for review in reviews:
        created_at, books, movies = review["review_key"]
        for movie in movies:
            for book in books:
                created.setdefault((movie, book), []).append(created_at)
    return [
        {
            "movie_key": movie,
            "book_key": book,
            "reviews": len(moments),
            "first_review_on": min(moments).astimezone(zone).date(),
        }
        for (movie, book), moments in created.items()
    ]


def answers_of(
    streams: list[Row], movie_books: list[Row], books: list[Row], authors: list[Row], zone: ZoneInfo
) -> list[Row]:
    """Return the six answers of every month that has a stream."""
    with_book = {row["movie_key"] for row in movie_books}
    singaporeans = {row["author_key"] for row in authors if "singaporeans" in row["nationalities"]}
    their_books = {row["book_key"] for row in books if row["author_key"] in singaporeans}
    singaporean_movies = {row["movie_key"] for row in movie_books if row["book_key"] in their_books}
    answers = []
    for month in sorted({month_of(row["stream_date"]) for row in streams}):
        ours = [row for row in streams if month_of(row["stream_date"]) == month]
        year, number = int(month[:4]), int(month[5:])
        films = {row["movie_key"] for row in ours}

        outage_users = None
        if number == 12:
            begin, end = local_instant(zone, date(year, 12, 25), 7), local_instant(zone, date(year, 12, 25), 12)
            unforgiven = [row for row in ours if row["movie_key"] == "unforgiven"]
            outage_users = len(
                {row["user_key"] for row in unforgiven if row["start_at"] < end and row["end_at"] > begin}
            )

        next_month = date(year + number // 12, number % 12 + 1, 1)
        begin, end = local_instant(zone, next_month - timedelta(days=7)), local_instant(zone, next_month)
        half_watchers = set()
        for row in ours:
            inside = max(min(row["end_at"], end) - max(row["start_at"], begin), timedelta(0))
            if row["movie_duration_mins"] and 2 * inside >= timedelta(minutes=row["movie_duration_mins"]):
                half_watchers.add(row["user_key"])

        sizes = sorted(row["size_mb"] for row in ours)
        middle = len(sizes) // 2
        median = sizes[middle] if len(sizes) % 2 else (sizes[middle - 1] + sizes[middle]) / 2
        values = {
            "books_share": 100 * len(films & with_book) / len(films),
            "outage_users": outage_users,
            "singaporean_movies": len(films & singaporean_movies),
            "average_duration": sum(row["duration_s"] for row in ours) / len(ours),
            "median_size": median / 1000,
            "half_watchers": len(half_watchers),
        }
        for question, value in values.items():
            answers.append({"month": month, "question": question, "value": None if value is None else float(value)})
    return answers


def plays_of(good: list[tuple[date, list[Row]]], locations: dict, tracks: dict) -> list[Row]:
    """Return one row a play, on its delivery date."""
    return [
        {
            "play_date": day,
            **row,
            "country": as_of(locations, normalise(row["location_id"]), day, "country"),
            "licensor": as_of(tracks, normalise(row["track_id"]), day, "licensor"),
            "is_counted": row["played_ms"] >= 60_000,
        }
        for day, rows in good
        for row in rows
    ]


def count_plays(plays: list[Row], period: Callable[[date], Any]) -> dict[tuple, int]:
    """Return the number of counted plays by period, country and licensor."""
    counts: dict[tuple, int] = {}
    for play in plays:
        if play["is_counted"]:
            group = (period(play["play_date"]), play["country"], play["licensor"])
            counts[group] = counts.get(group, 0) + 1
    return counts


def cohorts_of(streams: list[Row], newest: date) -> list[Row]:
    """Return each weekly cohort of users with its activity in every week until that of the newest delivered day."""
    weeks: dict[str, set[date]] = {}
    for row in streams:
        day = row["stream_date"]
        weeks.setdefault(row["user_key"], set()).add(day - timedelta(days=day.weekday()))
    rows = []
    for cohort in sorted({min(active) for active in weeks.values()}):
        users = [active for active in weeks.values() if min(active) == cohort]
        for period in range((newest - cohort).days // 7 + 1):
            active_users = sum(cohort + timedelta(weeks=period) in active for active in users)
            row = {"product": "viewing", "cohort": cohort, "period": period, "cohort_size": len(users)}
            rows.append({**row, "active_users": active_users, "retention": active_users / len(users)})
    return rows
