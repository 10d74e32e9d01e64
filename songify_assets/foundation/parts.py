"""Many partitions computed a few at a time: what is grouped then stays in the processor's caches, and in little memory."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

LEAST_BYTES = 8 << 20  # of Parquet; smaller ones are computed together, since each query costs some milliseconds


@dataclass(frozen=True)
class Parts:
    """The rows of a table as several frames, each with the partitions that it has."""

    frames: Sequence[tuple[list[str], Any]]


def in_parts(sizes: Mapping[str, int], least: int) -> list[list[str]]:
    """The partitions in order, in groups of at least so many bytes; what is left is in the last.

    >>> in_parts({"a": 9, "b": 1, "c": 2, "d": 5, "e": 1}, least=5)
    [['a'], ['b', 'c', 'd', 'e']]
    >>> in_parts({"a": 0, "b": 0}, least=0)
    [['a'], ['b']]
    """
    groups: list[list[str]] = [[]]
    size = 0
    for key, more in sizes.items():
        if groups[-1] and size >= least:
            groups.append([])
            size = 0
        groups[-1].append(key)
        size += more
    if size < least and len(groups) > 1:
        last = groups.pop()
        groups[-1] += last
    return groups
