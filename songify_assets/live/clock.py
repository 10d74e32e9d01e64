"""The clock, which only goes on: an instant before the newest that was seen is no time for an event to arrive at."""

import threading
import time

from songify_assets.errors import HomeError

TOLERANCE_US = 1_000_000


class Clock:
    """The newest instant that was seen, in microseconds since 1970; small steps back count as standing still."""

    def __init__(self, seen_us: int) -> None:
        self._seen_us, self._lock = seen_us, threading.Lock()

    def saw(self, us: int) -> None:
        """An instant that was seen by a process before this one."""
        with self._lock:
            self._seen_us = max(self._seen_us, us)

    def look(self) -> int:
        """The newest instant, whatever the clock shows."""
        with self._lock:
            self._seen_us = max(self._seen_us, time.time_ns() // 1000)
            return self._seen_us

    def now_us(self) -> int:
        """The instant; HomeError if the clock was set back."""
        seen, shows = self.look(), time.time_ns() // 1000
        if shows < seen - TOLERANCE_US:
            behind = (seen - shows) / 1_000_000
            raise HomeError(
                f"it was set back: it is {behind:,.0f} s behind the newest batch",
                where="the clock",
                remedy="Set it right; until then no events are taken, since their minute could not be told.",
            )
        return seen
