"""Step times by minute, hour, window and altogether: count, mean and variance as Welford and Chan have them, quantiles as KLL sketches.

A number goes into the sketches of its minute, its hour and of all time when it comes; nothing is kept of it. Minutes that are
over are kept by the checkpoint alone, as with users.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import datasketches as ds
import numpy as np
import numpy.typing as npt

K = 200
RANK_ERROR = float(ds.kll_doubles_sketch.get_normalized_rank_error(K, False))
SHARES = {"p50_ms": 0.5, "p90_ms": 0.9, "p99_ms": 0.99}
KEPT_MINUTES = 90
Numbers = npt.NDArray[np.float64]
Step = tuple[str, str]  # feature, step
Key = tuple[int, int, Step]  # minutes of the span, its start in spans since 1970, step
FOREVER = 0  # the span that is never over


class Moments(NamedTuple):
    """So many numbers, their mean, the sum of squared distances from it, the least and the largest."""

    n: int
    mean: float
    m2: float
    least: float
    most: float

    def merged(self, other: "Moments") -> "Moments":
        """Those of both (Chan, Golub and LeVeque 1979).

        >>> Moments(2, 1.5, 0.5, 1, 2).merged(Moments(1, 9, 0, 9, 9))
        Moments(n=3, mean=4.0, m2=38.0, least=1, most=9)
        """
        n = self.n + other.n
        apart = other.mean - self.mean
        mean = self.mean + apart * other.n / n
        m2 = self.m2 + other.m2 + apart * apart * self.n * other.n / n
        return Moments(n, mean, m2, min(self.least, other.least), max(self.most, other.most))


@dataclass
class Times:
    """The moments of some numbers, and their sketch."""

    moments: Moments
    sketch: ds.kll_doubles_sketch


class SavedTimes(NamedTuple):
    """Times as a checkpoint keeps them."""

    span: int
    start: int
    feature: str
    step: str
    moments: Moments
    sketch: bytes


Loader = Callable[[int, int], Iterator[SavedTimes]]


class Steps:
    """The times of each step; `load` gives those of minutes that the checkpoint keeps, from one to before another."""

    def __init__(self, load: Loader) -> None:
        self._load = load
        self._times: dict[Key, Times] = {}
        self._released: set[int] = set()
        self._unsaved: set[Key] = set()
        self._first = 0

    def add(self, minute: int | None, step: Step, moments: Moments, numbers: Numbers) -> None:
        """Adds numbers of a minute; None: too old for the window."""
        spans = [(FOREVER, 0), *(() if minute is None else ((1, minute), (60, minute // 60)))]
        if minute in self._released:
            self._bring_back(minute)
        for span, start in spans:
            key = span, start, step
            known = self._times.get(key)
            if known is None:
                known = self._times[key] = Times(moments, ds.kll_doubles_sketch(K))
            else:
                known.moments = known.moments.merged(moments)
            known.sketch.update(numbers)
            self._unsaved.add(key)

    def advance(self, first_minute: int) -> None:
        """Forgets what lies before the first minute of the window."""
        if first_minute == self._first:
            return
        self._first = first_minute
        ends = {1: first_minute, 60: first_minute // 60}
        for key in [key for key in self._times if key[1] < ends.get(key[0], 0)]:
            del self._times[key]
            self._unsaved.discard(key)
        self._released = {minute for minute in self._released if minute >= first_minute}

    def forever(self) -> dict[Step, Times]:
        """The times since the first event."""
        return {step: times for (span, _, step), times in self._times.items() if span == FOREVER}

    def window(self) -> dict[Step, Times]:
        """The times of the window: its whole hours, and the minutes of the first one that lie in it."""
        first_hour, found = self._first // 60, dict[Step, Times]()
        for (span, start, step), times in self._times.items():
            is_whole = span == 60 and start > first_hour
            if is_whole or (span == 1 and start // 60 == first_hour and start >= self._first):
                _merge(found, step, times)
        for saved in self._load(self._first, (first_hour + 1) * 60) if self._released else ():
            if saved.start in self._released:
                _merge(found, (saved.feature, saved.step), _times(saved))
        return found

    def unsaved(self) -> Iterator[SavedTimes]:
        """The times that changed since they were asked for."""
        unsaved, self._unsaved = self._unsaved, set()
        for key in unsaved:
            span, start, step = key
            times = self._times[key]
            yield SavedTimes(span, start, *step, times.moments, times.sketch.serialize())

    def release(self, now_minute: int) -> None:
        """Lets go of minutes that are over and saved."""
        for key in [key for key in self._times if key[0] == 1 and key[1] < now_minute - KEPT_MINUTES]:
            if key not in self._unsaved:
                del self._times[key]
                self._released.add(key[1])

    def restore(self, saved: SavedTimes | int) -> None:
        """Puts back what a checkpoint kept; of minutes only that it keeps them."""
        if isinstance(saved, int):
            self._released.add(saved)
        else:
            self._times[saved.span, saved.start, (saved.feature, saved.step)] = _times(saved)

    def _bring_back(self, minute: int) -> None:
        for saved in self._load(minute, minute + 1):
            self._times.setdefault((1, minute, (saved.feature, saved.step)), _times(saved))
        self._released.discard(minute)


def told(times: Mapping[Step, Times]) -> list[dict[str, object]]:
    """The rows of `/v1/live/steps`."""
    rows = []
    for (feature, step), one in sorted(times.items()):
        n, mean, m2, least, most = one.moments
        quantiles = one.sketch.get_quantiles([*SHARES.values()], True)
        rows.append({
            "feature": feature, "step": step, "n": n, "mean_ms": mean, "variance": m2 / (n - 1) if n > 1 else None,
            "min_ms": least, "max_ms": most, **dict(zip(SHARES, quantiles, strict=True)),
            "rank_error": RANK_ERROR if one.sketch.is_estimation_mode() else 0.0,
        })  # fmt: skip
    return rows


def _merge(found: dict[Step, Times], step: Step, times: Times) -> None:
    known = found.get(step)
    if known is None:
        known = found[step] = Times(times.moments, ds.kll_doubles_sketch(K))
        known.sketch.merge(times.sketch)
    else:
        known.moments = known.moments.merged(times.moments)
        known.sketch.merge(times.sketch)


def _times(saved: SavedTimes) -> Times:
    return Times(saved.moments, ds.kll_doubles_sketch.deserialize(saved.sketch))
