"""Work on one thing while the next is made."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def prefetched(items: Iterable[T]) -> Iterator[T]:
    """The same items, each made while the one before is worked on; no item may be None.

    >>> list(prefetched(number * 2 for number in range(3)))
    [0, 2, 4]
    """
    making = iter(items)
    with ThreadPoolExecutor(1) as maker:
        coming = maker.submit(next, making, None)
        while (item := coming.result()) is not None:
            coming = maker.submit(next, making, None)
            yield item
