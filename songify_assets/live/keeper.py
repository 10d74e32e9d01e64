"""What happens by itself, beside senders and readers: adding up, checkpoints, segments that close, files that go.

Each of it may fail, on a full disk for instance; then it is tried again, and nothing is lost meanwhile.
"""

import logging
import threading
import time
from contextlib import suppress
from pathlib import Path

from songify_assets.errors import SongifyError
from songify_assets.live.checkpoint import Checkpoint, State
from songify_assets.live.clock import Clock
from songify_assets.live.counts import Counts
from songify_assets.live.events import HOUR_US, MINUTE_US
from songify_assets.live.known import Known
from songify_assets.live.log import Log
from songify_assets.live.segments import Segments

log_ = logging.getLogger("songify.live")
ADD_UP_S, LOOK_S, CHECKPOINT_S, AGAIN_S = 0.25, 0.2, 60, 5
MOST_EVENTS = 3_000_000  # so many after a checkpoint call for the next one: a start reads no more


class Keeper:
    """Two threads: one adds up, the other keeps what is on the disk in order."""

    def __init__(
        self,
        log: Log,
        known: Known,
        clock: Clock,
        counts: Counts,
        checkpoint: Checkpoint,
        segments: Segments,
        asked: Path,
    ) -> None:
        self._log, self._known, self._clock, self._counts = log, known, clock, counts
        self._checkpoint, self._segments, self._asked = checkpoint, segments, asked
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=run, name=run.__name__) for run in (self._add_up, self._keep)]
        self._saved_at, self._saved_events = time.monotonic(), 0
        self._trouble, self._hour = "", 0

    def start(self) -> None:
        """Begins."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Ends, and leaves all in order: a checkpoint, and segments that are closed."""
        self._ended.set()
        for thread in self._threads:
            thread.join()
        self.save()
        self._segments.close_all(self._clock.look(), also_open=True)

    def save(self) -> None:
        """Writes a checkpoint."""
        self._saved_at, self._saved_events = time.monotonic(), self._events()
        state = State.of(self._counts)
        self._checkpoint.save(state)
        with self._counts.lock:
            self._counts.users.release(state.as_of_us // MINUTE_US)
            self._counts.steps.release(state.as_of_us // MINUTE_US)

    def _events(self) -> int:
        return sum(self._counts.totals[name] for name in ("accepted logins", "accepted steps"))

    def _add_up(self) -> None:
        while not self._ended.wait(ADD_UP_S):
            try:
                self._counts.catch_up()
            except SongifyError as error:
                log_.error("songify live: %s", error, exc_info=error.__cause__)
                return

    def _keep(self) -> None:
        tried_at = float("-inf")
        while not self._ended.wait(LOOK_S):
            if self._trouble and time.monotonic() < tried_at + AGAIN_S and not self._asked.exists():
                continue
            tried_at = time.monotonic()
            try:
                self._look()
            except (
                Exception
            ) as error:  # whatever it is, the next look may be better, and senders are answered meanwhile
                self._tell(f"{type(error).__name__}: {error}")
            else:
                self._tell("")

    def _look(self) -> None:
        self._close_when_asked()
        is_due = time.monotonic() > self._saved_at + CHECKPOINT_S
        if is_due or self._events() > self._saved_events + MOST_EVENTS:
            self.save()
        now_us = self._clock.look()
        if now_us // HOUR_US != self._hour:
            self._segments.close_all(now_us, also_open=False)
            self._hour = now_us // HOUR_US
        over = self._segments.over(now_us)
        if over:
            self.save()  # what was counted of them is nowhere else any more
            self._log.keep_positions(now_us // HOUR_US)
        for hour in over:
            self._log.unlink(hour)
            self._known.forget(hour)

    def _close_when_asked(self) -> None:
        """Closes all segments if `songify live close` asks for it, and tells it which or why not."""
        if not self._asked.exists():
            return
        try:
            told = [str(path) for path in self._segments.close_all(self._clock.look(), also_open=True)]
        except Exception as error:
            answer(self._asked, [f"! {error}"])
            raise
        answer(self._asked, told)

    def _tell(self, trouble: str) -> None:
        if trouble != self._trouble:
            log_.warning("songify live: %s", trouble or "all can be kept again")
        self._trouble = trouble


def answer(asked: Path, lines: list[str]) -> None:
    """Takes a request back, and leaves its answer beside it."""
    with suppress(OSError):
        done = asked.with_suffix(".answer")
        made = asked.with_suffix(".part")
        made.write_text("\n".join(lines), encoding="utf-8")
        made.replace(done)
    asked.unlink(missing_ok=True)
