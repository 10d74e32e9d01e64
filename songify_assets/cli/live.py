"""`songify live` and `songify live close`."""

from typing import Annotated

import typer

from songify_assets.cli.terminal import say
from songify_assets.settings import load_settings

app = typer.Typer(
    invoke_without_command=True, help="Receive events, count them and show the counts; until SIGTERM or Ctrl-C."
)


@app.callback()
def live(
    context: typer.Context,
    host: Annotated[
        str, typer.Option(help="Where it listens; anywhere else than on loopback every request needs a key.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 takes a free one.")] = 8460,
) -> None:
    """Receive events, count them and show the counts, until SIGTERM or Ctrl-C."""
    if context.invoked_subcommand is not None:
        return
    from songify_assets.live import server

    server.serve(load_settings(), host, port)


@app.command("close")
def close() -> None:
    """Close the open segments now: what arrived becomes a drop that the next load takes in."""
    from songify_assets.live import server

    files = server.close(load_settings())
    say("\n".join(files) if files else "Nothing has arrived since segments were closed.")
