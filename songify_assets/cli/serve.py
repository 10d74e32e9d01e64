"""`songify serve`."""

from typing import Annotated

import typer

from songify_assets.settings import load_settings

PAGES_PORT = 8461


def serve(
    host: Annotated[
        str, typer.Option(help="Where it listens; anywhere else than on loopback every request needs a key.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 takes a free one.")] = PAGES_PORT,
) -> None:
    """Answer over HTTP from the published warehouse, read-only, until SIGTERM or Ctrl-C."""
    from songify_assets.serving import server

    server.serve(load_settings(), host, port)
