"""The music app's event log: sessions of eight events, most of them songs; and the files of the songs that are played most."""

import json

import numpy as np
import polars as pl

from songify_assets.generator import words
from songify_assets.generator.chance import Index, Mask, pick, popular, population, uniform, version
from songify_assets.generator.feeds import Drop, Feed
from songify_assets.generator.plan import Plan, Span, arrivals, local_day
from songify_assets.generator.playlists import song_artists, song_titles
from songify_assets.generator.texts import choose, joined, quoted

EVENTS, LISTENERS, SONGS = 250, 100, 400
KNOWN_SONGS = 72  # of which there is a file on the first day
_SESSION = 8  # events
_PACE = 220_000  # milliseconds between two events
_DAY = 86_400_000

_NAMES = (
    "artist", "auth", "firstName", "gender", "itemInSession", "lastName", "length", "level", "location", "method",
    "page", "registration", "sessionId", "song", "status", "ts", "userAgent", "userId",
)  # fmt: skip
EVENTS_FEED = Feed(
    "events", "lines", "{" + ",".join(f"{json.dumps(name)}:${name}" for name in _NAMES) + "}", full_dump=False,
    key="sessionId", text="location", number="ts", impossible=((-1 - pl.col("itemInSession")).alias("itemInSession"),),
)  # fmt: skip


_SONG_NAMES = (
    "num_songs", "artist_id", "artist_latitude", "artist_longitude", "artist_location", "artist_name", "song_id", "title",
    "duration", "year",
)  # fmt: skip
SONGS_FEED = Feed(
    "songs", "lines", "{" + ", ".join(f"{json.dumps(name)}: ${name}" for name in _SONG_NAMES) + "}", full_dump=False,
    has_key=False, key="song_id", text="title", number="duration", impossible=((-1 - pl.col("year")).alias("year"),),
)  # fmt: skip
_PAGES = (
    "NextSong", "Home", "Settings", "Help", "Login", "Logout", "Upgrade", "Submit Upgrade", "Downgrade", "Submit Downgrade",
)  # fmt: skip
_OFTEN = np.array([1, 2, 3, 6, 8])  # pages between songs
_LOGIN, _LOGOUT, _UPGRADE, _DOWNGRADE = (_PAGES.index(page) for page in ("Login", "Logout", "Upgrade", "Downgrade"))
_SUBMITS = (_UPGRADE + 1, _DOWNGRADE + 1)


def drops(plan: Plan, day: int) -> list[Drop]:
    """What the app delivers for a day."""
    file = f"{plan.date(day)}-events.json"
    songs = range(KNOWN_SONGS if day == 0 else 0)
    return [
        Drop(EVENTS_FEED, file, day, arrivals(plan, plan.linear(EVENTS), day), _events),
        *(Drop(SONGS_FEED, _song_file(song), day, [Span(day, song, song + 1)], _songs) for song in songs),
    ]


def _song_file(song: int) -> str:
    return f"song_data/{chr(65 + song % 26)}/{chr(65 + song // 26 % 26)}/TR{song:06}.json"


def _songs(plan: Plan, day: int, song: Index) -> pl.DataFrame:
    nothing = np.full(len(song), False)
    return pl.DataFrame(
        {
            "num_songs": pl.Series(np.ones(len(song), dtype=np.int64)),
            "artist_id": joined('"AR', pl.Series(song * 5 % len(words.ARTISTS)), '"'),
            "artist_latitude": pl.Series(pick(plan.seed, "latitude", song, 9_000_000) / 100_000),
            "artist_longitude": pl.Series(pick(plan.seed, "longitude", song, 18_000_000) / 100_000),
            "artist_location": quoted(choose(("", *words.TOWNS), song), missing=nothing),
            "artist_name": quoted(song_artists(song), missing=nothing),
            "song_id": joined('"SO', pl.Series(song), '"'),
            "title": quoted(song_titles(song), missing=nothing),
            "duration": _lengths(plan, song),
            "year": pl.Series(np.where(song % 3 == 0, 0, 1970 + song % 50)),
        }
    )


def _lengths(plan: Plan, song: Index) -> pl.Series:
    return pl.Series(100 + pick(plan.seed, "song length", song, 25_000_000) / 100_000)


def _events(plan: Plan, day: int, index: Index) -> pl.DataFrame:
    session, item = np.divmod(index, _SESSION)
    user = uniform(plan.seed, "listener", session, day) ** 2 * population(plan.linear(LISTENERS), day)
    guest = uniform(plan.seed, "guest", session, day) < 0.03
    song, page, rank = _activity(plan, day, index, item, guest)
    return pl.DataFrame(
        {
            **_song(plan, song, rank),
            **_person(plan, day, user.astype(np.int64), guest),
            "itemInSession": item,
            "method": choose(('"GET"', '"PUT"'), (song | np.isin(page, (_LOGOUT, *_SUBMITS))).astype(np.int64)),
            "page": choose(tuple(map(json.dumps, _PAGES)), page),
            "sessionId": session + 1 + day * (plan.linear(EVENTS) // _SESSION + 1),
            "status": np.where(np.isin(page, (_LOGIN, _LOGOUT, *_SUBMITS)), 307, 200),
            "ts": _times(plan, day, session, item),
        }
    )


def _activity(plan: Plan, day: int, index: Index, item: Index, guest: Mask) -> tuple[Mask, Index, Index]:
    """Whether each event plays a song, its page, and which song."""
    page, before = _usual_page(plan, day, index, item), _usual_page(plan, day, index - 1, item - 1)
    asks = np.isin(before, (_UPGRADE, _DOWNGRADE)) & (item > 0)
    page = np.where(asks & (uniform(plan.seed, "submits", index, day) < 0.5), before + 1, page)
    page = np.where(guest, np.where(item == 1, _LOGIN, 1), page)
    return page == 0, page, popular(uniform(plan.seed, "song", index, day), plan.root(SONGS))


def _usual_page(plan: Plan, day: int, index: Index, item: Index) -> Index:
    """Home first, and then mostly songs; some log out at the end."""
    chance = uniform(plan.seed, "page", index, day)
    other = _OFTEN[(chance * 1e6).astype(np.int64) % len(_OFTEN)]
    page = np.where(item == 0, 1, np.where(chance < 0.92, 0, other))
    return np.where((item == _SESSION - 1) & (chance < 0.2), _LOGOUT, page)


def _times(plan: Plan, day: int, session: Index, item: Index) -> Index:
    """Sessions end on the day they start, so that every event is of the day."""
    midnight, length = local_day(plan.date(day))
    start = uniform(plan.seed, "session start", session, day) * (length - _SESSION * _PACE)
    return midnight + start.astype(np.int64) + item * _PACE


def _song(plan: Plan, playing: Mask, song: Index) -> dict[str, pl.Series]:
    length = _lengths(plan, song).cast(pl.String)
    shown, silent = pl.Series(playing), ~playing
    return {
        "artist": quoted(song_artists(song), missing=silent),
        "song": quoted(song_titles(song), missing=silent),
        "length": length.zip_with(shown, pl.Series(["null"])),
    }


def _person(plan: Plan, day: int, user: Index, guest: Mask) -> dict[str, pl.Series]:
    """The columns of who it was; those of a guest are empty."""
    first = pick(plan.seed, "listener first", user, len(words.FIRST_NAMES))
    last = pick(plan.seed, "listener last", user, len(words.LAST_NAMES))
    town = pick(plan.seed, "town", user, len(words.TOWNS))
    browser = pick(plan.seed, "browser", user, len(words.BROWSERS))
    paid = pick(plan.seed, "paid", user, 2) + version(plan.seed, "level", user, day, period=60)
    since = local_day(plan.first_day)[0] - pick(plan.seed, "registered", user, 40 * _DAY)
    known, nothing = pl.Series(~guest), pl.Series(["null"])
    return {
        "auth": choose(('"Logged In"', '"Logged Out"'), guest.astype(np.int64)),
        "firstName": quoted(choose(words.FIRST_NAMES, first), missing=guest),
        "gender": quoted(choose(("F", "M"), first), missing=guest),
        "lastName": quoted(choose(words.LAST_NAMES, last), missing=guest),
        "level": choose(('"free"', '"paid"'), paid),
        "location": quoted(choose(words.TOWNS, town), missing=guest),
        "registration": joined(pl.Series(since), ".0").zip_with(known, nothing),
        "userAgent": quoted(choose(words.BROWSERS, browser), missing=guest),
        "userId": quoted(pl.Series(user + 1).cast(pl.String).zip_with(known, pl.Series([""]))),
    }
