"""`songify match` and `songify explain-match`."""

import getpass
from typing import Annotated, Any

import duckdb
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from songify_assets.cli.load import as_text, run_load
from songify_assets.cli.session import session
from songify_assets.cli.terminal import say
from songify_assets.cli.topics import opened as warehouse
from songify_assets.errors import HomeError, SettingsError
from songify_assets.settings import load_settings

VIDEOS, MATCHES, NONE = "playlists/videos", "playlists/recording_matches", "none"
VIDEO = Annotated[str, typer.Argument(help="The video, by the platform's id, such as XXYlFuWEuKI.")]


def match(
    video_id: VIDEO,
    isrcs: Annotated[
        list[str] | None, typer.Argument(help="The code of its recording, or several; none if the catalogue lacks it.")
    ] = None,
    reason: Annotated[str, typer.Option(help="Why; kept with your name.")] = "",
    undo: Annotated[bool, typer.Option(help="Take a decision back: the rules decide again.")] = False,
) -> None:
    """Say which recording a video is. It wins over the rules and lasts, through reloads too."""
    if undo and isrcs:
        raise SettingsError("a code and --undo are given", where="--undo", remedy="Give one of the two.")
    codes = None if undo else _codes(isrcs or [])
    if not undo and not reason.strip():
        raise SettingsError("the reason is empty", where="--reason", remedy="Say why it is this recording.")
    with session() as opened:
        import polars as pl

        from songify_assets.foundation.ledger import decisions

        store = opened.store
        video = store.lake.scan(VIDEOS).filter(pl.col("video_id") == video_id).collect()
        if video.is_empty():
            raise SettingsError(
                f"no video is called '{video_id}'",
                where="VIDEO_ID",
                remedy="playlists.videos has those that were seen.",
            )
        if undo and video_id not in {one[0] for one in decisions.matches(store.ledger)}:
            raise SettingsError(
                f"nothing was decided by hand of '{video_id}'", where="VIDEO_ID", remedy="There is nothing to undo."
            )
        stale = [(MATCHES, str(video["first_seen_on"].item()))]
        decisions.match(store.ledger, video_id, codes, getpass.getuser(), reason.strip(), stale)
        report = run_load(opened, [], stale_only=True)
    say(f"{video_id} is {_told(codes)}.")
    say(as_text(report))
    raise typer.Exit(report.exit_status)


def explain_match(video_id: VIDEO) -> None:
    """Show how it was decided which recording a video is."""
    home = load_settings().home
    with warehouse(home) as connection:
        sql = """SELECT title, artist_name, track_title, matches.* FROM playlists.recording_matches AS matches
                 JOIN playlists.videos USING (video_id) WHERE video_id = ?"""
        try:
            found = connection.execute(sql, [video_id])
        except duckdb.CatalogException:
            what, remedy = (
                "it has no tables of playlists: an older version made it",
                "Run `songify load`: it is made again.",
            )
            raise HomeError(what, where=str(home / "warehouse.duckdb"), remedy=remedy) from None
        names = [column[0] for column in found.description or ()]
        rows = found.fetchall()
    if not rows:
        raise SettingsError(
            f"no video is called '{video_id}'", where="VIDEO_ID", remedy="playlists.videos has those that were seen."
        )
    _show(dict(zip(names, rows[0], strict=True)))


def _show(decision: dict[str, Any]) -> None:
    platform = " - ".join(decision[name] or "?" for name in ("artist_name", "track_title"))
    say(f"video:      {decision['title']}")
    say(f"platform:   {platform}")
    say(
        f"state:      {decision['state']}, score {decision['score']:.2f}, by {decision['decided_by']} since {decision['decided_at']:%Y-%m-%d %H:%M %Z}"
    )
    say(f"recordings: {', '.join(decision['isrcs']) or 'none'}")
    say(f"because:    {decision['evidence']}")
    table = Table(
        "isrc", "artist", "track", "score", "why not", title="What was compared, the best first", title_justify="left"
    )
    for one in decision["candidates"]:
        cells = (one["isrc"], one["artist"], one["track"], f"{one['score']:.2f}", one["why_not"])
        table.add_row(*(Text(cell or "") for cell in cells))
    if decision["candidates"]:
        Console(width=120).print(table)
    else:
        say("compared:   nothing; no recording shares an artist and the beginning of a song with it")


def _codes(written: list[str]) -> list[str]:
    """The codes as they are kept; raises SettingsError for what is none."""
    import polars as pl

    from songify_assets.foundation.isrc import compact

    if [one.lower() for one in written] == [NONE]:
        return []
    codes = (
        pl.DataFrame({"isrc": written}, schema={"isrc": pl.String}).select(compact(pl.col("isrc")))["isrc"].to_list()
    )
    wrong = [one for one, code in zip(written, codes, strict=True) if code is None]
    if wrong or not codes:
        what = f"'{wrong[0]}' is not an ISRC" if wrong else "no ISRC is given"
        raise SettingsError(what, where="ISRCS", remedy="Give codes such as USUG12000658, or none, or --undo.")
    return sorted(set(codes))


def _told(codes: list[str] | None) -> str:
    if codes is None:
        return "decided by the rules again"
    return f"the recording {', '.join(codes)} from now on" if codes else "no recording of the catalogue from now on"
