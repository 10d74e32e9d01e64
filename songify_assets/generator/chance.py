"""Chance without memory: every number is a hash of (seed, what it decides, day, index).

So any entity or event can be made at any time, in any order, without keeping what was made before; and, unlike
numpy's generators, whose streams may change between releases, the hash gives the same numbers for ever.
"""

from functools import lru_cache
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

Index = npt.NDArray[np.int64]
Bits = npt.NDArray[np.uint64]
Share = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


@lru_cache(maxsize=4096)
def _key(seed: int, what: str, day: int) -> int:
    return int.from_bytes(blake2b(f"{seed}/{what}/{day}".encode(), digest_size=8).digest(), "little")


def bits(seed: int, what: str, index: Index, day: int = 0) -> Bits:
    """64 random bits for each index (the splitmix64 mixer)."""
    mixed = index.astype(np.uint64)
    mixed *= np.uint64(0x9E3779B97F4A7C15)
    mixed += np.uint64(_key(seed, what, day))
    mixed ^= mixed >> np.uint64(30)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    mixed ^= mixed >> np.uint64(27)
    mixed *= np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    return mixed


def uniform(seed: int, what: str, index: Index, day: int = 0) -> Share:
    """A number in [0, 1) for each index."""
    return (bits(seed, what, index, day) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def pick(seed: int, what: str, index: Index, count: int, day: int = 0) -> Index:
    """One of `count` choices for each index, all equally likely."""
    return (uniform(seed, what, index, day) * count).astype(np.int64)


def popular(shares: Share, count: int, skew: float = 1.2) -> Index:
    """Turn uniform shares into ranks 0..count-1 of which the first are by far the most frequent (Zipf's law).

    This inverts the continuous curve, so it costs the same for ten films and for a billion tracks.
    """
    tail = float(count + 1) ** (1.0 - skew)
    ranks = (1.0 + shares * (tail - 1.0)) ** (1.0 / (1.0 - skew))
    chosen: Index = np.minimum(ranks.astype(np.int64) - 1, count - 1)
    return chosen


def population(base: int, day: int, growth: float = 0.01) -> int:
    """How many entities have ever existed by a day, when a share of the first day's number is born each day."""
    return base + int(base * growth * day)


def birthday(base: int, index: Index, growth: float = 0.01) -> Index:
    """The day on which each entity first existed; 0 for those that were there at the start."""
    return np.maximum(np.ceil((index + 1 - base) / (base * growth)), 0).astype(np.int64)


def version(seed: int, what: str, index: Index, day: int, period: int) -> Index:
    """How often each entity has changed by a day; one in `period` changes on any day, none on the first."""
    changes: Index = (day + pick(seed, what + " phase", index, period)) // period
    return changes


def present(seed: int, what: str, index: Index, day: int, period: int) -> Mask:
    """Whether each entity is in the dump of a day: one in `period` leaves each day, most of them for 1 to 5 days."""
    turn, since = np.divmod(day + pick(seed, what + " leaves", index, period), period)
    away = 1 + pick(seed, what + " away", index, 5)
    for_good = uniform(seed, what + " for good", index) < 0.3
    here: Mask = (turn == 0) | (~for_good & (since >= away))
    return here


def versioned(index: Index, versions: Index) -> Index:
    """An index that differs for each version of each entity."""
    return index + (versions << 40)
