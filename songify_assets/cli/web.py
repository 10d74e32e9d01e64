"""The web UI with its daemon and code servers, and the pages and the loader beside it, as `make dev` and `songify demo --ui` start them."""

import ctypes
import os
import signal
import subprocess
import sys
from pathlib import Path

import typer

from songify_assets.cli.serve import PAGES_PORT
from songify_assets.errors import SettingsError, SongifyError
from songify_assets.settings import Settings, keep_private, load_settings

WORKSPACE = Path(__file__).parents[1] / "workspace.yaml"


def serve(settings: Settings, port: int, pages_port: int) -> None:
    """Becomes Dagster's web UI and daemon on this home, with `songify serve` and the loader beside them, on loopback only; Ctrl-C
    ends them.

    Where the pages cannot come up, they say so, and the rest does.
    """
    from songify_assets.orchestration.instance import open_instance

    keep_private()
    open_instance(settings.home).dispose()
    environment = {**os.environ, "SONGIFY_HOME": str(settings.home), "DAGSTER_HOME": str(settings.home / "dagster")}
    pages = [sys.executable, "-m", "songify_assets", "serve", "--port", str(pages_port)]
    loader = [sys.executable, "-m", "songify_assets.cli.loader"]
    for beside in (pages, loader):
        subprocess.Popen(beside, env=environment, preexec_fn=_end_with_parent)
    command = [sys.executable, "-m", "dagster", "dev", "-w", str(WORKSPACE), "-h", "127.0.0.1", "-p", str(port)]
    # Dagster would rather be called `dg`; nobody who runs the product can do anything about that.
    warnings = {"PYTHONWARNINGS": "ignore:Function `dev_command` is superseded"}
    os.execve(sys.executable, command, {**environment, **warnings})


def _end_with_parent() -> None:
    """Asks Linux to end this process when the one that started it ends, however that ends."""
    set_parent_death_signal = 1
    ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGTERM)


def main(port: int = 3000, pages_port: int = PAGES_PORT) -> None:
    """Keeps the web UI, its daemon and its sensors up on http://127.0.0.1:PORT, and the pages on that of PAGES_PORT."""
    serve(load_settings(), port, pages_port)


if __name__ == "__main__":
    try:
        typer.run(main)
    except SongifyError as wrong:
        print(f"songify: {wrong}", file=sys.stderr)
        sys.exit(2 if isinstance(wrong, SettingsError) else 1)
