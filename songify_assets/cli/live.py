"""`songify live` and `songify live close`."""

from typing import Annotated, Literal

import typer

from songify_assets.cli.terminal import say
from songify_assets.settings import load_settings


def live(
    action: Annotated[
        Literal["close"] | None,
        typer.Argument(
            help="close: only close the open segments now, so that the next load takes in what has arrived."
        ),
    ] = None,
    host: Annotated[
        str, typer.Option(help="Where it listens; anywhere else than on loopback every request needs a key.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 takes a free one.")] = 8460,
) -> None:
    """Receive events over HTTP, count them and show the counts, until SIGTERM or Ctrl-C."""
    from songify_assets.live import server

    if action is None:
        server.serve(load_settings(), host, port)
        return
    files = server.close(load_settings())
    say("\n".join(files) if files else "Nothing has arrived since segments were closed.")
