"""Playlists: what moved since the day before, how many watch, and which recording a video is."""

from collections.abc import Mapping

from songify_assets.serving.pages import formats as f
from songify_assets.serving.pages.content import Cell, Filter, Lines, Page, Section, Table, Words
from songify_assets.serving.pages.published import Published, Row, chosen

MOVES = {"entered": "entered", "left": "left", "up": "rose", "down": "fell"}
DAYS, SAMPLES, MOST = 90, 40, 100


def page(published: Published, query: Mapping[str, str]) -> Page:
    """The page; the address says the playlist and the day."""
    lead = "What stood where, what moved, and which recordings the videos are."
    rows = (
        published.ask("FROM playlists.playlists ORDER BY name, playlist_id")
        if published.has("playlists.playlists", "playlists.movers")
        else []
    )
    if not rows:
        nothing = Words("No playlists were loaded yet: deliver some, then type", "songify load")
        return Page("Playlists", lead, [Section("movers", "What moved", [nothing])])
    playlist = chosen(query.get("playlist"), [row["playlist_id"] for row in rows]) or ""
    days = [
        str(row["day"])
        for row in published.ask(
            "SELECT DISTINCT day FROM playlists.movers WHERE playlist_id = ? ORDER BY day DESC", playlist
        )
    ]
    day = chosen(query.get("day"), days)
    filters = [
        Filter(
            "playlist", "Playlist", [(row["playlist_id"], row["name"] or row["playlist_id"]) for row in rows], playlist
        ),
        Filter("day", "Day", [(one, one) for one in days], day or ""),
    ]
    name = next((row["name"] or playlist for row in rows if row["playlist_id"] == playlist), playlist)
    moved = _movers(published, playlist, day, name)
    sections = [
        Section("movers", f"What moved in {name}", [moved], published.as_of("playlists.movers")),
        Section(
            "views",
            "How many watch it",
            [_views(published, playlist, name)],
            published.as_of("playlists.playlist_views_log"),
        ),
        Section(
            "playlists", "All playlists", [_all(published)], published.as_of("playlists.playlists", "playlists.movers")
        ),
        *_matches(published),
    ]
    return Page("Playlists", lead, sections, filters)


def _movers(published: Published, playlist: str, day: str | None, name: str) -> Table:
    rows = published.ask(
        """SELECT m.*, v.title, v.artist_name FROM playlists.movers m LEFT JOIN playlists.videos v USING (video_id)
           WHERE playlist_id = ? AND day = CAST(? AS DATE) AND move <> 'stayed'
           ORDER BY position IS NULL, abs(coalesce(previous_position, 0) - position) DESC, position LIMIT ?""",
        playlist, day, MOST,
    )  # fmt: skip
    since = f" since {rows[0]['previous_day']}" if rows and rows[0]["previous_day"] else ""
    return Table(
        f"{name} on {day}: moves{since}",
        ["video", "move", "place", "before", "by"],
        [_mover(row) for row in rows],
        f"Nothing moved in {name}"
        + (f" on {day}: every video stayed where it was." if day else ": it was delivered on one day only."),
    )


def _mover(row: Row) -> list[Cell]:
    before, now, move = row["previous_position"], row["position"], str(row["move"])
    by = f.signed(before - now) if before is not None and now is not None else Cell("", is_number=True)
    tone = {"entered": "good", "left": "bad"}.get(move, "")
    video = Cell(row["title"] or row["video_id"], detail=row["artist_name"] or "")
    return [video, Cell(MOVES.get(move, move), tone=tone), f.count(now), f.count(before), by]


def _views(published: Published, playlist: str, name: str) -> Lines:
    rows = published.ask(
        "SELECT * FROM (SELECT day, views FROM playlists.playlist_views_log WHERE playlist_id = ? ORDER BY day DESC LIMIT ?) ORDER BY day",
        playlist, DAYS,
    )  # fmt: skip
    caption = f"Views of {name}"
    behind = Table(
        caption,
        ["day", "views"],
        [[f.day(row["day"]), f.count(row["views"])] for row in rows],
        "Its views were never delivered.",
    )
    return Lines(caption, [row["day"] for row in rows], [("views", [row["views"] for row in rows])], behind)


def _all(published: Published) -> Table:
    rows = published.ask(
        """SELECT p.playlist_id, p.name, p.first_seen_on, p.last_seen_on, m.num_videos, count(x.video_id) AS moves
           FROM playlists.playlists p
           LEFT JOIN playlists.playlist_metadata_log m ON m.playlist_id = p.playlist_id AND m.day = p.last_seen_on
           LEFT JOIN playlists.movers x ON x.playlist_id = p.playlist_id AND x.day = p.last_seen_on AND x.move <> 'stayed'
           GROUP BY ALL ORDER BY p.name, p.playlist_id"""
    )
    return Table(
        "Playlists as last seen",
        ["playlist", "videos", "moves that day", "first seen", "last seen"],
        [
            [f.link(row["name"] or row["playlist_id"], f.address(["playlists"], playlist=row["playlist_id"])), f.count(row["num_videos"]),
             f.count(row["moves"]), f.day(row["first_seen_on"]), f.day(row["last_seen_on"])]
            for row in rows
        ],
    )  # fmt: skip


def _matches(published: Published) -> list[Section]:
    if not published.has("playlists.recording_matches", "playlists.match_samples"):
        return []
    states = published.ask(
        "SELECT state, count(*) AS videos, count(*) / sum(count(*)) OVER () AS share FROM playlists.recording_matches GROUP BY state ORDER BY videos DESC"
    )
    by_state = Table(
        "Videos by what is known of their recording", ["state", "videos", "share"],
        [[Cell(r["state"].replace("_", " ")), f.count(r["videos"]), f.barred(f.percent(r["share"]), r["share"])] for r in states],
        "No videos were matched yet.",
    )  # fmt: skip
    samples = published.ask(
        "SELECT state, title, artist_name, best, score, coalesce(evidence, why_not) AS because FROM playlists.match_samples ORDER BY state, title LIMIT ?",
        SAMPLES,
    )  # fmt: skip
    shown = Table(
        "A sample of each state", ["video", "state", "best recording", "alike", "because"],
        [
            [Cell(r["title"] or f.NONE, detail=r["artist_name"] or ""), Cell(r["state"].replace("_", " ")), f.text(r["best"]), f.decimal(r["score"]), f.text(r["because"])]
            for r in samples
        ],
        "No videos were matched yet.",
    )  # fmt: skip
    note = "Nothing is guessed. To see all that was compared, type songify explain-match VIDEO_ID."
    return [
        Section(
            "matches", "Which recording is it?", [by_state, shown], published.as_of("playlists.recording_matches"), note
        )
    ]
