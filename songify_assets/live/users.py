"""Distinct users by minute, hour and window, as HyperLogLog sketches: a sketch a minute and country, merged for all else.

Merging is idempotent: an hour's sketch takes in a minute's as often as that changes. Minutes that are over are kept by the
checkpoint alone, and come back when a late event, or the window's first hour, needs them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import datasketches as ds

LG_K, KIND = 12, ds.HLL_8
ERROR = float(ds.hll_union.get_rel_err(True, True, LG_K, 1)) * -1  # of merged sketches; of others it is smaller
ALL = "*"  # the users of all countries
Country = str | None
Loader = Callable[[int, int], Mapping[tuple[int, Country], bytes]]
KEPT_MINUTES = 90


class SavedUsers(NamedTuple):
    """A sketch as a checkpoint keeps it; `span` is the minutes it is of: 1 or 60."""

    span: int
    start: int
    country: Country
    users: float
    sketch: bytes


class Estimate(NamedTuple):
    """How many distinct users, and the relative standard error of that."""

    users: int
    error: float


def estimate(users: float) -> Estimate:
    """A sketch's estimate; none or one is exact."""
    return Estimate(round(users), ERROR if users > 1.5 else 0.0)


class Users:
    """The sketches; `load` gives those of minutes that the checkpoint keeps, from one minute to before another."""

    def __init__(self, load: Loader) -> None:
        self._load = load
        self._minutes: dict[tuple[int, Country], ds.hll_union] = {}
        self._hours: dict[tuple[int, Country], ds.hll_union] = {}
        self._users: dict[int, dict[Country, float]] = {}
        self._changed: set[tuple[int, Country]] = set()
        self._released: set[int] = set()  # minutes of which the checkpoint has sketches that are not here
        self._unsaved: set[tuple[int, Country]] = set()
        self._part: tuple[int, int, dict[Country, ds.hll_union]] = (0, 0, {})
        self._first, self._versions = 0, dict[int, int]()

    def add(self, minute: int, country: Country, user_ids: Sequence[str]) -> None:
        """Adds users of a minute and country; each is there once."""
        update = self._sketch(minute, country).update
        for user_id in user_ids:
            update(user_id)
        self._changed.add((minute, country))

    def advance(self, first_minute: int) -> None:
        """Forgets what lies before the first minute of the window."""
        if first_minute == self._first:
            return
        self._first = first_minute
        for minute in [minute for minute in self._users if minute < first_minute]:
            del self._users[minute]
        for key in [key for key in self._hours if key[0] < first_minute // 60]:
            del self._hours[key]
        self._released = {minute for minute in self._released if minute >= first_minute}

    def by_minute(self) -> Mapping[int, Mapping[Country, float]]:
        """The users of each minute and country; of all countries under `ALL`."""
        self._merge()
        return self._users

    def by_hour(self) -> dict[int, dict[Country, float]]:
        """The same by hour; of the first hour only what lies in the window."""
        self._merge()
        found: dict[int, dict[Country, float]] = {}
        for (hour, country), sketch in self._hours_of_window():
            found.setdefault(hour, {})[country] = sketch.get_estimate()
        return found

    def window(self, country: Country) -> float:
        """The users of the window of a country, or of all of them."""
        self._merge()
        whole = ds.hll_union(LG_K)
        for (_, other), sketch in self._hours_of_window():
            if other == country:
                whole.update(sketch.get_result(KIND))
        return float(whole.get_estimate())

    def _hours_of_window(self) -> Iterator[tuple[tuple[int, Country], ds.hll_union]]:
        first = self._first // 60
        for country, sketch in self._first_hour().items():
            yield (first, country), sketch
        yield from ((key, sketch) for key, sketch in self._hours.items() if key[0] > first)

    def _first_hour(self) -> dict[Country, ds.hll_union]:
        """The sketches of the minutes of the first hour that lie in the window."""
        first, hour = self._first, self._first // 60
        version = self._versions.get(hour, 0)
        if self._part[:2] != (first, version):
            part: dict[Country, ds.hll_union] = {}
            end = (hour + 1) * 60
            for (_, country), sketch in self._sketches(first, end):
                part.setdefault(country, ds.hll_union(LG_K)).update(sketch)
            self._part = first, version, part
        return self._part[2]

    def _sketches(self, first: int, end: int) -> Iterable[tuple[tuple[int, Country], ds.hll_sketch]]:
        kept = self._load(first, end) if self._released else {}
        for key, packed in kept.items():
            if key not in self._minutes and key[0] in self._released:
                yield key, ds.hll_sketch.deserialize(packed)
        for key, sketch in self._minutes.items():
            if first <= key[0] < end:
                yield key, sketch.get_result(KIND)

    def _merge(self) -> None:
        """Takes what changed into the sketches of all countries and of the hours."""
        changed, self._changed = self._changed, set()
        for minute, country in changed:
            sketch = self._minutes[minute, country].get_result(KIND)
            whole = self._sketch(minute, ALL)
            whole.update(sketch)
            users = self._users.setdefault(minute, {})
            users[country], users[ALL] = sketch.get_estimate(), whole.get_estimate()
            for key in (country, ALL):
                self._hours.setdefault((minute // 60, key), ds.hll_union(LG_K)).update(sketch)
                self._unsaved.add((minute, key))
            self._versions[minute // 60] = self._versions.get(minute // 60, 0) + 1

    def _sketch(self, minute: int, country: Country) -> ds.hll_union:
        key = minute, country
        if key not in self._minutes:
            if minute in self._released:
                for other, packed in self._load(minute, minute + 1).items():
                    self._minutes.setdefault(other, _union(packed))
                self._released.discard(minute)
            self._minutes.setdefault(key, ds.hll_union(LG_K))
        return self._minutes[key]

    def unsaved(self) -> Iterator[SavedUsers]:
        """The sketches that changed since they were asked for."""
        self._merge()
        unsaved, self._unsaved = self._unsaved, set()
        for minute, country in unsaved:
            yield _saved(1, minute, country, self._minutes[minute, country])
        for hour, country in {(minute // 60, country) for minute, country in unsaved}:
            if (hour, country) in self._hours:
                yield _saved(60, hour, country, self._hours[hour, country])

    def release(self, now_minute: int) -> None:
        """Lets go of minutes that are over and saved."""
        over = [key for key in self._minutes if key[0] < now_minute - KEPT_MINUTES and key not in self._changed]
        for key in over:
            if key not in self._unsaved:
                del self._minutes[key]
                self._released.add(key[0])

    def restore(self, span: int, start: int, country: Country, users: float, sketch: bytes | None) -> None:
        """Puts back what a checkpoint kept; of minutes only how many users there were."""
        if span == 1:
            self._users.setdefault(start, {})[country] = users
            self._released.add(start)
        elif sketch is not None:
            self._hours[start, country] = _union(sketch)


def _union(packed: bytes) -> ds.hll_union:
    union = ds.hll_union(LG_K)
    union.update(ds.hll_sketch.deserialize(packed))
    return union


def _saved(span: int, start: int, country: Country, union: ds.hll_union) -> SavedUsers:
    sketch = union.get_result(KIND)
    return SavedUsers(span, start, country, union.get_estimate(), sketch.serialize_compact())
