"""Random drops of the music app and of the film service: as records, and as the files that a sender writes of them."""

import csv
import io
import json
import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

Record = dict[str, Any]
ZONE = ZoneInfo("Europe/Stockholm")
# Weeks in which the clocks are put back, or forward.
FIRSTS = (date(2021, 10, 18), date(2022, 3, 14))
DAYS = 66
PAGES = ("Home", "Settings", "Help", "Upgrade", "Submit Upgrade", "Downgrade", "Submit Downgrade")
SOURCES = {"app_events": "listening", "song_files": "listening", "streams": "viewing"}
STREAM_HEADER = ("movie_title", "user_email", "size_mb", "start_at", "end_at")


@dataclass(frozen=True)
class Drop:
    """A file of a feed for a day; `slot` tells the files of one feed and day apart."""

    feed: str
    delivered_on: date
    slot: str
    records: tuple[Record, ...]

    @property
    def path(self) -> str:
        """Where it lies below the source's folder."""
        names = {
            "app_events": f"{self.slot}-events.json",
            "song_files": f"song_data/{self.slot}/TR{self.slot}.json",
            "streams": "streams.csv",
        }
        return f"{self.delivered_on}/{names[self.feed]}"

    def write(self, drops: Path) -> Path:
        """Writes the file as the sender does; returns its source's folder."""
        file = drops / SOURCES[self.feed] / self.path
        file.parent.mkdir(parents=True, exist_ok=True)
        if self.feed == "app_events":
            file.write_text("\n".join(json.dumps(record) for record in self.records) or "\n")
        elif self.feed == "song_files":
            file.write_text(json.dumps(self.records[0], indent=2))
        else:
            text = io.StringIO()
            writer = csv.DictWriter(text, STREAM_HEADER, lineterminator="\n")
            writer.writeheader()
            writer.writerows(self.records)
            file.write_text(text.getvalue())
        return file


def drawn(chance: random.Random) -> list[Drop]:
    """Some drops in random order of arrival, corrections among them."""
    first = chance.choice(FIRSTS)
    drops = [_drop(chance, first) for _ in range(chance.randint(4, 14))]
    return drops + [_again(chance, chance.choice(drops)) for _ in range(chance.randint(0, 3))]


def _drop(chance: random.Random, first: date) -> Drop:
    feed = chance.choice(["app_events"] * 4 + ["streams"] * 3 + ["song_files"])
    day = first + timedelta(days=chance.choice([chance.randrange(DAYS), chance.randrange(16)]))
    slot = "-" if feed == "streams" else chance.choice("ab")
    return Drop(feed, day, slot, _records(chance, feed, day))


def _again(chance: random.Random, drop: Drop) -> Drop:
    return Drop(drop.feed, drop.delivered_on, drop.slot, _records(chance, drop.feed, drop.delivered_on))


def _records(chance: random.Random, feed: str, day: date) -> tuple[Record, ...]:
    if feed == "song_files":
        return (_song(chance),)
    return tuple(RECORDS[feed](chance, day) for _ in range(chance.randint(1 if feed == "app_events" else 0, 9)))


def _moment(chance: random.Random, day: date) -> datetime:
    """A moment of the day, or of one before: often within hours of others, or near midnight."""
    start = datetime(day.year, day.month, day.day, tzinfo=ZONE) - timedelta(days=chance.choice([0, 0, 0, 1, 2, 8, 25]))
    clock = timedelta(hours=chance.choice([0, 2, 17, 18, 23]), minutes=chance.choice([0, 10, 30, 59]))
    return (start + clock).astimezone(UTC)


def _event(chance: random.Random, day: date) -> Record:
    playing = chance.random() < 0.5
    user = chance.choice(["7", "8", "9", ""])
    song = {
        "song": chance.choice(["Ten Tonne", " ten tonne", "Uno"]),
        "artist": chance.choice(["Chase", "CHASE ", "Dos", None]),
    }
    return {
        "userId": user, "sessionId": chance.choice([1, 2]), "itemInSession": chance.randrange(3),
        "ts": int(_moment(chance, day).timestamp() * 1000) + chance.choice([0, 0, 1]),
        "page": "NextSong" if playing else chance.choice(PAGES), "method": "PUT", "status": 200, "auth": "Logged In",
        "level": chance.choice(["free", "paid", "paid", None]), "firstName": chance.choice(["Ann", "Ann", "Anna"]), "lastName": "B",
        "gender": "F", "location": "Here", "userAgent": "x", "registration": 1541022995796.0,
        "length": chance.choice([200.5, 201.25, 230.0]) if playing else None, **(song if playing else {"song": None, "artist": None}),
    }  # fmt: skip


def _song(chance: random.Random) -> Record:
    artist = chance.choice(["AR1", "AR2", "AR3"])
    return {
        "num_songs": 1, "song_id": chance.choice(["SO1", "SO2", "SO3", "SO4"]), "title": chance.choice(["Ten Tonne", "Uno"]),
        "artist_id": artist, "artist_name": chance.choice(["Chase", "Dos", "dos"]), "artist_location": chance.choice(["", "Oslo"]),
        "artist_latitude": None, "artist_longitude": 1.5, "duration": chance.choice([200.0, 230.5]), "year": chance.choice([0, 1999]),
    }  # fmt: skip


def _stream(chance: random.Random, day: date) -> Record:
    start = _moment(chance, day)
    end = start + chance.choice(
        [timedelta(0), timedelta(minutes=20), timedelta(hours=2), timedelta(hours=23), timedelta(hours=31)]
    )
    return {
        "movie_title": chance.choice(["Dune", "Up"]), "user_email": chance.choice(["a@x.se", " A@x.se", "b@x.se"]),
        "size_mb": 1.5, "start_at": start.isoformat(timespec="milliseconds"), "end_at": end.isoformat(timespec="milliseconds"),
    }  # fmt: skip


RECORDS = {"app_events": _event, "streams": _stream}
