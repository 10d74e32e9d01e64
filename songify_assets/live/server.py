"""`songify live`: a start, the server, and an end that leaves all in order."""

import gc
import logging
import signal
import socket
import sqlite3
import sys
from collections.abc import Callable, Sequence
from datetime import datetime, time

import uvicorn

from songify_assets.errors import SettingsError
from songify_assets.foundation.trouble import of_database
from songify_assets.live.admission import LiveAdmission
from songify_assets.live.application import Live
from songify_assets.live.batches import Batches
from songify_assets.live.checkpoint import Checkpoint
from songify_assets.live.clock import Clock
from songify_assets.live.counts import Counted, Counts
from songify_assets.live.events import unpack, unpack_refused
from songify_assets.live.home import Place
from songify_assets.live.intake import Intake
from songify_assets.live.keeper import Keeper
from songify_assets.live.known import Known
from songify_assets.live.log import Log
from songify_assets.live.metrics import Metrics
from songify_assets.live.readings import Readings
from songify_assets.live.seconds import Seconds
from songify_assets.live.segments import Segments
from songify_assets.live.sources import Follower, followers
from songify_assets.live.steps import Steps
from songify_assets.live.users import Users
from songify_assets.serving.listening import listening_at
from songify_assets.settings import Settings

GRACE_S, REPLAY_EVENTS = 5, 200_000
REMEDY = "Put the folder aside and start again: what was closed as drops is kept, and what was not is in that folder."


class _Server(uvicorn.Server):
    """A server that says when it answers, and lets streams of news end when it ends."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None], ending: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready, self._ending = ready, ending

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if not self.should_exit:
            self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._ending()
        await super().shutdown(sockets)


class Parts:
    """The parts of the process, put together and read from the disk; its place is owned."""

    def __init__(self, settings: Settings, place: Place) -> None:
        self.log = Log(place.log)
        self.checkpoint, self.known = Checkpoint(place.checkpoint), Known(self.log)
        lateness_us = round(settings.live_lateness_seconds * 1_000_000)
        self.segments = Segments(self.log, place.drops, settings.zone, lateness_us)
        seconds, users, steps = Seconds(), Users(self.checkpoint.users_of), Steps(self.checkpoint.times_of)
        self.clock = Clock(self.log.last_arrival())
        self.counts = Counts(seconds, users, steps, lateness_us, self.clock.look)
        self.clock.saw(self.checkpoint.read(self.counts, self.clock.look()))
        self.known.read()
        self.log.read_positions()
        self._replay()

    def _replay(self) -> None:
        """Counts what came after the checkpoint."""
        batches, events = list[Counted](), 0
        for position, row in self.log.after(self.counts.read_to):
            batch = Counted(position, row.stream, row.arrived_at, unpack(row.events), unpack_refused(row.refused))
            batches.append(batch)
            events += len(batch.events)
            if events > REPLAY_EVENTS:
                self.counts.add(batches)
                self.counts.catch_up()
                batches, events = [], 0
        self.counts.add(batches)
        self.counts.catch_up()
        self.counts.totals.clear()


def serve(settings: Settings, host: str, port: int) -> None:
    """Takes events until SIGTERM or Ctrl-C; SettingsError where it cannot listen, or another process has the home."""
    place = Place(settings.home)
    with place.owned():
        logging.getLogger("songify.live").addHandler(logging.StreamHandler())
        listening = listening_at(host, port)
        try:
            _serve(settings, place, host, listening)
        except sqlite3.Error as error:
            raise of_database(error, place.folder, REMEDY) from None


def close(settings: Settings) -> list[str]:
    """Closes the open segments, of the process that runs or by itself; the files that were written."""
    place = Place(settings.home)
    if not place.log.exists():
        return []
    try:
        with place.owned():
            return _closed(settings, place)
    except SettingsError:
        files = place.ask_to_close()
    if files is not None:
        return files
    with place.owned():
        return _closed(settings, place)


def _closed(settings: Settings, place: Place) -> list[str]:
    log = Log(place.log)
    segments = Segments(log, place.drops, settings.zone, round(settings.live_lateness_seconds * 1_000_000))
    try:
        return [str(path) for path in segments.close_all(Clock(log.last_arrival()).look(), also_open=True)]
    except sqlite3.Error as error:
        raise of_database(error, place.folder, REMEDY) from None


def _serve(settings: Settings, place: Place, host: str, listening: socket.socket) -> None:
    parts = Parts(settings, place)
    place.asked.unlink(missing_ok=True)
    intake = Intake(parts.log, parts.known, parts.clock, parts.counts)
    keeper = Keeper(parts.log, parts.known, parts.clock, parts.counts, parts.checkpoint, parts.segments, place.asked)
    first = datetime.combine(settings.start_date, time(), settings.zone)
    batches = Batches(parts.clock.look, round(first.timestamp() * 1_000_000))
    following = followers(settings, intake, batches)
    metrics, admission = Metrics(parts.counts, following), LiveAdmission(settings.home, host)
    live = Live(intake, Readings(parts.counts), metrics, admission, batches, following)
    for ended in (signal.SIGTERM, signal.SIGINT):
        signal.signal(ended, _pass)  # uvicorn's own handlers end it, and then raise the signal for these
    sys.setswitchinterval(0.002)
    gc.freeze()
    shown = f"[{host}]" if ":" in host else host
    address = f"http://{shown}:{listening.getsockname()[1]}"
    intake.start()
    keeper.start()
    try:
        _run(live, following, listening, address)
    finally:
        intake.stop()
        keeper.stop()


def _run(live: Live, following: Sequence[Follower], listening: socket.socket, address: str) -> None:
    config = uvicorn.Config(
        live.application(), lifespan="off", log_level="warning", access_log=False, server_header=False,
        date_header=False, timeout_graceful_shutdown=GRACE_S, timeout_keep_alive=75,
    )  # fmt: skip

    def ready() -> None:
        print(f"songify live: {address}", file=sys.stderr, flush=True)
        for one in following:
            one.start()

    def ending() -> None:
        live.is_ending = True
        for one in following:
            one.stop()

    _Server(config, ready, ending).run(sockets=[listening])


def _pass(number: int, frame: object) -> None:
    """The process ends by itself."""
