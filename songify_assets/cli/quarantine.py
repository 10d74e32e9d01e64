"""`songify quarantine`: what was refused, why, and a way back in."""

import getpass
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import polars as pl
import typer
from rich.console import Console
from rich.table import Table

from songify_assets.cli.load import as_text, run_load
from songify_assets.cli.session import Session, session
from songify_assets.errors import SettingsError, UnreadableFile

if TYPE_CHECKING:
    from songify_assets.foundation.ledger import LandedFile

app = typer.Typer(
    help="Rows and files that were refused, why, and a way back in once they are mended.", no_args_is_help=True
)
LISTED = 200
ID = Annotated[str, typer.Argument(help="As `songify quarantine list` shows it.", metavar="ID")]


@app.command("list")
def list_refused(feed: Annotated[str | None, typer.Option(help="Only this feed.")] = None) -> None:
    """List refused files and rows, the newest deliveries first."""
    with session() as opened:
        files, rows = refused_files(opened), refused_rows(opened, feed)
    table = Table("id", "file", "reasons", box=None)
    for file in files:
        if feed in (None, file["feed"]):
            table.add_row(file["id"], "whole file", file["what"])
    for row in rows.head(LISTED).iter_rows(named=True):
        table.add_row(row["id"], row["file"], "; ".join(row["reasons"]))
    shown = len(files) + min(len(rows), LISTED)
    Console(width=None if sys.stdout.isatty() else 160).print(table if shown else "The quarantine is empty.")
    if len(rows) > LISTED:
        typer.echo(f"… and {len(rows) - LISTED} more rows; all are in quarantine.rows of the warehouse.")


@app.command("show")
def show(id: ID) -> None:
    """Show one refused row or file: where it came from, why it was refused, its raw text."""
    with session() as opened:
        for file in refused_files(opened):
            if file["id"] == id:
                typer.echo(
                    f"{id}: {file['what']}. {file['remedy']}\nThe bytes as delivered: {opened.store.landing.path(file['sha256'])}"
                )
                return
        row = _row(opened, id)
    typer.echo(f"{id} in {row['file']}, record {row['record']}, refused {row['quarantined_at']:%Y-%m-%d %H:%M} UTC")
    typer.echo("\n".join(f"- {reason}" for reason in row["reasons"]))
    typer.echo(row["raw"])


@app.command("replay")
def replay(
    id: ID,
    mended: Annotated[
        Path | None,
        typer.Option("--file", help="A file with the mended record, or the mended file.", exists=True, dir_okay=False),
    ] = None,
    raw: Annotated[str | None, typer.Option("--raw", help="The mended record itself.")] = None,
) -> None:
    """Bring a refused row or file back in: as it is (after a change of settings), or mended with --file or --raw."""
    with session() as opened:
        landed = next((file for file in refused_files(opened) if file["id"] == id), None)
        if landed:
            _replay_file(opened, landed, mended)
        else:
            _replay_row(
                opened, id, raw if raw is not None else mended.read_text("utf-8").rstrip("\r\n") if mended else None
            )
        report = run_load(opened, [], stale_only=True)
        left = id in {file["id"] for file in refused_files(opened)} or id in set(refused_rows(opened, None)["id"])
    typer.echo(f"{id} is still refused; see `songify quarantine show {id}`." if left else f"{id} is loaded.")
    typer.echo(as_text(report))
    raise typer.Exit(1 if left else report.exit_status)


def refused_files(opened: Session) -> list[dict[str, str]]:
    """Files that are quarantined whole."""
    rows = opened.store.ledger.rows(
        "SELECT * FROM files WHERE state = 'refused' ORDER BY delivered_on DESC, file_id DESC"
    )
    return [{**dict(row), "id": f"{row['place']}@{row['delivered_on']}"} for row in rows]


def refused_rows(opened: Session, feed: str | None) -> pl.DataFrame:
    """Rows that are quarantined."""
    ids = pl.format("{}@{}#{}", "feed", "delivered_on", "record").alias("id")
    rows = opened.store.lake.scan("quarantine/rows").with_columns(ids)
    rows = rows.filter(pl.col("feed") == feed) if feed else rows
    return rows.sort("delivered_on", "feed", "record", descending=[True, False, False]).collect()


def _row(opened: Session, id: str) -> dict[str, Any]:
    found = refused_rows(opened, None).filter(pl.col("id") == id)
    if found.is_empty():
        raise SettingsError(
            f"nothing in quarantine is called '{id}'", where="ID", remedy="See `songify quarantine list`."
        )
    return found.row(0, named=True)


def _replay_file(opened: Session, file: dict[str, str], mended: Path | None) -> None:
    """Lands the mended file in the place of the refused one; without one, the same bytes are tried again."""
    from songify_assets.definitions import FEEDS

    opened.store.landing.replay(file, [feed for feed in FEEDS if feed.source == file["source"]], mended)


def _replay_row(opened: Session, id: str, raw: str | None) -> None:
    """Keeps the mended record, which is read instead of the refused one from now on; without one the delivery is read again."""
    from songify_assets.definitions import FEEDS
    from songify_assets.foundation.raw import mended as read_mended

    row, ledger = _row(opened, id), opened.store.ledger
    feed = next(feed for feed in FEEDS if feed.name == row["feed"])
    day, record = row["delivered_on"], row["record"]
    if raw is None:
        ledger.mark([(feed.raw, str(day))])
        return
    with opened.store.lake.staging() as scratch:
        try:
            list(read_mended(feed, {record: raw}, scratch / "mended", id))
        except UnreadableFile as error:
            raise SettingsError(error.what, where="--file or --raw", remedy=error.remedy) from None
    file = _file_of(opened, feed.name, day, str(row["file"]))
    ledger.amend(feed.name, day, file.sha256, record, raw, getpass.getuser())


def _file_of(opened: Session, feed: str, day: date, place: str) -> "LandedFile":
    return next(file for file in opened.store.ledger.files(feed, day) if file.place == place)
