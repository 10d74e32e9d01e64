"""The web UI with its daemon and code servers, as `make dev` and `songify demo --ui` start it."""

import os
import sys
from pathlib import Path

import typer

from songify_assets.settings import Settings, keep_private, load_settings

WORKSPACE = Path(__file__).parents[1] / "workspace.yaml"


def serve(settings: Settings, port: int) -> None:
    """Becomes Dagster's web UI and daemon on this home, on loopback only; Ctrl-C ends them."""
    from songify_assets.orchestration.runs import open_instance

    keep_private()
    open_instance(settings.home).dispose()
    environment = {**os.environ, "SONGIFY_HOME": str(settings.home), "DAGSTER_HOME": str(settings.home / "dagster")}
    # Dagster would rather be called `dg`; nobody who runs the product can do anything about that.
    environment["PYTHONWARNINGS"] = "ignore:Function `dev_command` is superseded"
    command = [sys.executable, "-m", "dagster", "dev", "-w", str(WORKSPACE), "-h", "127.0.0.1", "-p", str(port)]
    os.execve(sys.executable, command, environment)


def main(port: int = 3000) -> None:
    """Keeps the web UI, its daemon and its sensors up on http://127.0.0.1:PORT."""
    serve(load_settings(), port)


if __name__ == "__main__":
    typer.run(main)
