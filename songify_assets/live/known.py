"""The keys of the batches of the last 25 hours: 16 bytes each for the open hour, and 8 for those before.

Eight bytes tell that a key may be known; the log of that hour tells whether it is.
"""

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

from songify_assets.live.log import Log

Prefixes = npt.NDArray[np.uint64]


def key_of(name: str) -> bytes:
    """The hash of an Idempotency-Key."""
    return blake2b(name.encode("latin-1"), digest_size=16).digest()


class Known:
    """Which keys there are, and in which hour's file."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._open: dict[int, set[bytes]] = {}
        self._closed: dict[int, Prefixes] = {}

    def read(self) -> None:
        """Reads the keys of the whole log."""
        hours = self._log.hours()
        for hour in hours[:-1]:
            self._closed[hour] = _prefixes(self._log.keys(hour))
        self._open = {hour: set(self._log.keys(hour)) for hour in hours[-1:]}

    def add(self, keys: Sequence[bytes | None], hour: int) -> None:
        """Keys that were written to an hour's file; the hours before it get their small form."""
        for before in [other for other in self._open if other < hour]:
            self._closed[before] = _prefixes([*self._open.pop(before)])
        self._open.setdefault(hour, set()).update(key for key in keys if key is not None)

    def hours_of(self, keys: Sequence[bytes]) -> dict[bytes, list[int]]:
        """The hours whose files may hold each of these keys; keys that are surely new are left out."""
        found: dict[bytes, list[int]] = {}
        for hour, own in self._open.items():
            for key in keys:
                if key in own:
                    found.setdefault(key, []).append(hour)
        if keys and self._closed:
            wanted = _as_numbers(keys)
            for hour, prefixes in self._closed.items():
                at = np.minimum(np.searchsorted(prefixes, wanted), max(len(prefixes) - 1, 0))
                for number in np.flatnonzero(prefixes[at] == wanted) if len(prefixes) else ():
                    found.setdefault(keys[int(number)], []).append(hour)
        return found

    def forget(self, hour: int) -> None:
        """The file of an hour is gone."""
        self._closed.pop(hour, None)
        self._open.pop(hour, None)


def _as_numbers(keys: Sequence[bytes]) -> Prefixes:
    return np.frombuffer(b"".join(key[:8] for key in keys), dtype=np.uint64)


def _prefixes(keys: Sequence[bytes]) -> Prefixes:
    return np.sort(_as_numbers(keys))
