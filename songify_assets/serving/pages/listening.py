"""Music: how much is played, by whom and when, how far users get, and whether they come back."""

from collections.abc import Mapping

from songify_assets.serving.pages import engagement
from songify_assets.serving.pages import formats as f
from songify_assets.serving.pages.content import Cell, Filter, Lines, Page, Section, Table, Words
from songify_assets.serving.pages.published import Published, chosen
from songify_assets.serving.pages.viewing import WINDOWS

DAYS, TOP = 90, 15
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def page(published: Published, query: Mapping[str, str]) -> Page:
    """The page; the address says the days of funnels and of top artists."""
    days = int(chosen(query.get("days"), WINDOWS) or 28)
    filters = [
        Filter("days", "Hours, artists and funnels of the last", [(one, f"{one} days") for one in WINDOWS], str(days))
    ]
    lead = "Music: how much is played, when and by whom, and how far users get."
    if not published.has("listening.daily_totals", "listening.song_plays") or not published.ask(
        "FROM listening.daily_totals LIMIT 1"
    ):
        nothing = Words("No events of the music app were loaded yet: deliver some, then type", "songify load")
        return Page("Listening", lead, [Section("plays", "Plays", [nothing])], filters)
    as_of = published.as_of("listening.song_plays")
    sections = [
        Section(
            "plays",
            "Plays a day",
            [_plays(published)],
            published.as_of("listening.daily_totals", "listening.song_plays"),
        ),
        Section(
            "hours",
            "When they listen",
            [_hours(published, days)],
            as_of,
            "The stronger the colour, the more plays; hours are local.",
        ),
        Section(
            "artists", "Who is played", [_artists(published, days)], published.as_of("listening.top_artists_daily")
        ),
        *engagement.sections(published, "listening", days),
    ]
    return Page("Listening", lead, sections, filters)


def _plays(published: Published) -> Lines:
    rows = published.ask("SELECT * FROM (FROM listening.daily_totals ORDER BY date DESC LIMIT ?) ORDER BY date", DAYS)
    caption = "Plays and users a day"
    behind = Table(
        caption, ["day", "plays", "users", "new users", "plays a user", "users so far"],
        [
            [f.day(r["date"]), f.count(r["plays"]), f.count(r["users"]), f.count(r["new_users"]), f.decimal(r["plays_per_user"], 1), f.count(r["users_to_date"])]
            for r in rows
        ],
    )  # fmt: skip
    return Lines(
        caption, [r["date"] for r in rows], [(name, [r[name] for r in rows]) for name in ("plays", "users")], behind
    )


def _hours(published: Published, days: int) -> Table:
    rows = published.ask(
        """SELECT t.weekday, t.hour, count(*) AS plays FROM listening.song_plays p
           ASOF JOIN listening.time t ON t.hour_at <= p.played_at
           WHERE p.play_date > (SELECT max(date) FROM listening.daily_totals) - CAST(? AS INTEGER) GROUP BY ALL""",
        days,
    )
    plays = {(row["weekday"], row["hour"]): row["plays"] for row in rows}
    most = max(plays.values(), default=1)
    cells = [
        [Cell(name), *(_hour(plays.get((number, hour), 0), most) for hour in range(24))]
        for number, name in enumerate(WEEKDAYS, 1)
    ]
    return Table(
        f"Plays of the last {days} days by weekday and hour", ["weekday", *(f"{hour:02}" for hour in range(24))], cells
    )


def _hour(plays: int, most: int) -> Cell:
    return f.heated(f.count(plays), plays / most)


def _artists(published: Published, days: int) -> Table:
    rows = published.ask(
        """SELECT artist_name, count(*) AS plays, count(DISTINCT user_id) AS users, max(count(*)) OVER () AS most
           FROM listening.song_plays
           WHERE play_date > (SELECT max(date) FROM listening.daily_totals) - CAST(? AS INTEGER) AND artist_name IS NOT NULL
           GROUP BY artist_name ORDER BY plays DESC, artist_name LIMIT ?""",
        days, TOP,
    )  # fmt: skip
    cells = [
        [f.text(r["artist_name"]), f.barred(f.count(r["plays"]), r["plays"] / r["most"]), f.count(r["users"])]
        for r in rows
    ]
    return Table(
        f"Artists with the most plays in the last {days} days",
        ["artist", "plays", "users"],
        cells,
        "Nothing was played.",
    )
