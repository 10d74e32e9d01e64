"""Which events count, in plain Python: of the drops as they last were, of each key the latest delivered."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from songify_assets_tests.datasets.engagement.drops import ZONE, Drop

Row = dict[str, Any]


@dataclass
class Events:
    """The counting events of both products, and the days that were delivered."""

    log: list[Row]
    songs: list[Row]
    streams: list[Row]
    delivered: dict[str, set[date]]


def local_day(moment: datetime) -> date:
    return moment.astimezone(ZONE).date()


def counting(drops: Sequence[Drop]) -> Events:
    """The events of drops in their order of arrival."""
    files = {(drop.feed, drop.delivered_on, drop.slot): drop for drop in drops}
    ordered = sorted(files.values(), key=lambda drop: (drop.delivered_on, drop.path))
    log, streams, songs = dict[Any, Row](), dict[Any, Row](), dict[Any, Row]()
    delivered: dict[str, set[date]] = {"listening": set(), "viewing": set()}
    for drop in ordered:
        if drop.feed == "song_files":
            songs |= {record["song_id"]: {**record, "delivered_on": drop.delivered_on} for record in drop.records}
            continue
        read, kept, product = (_event, log, "listening") if drop.feed == "app_events" else (_stream, streams, "viewing")
        rows = [read(record) for record in drop.records]
        delivered[product] |= {drop.delivered_on, *(row["day"] for row in rows)}
        kept |= {row["key"]: row for row in rows}
    return Events(list(log.values()), list(songs.values()), list(streams.values()), delivered)


def _event(record: Row) -> Row:
    at = datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=record["ts"])
    user = record["userId"] or None
    key = (user, record["sessionId"], record["itemInSession"], at)
    return {**record, "user": user, "at": at, "day": local_day(at), "key": key, "end": at}


def _stream(record: Row) -> Row:
    at, end = (datetime.fromisoformat(record[name]) for name in ("start_at", "end_at"))
    user, film = record["user_email"].strip().lower(), record["movie_title"].strip().lower()
    return {**record, "user": user, "at": at, "end": end, "day": local_day(at), "key": (user, film, at)}


def percentile(values: Iterable[float], share: float) -> float | None:
    """By linear interpolation."""
    ordered = sorted(values)
    if not ordered:
        return None
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)
