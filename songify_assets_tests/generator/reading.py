"""Reading generated drops with Python's own modules, to test them."""

import csv
import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

FIRST = date(2021, 12, 24)
HEADERS = {
    "users.csv": "first_name,last_name,email",
    "movies.csv": "title,duration_mins,original_language,size_mb",
    "streams.csv": "movie_title,user_email,size_mb,start_at,end_at",
    "plays.csv": "location_id,track_id,played_ms",
    "locations.csv": "id,country",
    "tracks.csv": "id,licensor",
    "cm_track.csv": "cm_track,track,isrc,cm_artist,artist",
}


def records(path: Path) -> list[dict[str, Any]]:
    """A file's records, read by Python's own modules."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".csv":
        assert text.endswith("\n")
        return list(csv.DictReader(text.splitlines(), strict=True))
    if path.name.endswith("-events.json"):
        return [json.loads(line) for line in text.split("\n")]
    found: list[dict[str, Any]] = json.loads(text)
    return found


def feed(files: list[Path], name: str) -> list[list[dict[str, Any]]]:
    """A feed's deliveries, by day."""
    return [records(path) for path in files if path.name.endswith(name)]


def contents(files: list[Path], root: Path) -> dict[str, tuple[bytes, float]]:
    return {path.relative_to(root).as_posix(): (path.read_bytes(), path.stat().st_mtime) for path in files}


def moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%f%z")
