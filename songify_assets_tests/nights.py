"""Nights of small drops from all sources, told from their date alone, as the product meets them one after the other."""

import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from songify_assets_tests.home import Home, csv, plays

ZONE = ZoneInfo("Europe/Stockholm")


def nights(first: date, number: int) -> Iterator[date]:
    """The delivery dates of so many nights."""
    return (first + timedelta(days=night) for night in range(number))


def counted(day: date) -> int:
    """How many plays a night delivers."""
    return day.day % 7 + 1


def deliver(home: Home, day: date) -> None:
    """Puts a night's drop of every source there, as written at one in the night."""
    files = {("royalties", name): content for name, content in royalties(day).items()}
    files |= {("viewing", name): content for name, content in viewing(day).items()}
    files |= {("vendor", name): content for name, content in vendor(day).items()}
    files |= {("listening", name): content for name, content in listening(day).items()}
    files |= {("playlists", name): content for name, content in playlists(day).items()}
    home.clock = datetime(day.year, day.month, day.day, 1, tzinfo=ZONE).timestamp()
    for (source, name), content in files.items():
        home.deliver(source, str(day), name, content)


def royalties(day: date) -> dict[str, str]:
    """Plays of a track that another licensor has from each fifth of a month on."""
    licensor = "Ann & Co" if day.day < 5 else "Ben"
    return {
        "plays.csv": plays(*["se,a,60000"] * counted(day), "dk,a,61000", "se,a,59999"),
        "locations.csv": csv("id,country", "se,SE", "dk,DK"),
        "tracks.csv": csv("id,licensor", f"a,{licensor}"),
    }


def viewing(day: date) -> dict[str, str]:
    """Streams of the day before, one that is two days late, and one over the hour at which clocks are changed."""
    starts = [_at(day, -1, 20), _at(day, -3, 21), _at(day, 0, 0) + timedelta(hours=2)]
    streams = [f"Alien,u{at.day}@x.se,900,{at.isoformat()},{(at + timedelta(minutes=90)).isoformat()}" for at in starts]
    people = [f"Ann,Lee,u{number}@x.se" for number in range(1, 32)]
    return {
        "users.csv": csv("first_name,last_name,email", *people),
        "movies.csv": csv("title,duration_mins,original_language,size_mb", "Alien,117,en,1500"),
        "streams.csv": csv("movie_title,user_email,size_mb,start_at,end_at", *streams),
    }


def vendor(day: date) -> dict[str, str]:
    """Dumps of an author, her book, and a review that ties it to the film."""
    title = "Alien"
    author = {"metadata": {"name": "Ann", "birth_date": "1950-02-03", "died_at": None}, "nationalities": []}
    book = {"name": title, "pages": 100 + day.day // 10, "author": "Ann", "publisher": "Pan"}
    instants = {"created": "2020-01-01T10:00:00Z", "updated": "2020-01-02T10:00:00Z"}
    of = {"books": [{"metadata": {"title": title}}], "movies": [{"title": "Alien"}]}
    review = {"content": {"text": "fine"}, "rating": {"rate": 4, "label": "good"}, **of, **instants}
    return {
        "authors.json": json.dumps([author]),
        "books.json": json.dumps([book]),
        "reviews.json": json.dumps([review]),
    }


def listening(day: date) -> dict[str, str]:
    """Songs of the day before and of the night, a late one, an upgrade on its way over midnight, and a file of a song."""
    events = [
        (_at(day, -1, 20), "NextSong"), (_at(day, -1, 23), "Upgrade"), (_at(day, 0, 0) + timedelta(minutes=30), "NextSong"),
        (_at(day, -5, 21), "NextSong"), (_at(day, 0, 0) + timedelta(minutes=40), "Submit Upgrade"),
    ]  # fmt: skip
    log = [
        {"userId": str(at.day % 5), "sessionId": day.toordinal(), "itemInSession": place, "page": page, "level": "free",
         "ts": int(at.timestamp() * 1000), "song": "Uno" if page == "NextSong" else None, "artist": "Dos", "length": 200.0}
        for place, (at, page) in enumerate(events)
    ]  # fmt: skip
    song = {"song_id": "SO1", "title": "Uno", "artist_id": "AR1", "artist_name": "Dos", "duration": 200.0, "year": 0}
    return {
        f"{day}-events.json": "\n".join(map(json.dumps, log)),
        "song_data/A/B/TR1.json": json.dumps(song, indent=1),
    }


def playlists(day: date) -> dict[str, str]:
    """A playlist of the night of which one video rises and another comes and goes, one seen again too late, and the catalogue."""
    hits = {"playlist_id": "P", "playlist_name": "Hits", "artwork_url": "", "channel_id": "C", "num_videos": 3}
    videos = [f"{day.day % 3}-new", "v1", "v2"] if day.day % 2 else ["v2", "v1"]
    seen = [(day, video, place) for place, video in enumerate(videos)] + [(day - timedelta(days=4), "v1", 5)]
    items = [
        {**hits, "views": at.toordinal(), "timestp": f"{at}T12:00:0{place}.5", "video_id": video, "title": f"Dos - {video}",
         "artist_name": None, "image_url": "", "track_title": None, "position": place}
        for at, video, place in seen
    ]  # fmt: skip
    spelt = "seaaa-22-00002" if day.day % 2 else "SEAAA2200002"
    recordings = ["cm_track,track,isrc,cm_artist,artist", "1,v1,SEAAA2200001,1,Dos", f"2,V2,{spelt},1,dos"]
    return {"youtube_playlist.json": json.dumps(items), "cm_track.csv": "\n".join([*recordings, ""])}


def _at(day: date, days: int, hour: int) -> datetime:
    """An instant some days later, told with its offset; hours after midnight are counted in UTC, where none is missing."""
    then = day + timedelta(days=days)
    midnight = datetime(then.year, then.month, then.day, tzinfo=ZONE)
    return (midnight.astimezone(ZoneInfo("UTC")) + timedelta(hours=hour)).astimezone(ZONE)
