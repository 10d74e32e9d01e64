"""`songify serve`: a socket, and one worker or more that answer on it."""

import gc
import logging
import os
import signal
import socket
import sys
import tempfile
import warnings
from collections.abc import Callable
from types import FrameType

import uvicorn

from songify_assets.serving.admission import Rates
from songify_assets.serving.listening import listening_at
from songify_assets.serving.workers import with_workers
from songify_assets.settings import Settings

GRACE_S = 10


class _Server(uvicorn.Server):
    """A server that says when it answers."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if not self.should_exit:
            self._ready()


def serve(settings: Settings, host: str, port: int) -> None:
    """Answers until SIGTERM or Ctrl-C; SettingsError where it cannot listen there."""
    listening = listening_at(host, port)
    shown = f"[{host}]" if ":" in host else host
    address = f"http://{shown}:{listening.getsockname()[1]}"
    rates = Rates()

    def say() -> None:
        print(f"songify serve: {address}", file=sys.stderr, flush=True)

    def work(ready: Callable[[], None]) -> None:
        _answer(settings, host, listening, rates, ready)

    for ended in (signal.SIGTERM, signal.SIGINT):
        signal.signal(ended, _end)
    if settings.serve_workers == 1:
        work(say)
        return
    with tempfile.TemporaryDirectory() as counts:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = counts
        with_workers(settings.serve_workers, work, say)


def _answer(settings: Settings, host: str, listening: socket.socket, rates: Rates, ready: Callable[[], None]) -> None:
    from songify_assets.serving.application import Application

    logging.getLogger("songify.serve").addHandler(logging.StreamHandler())
    # The event loop waits for other threads' Python no longer than this, when they warm a publication.
    sys.setswitchinterval(0.001)
    # What is there by now stays; and thousands of values that an answer is made of are no reason to look for cycles.
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    # DuckDB would rather be asked in another way, which takes longer.
    warnings.filterwarnings("ignore", message="Arrow output on a DB-API result")
    config = uvicorn.Config(
        Application(settings, host, rates),
        lifespan="on",
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=GRACE_S,
    )
    _Server(config, ready).run(sockets=[listening])


def _end(number: int, frame: FrameType | None) -> None:
    raise SystemExit(0)
