"""The playlist tables in plain Python, from the records that were delivered; no data frames."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from songify_assets.foundation.keys import key_text

Record = dict[str, Any]
Item = dict[str, Any]
ZONE = ZoneInfo("Europe/Stockholm")


def counting(files: Iterable[tuple[date, Sequence[Record]]]) -> list[Item]:
    """The records that count of files in order of arrival: the last file of a date; of one item and moment the latest delivered."""
    newest = dict(files)
    items: dict[tuple[str, str, datetime], Item] = {}
    for delivered_on in sorted(newest):
        for number, record in enumerate(newest[delivered_on]):
            at = datetime.fromisoformat(record["timestp"]).replace(tzinfo=UTC)
            place = (at, delivered_on, number)
            key = (record["playlist_id"], record["video_id"], at)
            items[key] = {**record, "place": place, "day": at.astimezone(ZONE).date()}
    return list(items.values())


def last(items: Iterable[Item], *by: str) -> dict[tuple[Any, ...], Item]:
    """The last item of each entity."""
    return {tuple(item[name] for name in by): item for item in sorted(items, key=lambda item: item["place"])}


def log(*by: str, told: Sequence[str]) -> Callable[[list[Item]], list[tuple[Any, ...]]]:
    return lambda items: [
        (*key, *(item[name] for name in told), "day") for key, item in last(items, *by, "day").items()
    ]


def known(key: str, told: Sequence[str]) -> Callable[[list[Item]], list[tuple[Any, ...]]]:
    def rows(items: list[Item]) -> list[tuple[Any, ...]]:
        days: dict[Any, list[date]] = {}
        for item in items:
            days.setdefault(item[key], []).append(item["day"])
        newest = last(items, key)
        return [
            (one, *(newest[one,][name] for name in told), min(seen), max(seen))
            for one, seen in days.items()
            if one is not None
        ]

    return rows


def artists(items: list[Item]) -> list[tuple[Any, ...]]:
    newest = sorted(last(items, "video_id").values(), key=lambda item: (item["place"], item["video_id"]))
    names: dict[str, str] = {}
    videos: dict[str, int] = {}
    for item in newest:
        key = key_text(item["artist_name"] or "")
        if key:
            names[key], videos[key] = item["artist_name"], videos.get(key, 0) + 1
    return [(key, name, videos[key]) for key, name in names.items()]


def movers(items: list[Item]) -> list[tuple[Any, ...]]:
    places: dict[tuple[str, date], dict[str, int]] = {}
    for (playlist, video, day), item in last(items, "playlist_id", "video_id", "day").items():
        places.setdefault((playlist, day), {})[video] = item["position"]
    rows = []
    for (playlist, day), now in places.items():
        earlier = [other for one, other in places if one == playlist and other < day]
        if not earlier:
            continue
        before = places[playlist, max(earlier)]
        for video in {**now, **before}:
            new, old = now.get(video), before.get(video)
            move = (
                "entered" if old is None else "left" if new is None
                else "rose" if new < old else "fell" if new > old else "stayed"
            )  # fmt: skip
            rows.append((playlist, day, video, move, new, old, max(earlier)))
    return rows


TABLES = {
    "playlist_metadata_log": log("playlist_id", told=["playlist_name", "channel_id", "artwork_url", "num_videos"]),
    "playlist_views_log": log("playlist_id", told=["views"]),
    "playlist_positions_log": log("playlist_id", "video_id", told=["position"]),
    "video_metadata_log": log("video_id", told=["title", "track_title", "artist_name", "image_url"]),
    "playlists": known("playlist_id", ["playlist_name", "channel_id"]),
    "channels": known("channel_id", []),
    "videos": known("video_id", ["title", "track_title", "artist_name", "image_url"]),
    "artists": artists,
    "movers": movers,
}
