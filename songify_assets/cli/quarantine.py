"""`songify quarantine`: what was refused, why, and a way back in."""

import getpass
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from songify_assets.cli.load import as_text, run_load
from songify_assets.cli.session import session
from songify_assets.cli.terminal import cell, say

app = typer.Typer(
    help="Rows and files that were refused, why, and a way back in once they are mended.", no_args_is_help=True
)
LISTED = 200
ID = Annotated[str, typer.Argument(help="As `songify quarantine list` shows it.", metavar="ID")]


@app.command("list")
def list_refused(feed: Annotated[str | None, typer.Option(help="Only this feed.")] = None) -> None:
    """List refused files and rows, the newest deliveries first."""
    with session() as opened:
        from songify_assets.foundation.delivery.quarantine import refused_files, refused_rows

        files, rows = refused_files(opened.store), refused_rows(opened.store, feed)
    table = Table("id", "file", "reasons", box=None)
    for file in files:
        if feed in (None, file.feed):
            table.add_row(cell(file.id), "whole file", cell(file.what))
    for row in rows.head(LISTED).iter_rows(named=True):
        table.add_row(cell(row["id"]), cell(row["file"]), cell("; ".join(row["reasons"])))
    shown = len(files) + min(len(rows), LISTED)
    Console(width=None if sys.stdout.isatty() else 160).print(table if shown else "The quarantine is empty.")
    if len(rows) > LISTED:
        say(f"… and {len(rows) - LISTED} more rows; all are in quarantine.rows of the warehouse.")


@app.command("show")
def show(id: ID) -> None:
    """Show one refused row or file: where it came from, why it was refused, its raw text."""
    with session() as opened:
        from songify_assets.foundation.delivery.quarantine import refused_files, refused_row

        for file in refused_files(opened.store):
            if file.id == id:
                say(f"{id}: {file.says}\nThe bytes as delivered: {opened.store.landing.path(file.sha256)}")
                return
        row = refused_row(opened.store, id)
    say(f"{id} in {row['file']}, record {row['record']}, refused {row['quarantined_at']:%Y-%m-%d %H:%M} UTC")
    say("\n".join(f"- {reason}" for reason in row["reasons"]))
    say(row["raw"])


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
        from songify_assets.definitions import CATALOG
        from songify_assets.foundation.delivery.quarantine import is_refused
        from songify_assets.foundation.delivery.quarantine import replay as bring_back

        bring_back(opened.store, CATALOG.feeds, id, by=getpass.getuser(), file=mended, raw=raw)
        report = run_load(opened, [], stale_only=True)
        left = is_refused(opened.store, id)
    say(f"{id} is still refused; see `songify quarantine show {id}`." if left else f"{id} is loaded.")
    say(as_text(report))
    raise typer.Exit(1 if left else report.exit_status)
