"""Events by second and country over the last 24 hours, how many of them came late, and how many came too late to count."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import zstandard

from songify_assets.live.events import DAY_S

AHEAD_S = 300
RING = DAY_S + 2 * AHEAD_S
HOUR_S = 3600
Country = str | None
Numbers = npt.NDArray[np.int64]


class SavedHour(NamedTuple):
    """An hour of a country as a checkpoint keeps it."""

    hour: int
    country: Country
    events: bytes
    late: bytes


class Seconds:
    """A ring of seconds for each country; it ends some minutes ahead of now, since clocks of senders differ."""

    def __init__(self) -> None:
        self.countries: dict[Country, int] = {}
        self._events = np.zeros((0, RING), dtype=np.uint32)
        self._late = np.zeros((0, RING), dtype=np.uint32)
        self._old: dict[tuple[int, Country], int] = {}  # by minute of arrival
        self._unsaved: set[tuple[int, Country]] = set()
        self.last = 0  # the newest second that has a place

    @property
    def first(self) -> int:
        """The first second of the window."""
        return self.last - AHEAD_S - DAY_S

    def advance(self, now_s: int) -> None:
        """Makes place for what comes up to now, and a little ahead; what lies behind the window is forgotten."""
        last = now_s + AHEAD_S
        if last <= self.last:
            return
        gone = np.arange(max(self.last + 1, last - RING + 1), last + 1) % RING
        self._events[:, gone] = 0
        self._late[:, gone] = 0
        self.last = last
        ended = (now_s - DAY_S) // 60
        for key in [key for key in self._old if key[0] < ended]:
            del self._old[key]

    def add(self, seconds: Numbers, countries: Sequence[Country], events: Numbers, late: Numbers) -> None:
        """Adds events; each pair of second and country is there once, and all lie in the window or just before it."""
        rows = np.array([self._row(country) for country in countries], dtype=np.int64)
        is_kept = (seconds > self.last - RING) & (seconds <= self.last)
        places = rows[is_kept], seconds[is_kept] % RING
        self._events[places] += events[is_kept].astype(np.uint32)
        self._late[places] += late[is_kept].astype(np.uint32)
        self._unsaved |= set(zip((seconds // HOUR_S).tolist(), countries, strict=True))

    def add_too_old(self, minute: int, country: Country, events: int) -> None:
        """Adds events that were too old when they came, in this minute."""
        self._old[minute, country] = self._old.get((minute, country), 0) + events

    def too_old(self, country: Country, is_all: bool) -> int:
        """How many events of the last 24 hours came too late to count."""
        return sum(events for (_, other), events in self._old.items() if is_all or other == country)

    def window(self, country: Country, is_all: bool) -> tuple[Numbers, Numbers]:
        """Events and late ones, second by second from `first`."""
        places = np.arange(self.first, self.last + 1) % RING
        if is_all:
            return self._events.sum(0, dtype=np.int64)[places], self._late.sum(0, dtype=np.int64)[places]
        row = self.countries.get(country)
        if row is None:
            return np.zeros(len(places), np.int64), np.zeros(len(places), np.int64)
        return self._events[row, places].astype(np.int64), self._late[row, places].astype(np.int64)

    def unsaved(self) -> Iterator[SavedHour]:
        """The hours that changed since they were asked for."""
        for hour, country in self._unsaved:
            row, places = self.countries[country], np.arange(hour * HOUR_S, (hour + 1) * HOUR_S)
            # Seconds outside of the ring have no place; that of another second is not theirs.
            is_kept = (places > self.last - RING) & (places <= self.last)
            parts = [np.where(is_kept, part[row, places % RING], 0) for part in (self._events, self._late)]
            yield SavedHour(hour, country, *(zstandard.compress(part.astype("<u4").tobytes()) for part in parts))
        self._unsaved = set()

    def restore(self, saved: SavedHour) -> None:
        """Puts back what a checkpoint kept."""
        places = np.arange(saved.hour * HOUR_S, (saved.hour + 1) * HOUR_S)
        is_kept = (places > self.last - RING) & (places <= self.last)
        row = self._row(saved.country)
        for part, packed in ((self._events, saved.events), (self._late, saved.late)):
            part[row, places[is_kept] % RING] = np.frombuffer(zstandard.decompress(packed), "<u4")[is_kept]

    @property
    def old(self) -> dict[tuple[int, Country], int]:
        """Events that came too late to count, by minute of arrival and country."""
        return self._old

    def _row(self, country: Country) -> int:
        if country not in self.countries:
            self.countries[country] = row = len(self.countries)
            if row == len(self._events):
                # Written once, so that a day takes no more memory than an hour.
                more = np.ones((16, RING), dtype=np.uint32)
                more[:] = 0
                self._events, self._late = np.concatenate([self._events, more]), np.concatenate([self._late, more])
        return self.countries[country]
