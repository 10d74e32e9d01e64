"""`songify keys`: who may ask `songify serve`, and send to the live side."""

from typing import Annotated, cast

import typer
from rich.console import Console
from rich.table import Table

from songify_assets.cli.terminal import cell, say
from songify_assets.errors import SettingsError
from songify_assets.serving.key_store import KeyStore, Scope
from songify_assets.settings import load_settings

app = typer.Typer(help="Keys of programs that ask or send: add, list, revoke.", no_args_is_help=True)
SCOPES = ("read", "events")


@app.command("add")
def add(
    name: Annotated[str, typer.Argument(help="What the key is called, such as the program that uses it.")],
    scope: Annotated[str, typer.Option(help="What it is for: read (asking) or events (sending to the live side).")],
    rate: Annotated[
        float | None, typer.Option(help="How many requests a second it may send; any number without it.")
    ] = None,
) -> None:
    """Print a new key, once: only its hash is stored."""
    if scope not in SCOPES:
        raise SettingsError(f"'{scope}' is no scope", where="--scope", remedy=f"Choose one of {', '.join(SCOPES)}.")
    if not name.strip():
        raise SettingsError("the name is empty", where="NAME", remedy="Name the program that uses the key.")
    if rate is not None and not 0 < rate <= 1e6:
        raise SettingsError(
            f"{rate:g} is no rate", where="--rate", remedy="Say a number of requests a second, such as 10."
        )
    typer.echo(KeyStore(load_settings().home).add(name, cast(Scope, scope), rate))
    say("Keep it: it is shown this once. Send it as `Authorization: Bearer KEY`.", err=True)


@app.command("list")
def list_keys() -> None:
    """Show the names of the keys, with scope, rate and the day of each."""
    table = Table("name", "scope", "requests/s", "added")
    for key in KeyStore(load_settings().home).all():
        table.add_row(cell(key.name), key.scope, f"{key.rate:g}" if key.rate else "any", key.added_at)
    Console().print(table)


@app.command("revoke")
def revoke(name: Annotated[str, typer.Argument(help="The key's name.")]) -> None:
    """Make a key count no more, within seconds."""
    KeyStore(load_settings().home).revoke(name)
    say(f"The key {name!r} counts no more.", err=True)
