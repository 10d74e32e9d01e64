"""Work on several things at once, in order."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

WORKERS = 2
T = TypeVar("T")
Made = TypeVar("Made")


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


def worked(work: Callable[[T], Made], items: Iterable[T]) -> Iterator[Made]:
    """What `work` makes of each item, in order; a few items are worked on at once.

    >>> list(worked(lambda number: number * 2, range(3)))
    [0, 2, 4]
    """
    coming: deque[Future[Made]] = deque()
    with ThreadPoolExecutor(WORKERS) as workers:
        for item in items:
            coming.append(workers.submit(work, item))
            if len(coming) > WORKERS:
                yield coming.popleft().result()
        while coming:
            yield coming.popleft().result()
