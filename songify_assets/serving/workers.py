"""Several processes that answer on one socket; one that dies is replaced."""

import os
import signal
import traceback
from collections.abc import Callable
from types import FrameType

Work = Callable[[Callable[[], None]], None]


def with_workers(number: int, work: Work, say: Callable[[], None]) -> None:
    """Forks so many workers, says when all of them answer, and ends them when this process is ended."""
    heard, told = os.pipe()
    children = {_forked(work, told) for _ in range(number)}
    ending = False

    def end(signal_number: int, frame: FrameType | None) -> None:
        nonlocal ending
        ending = True
        for child in children:
            os.kill(child, signal.SIGTERM)

    for ended in (signal.SIGTERM, signal.SIGINT):
        signal.signal(ended, end)
    waiting = number
    while waiting and not ending:
        waiting -= len(os.read(heard, waiting))
    if not ending:
        say()
    while children:
        child, _ = os.wait()
        children.discard(child)
        if not ending:
            children.add(_forked(work, told))


def _forked(work: Work, told: int) -> int:
    """A worker; it writes a byte once it answers."""
    if child := os.fork():
        return child
    status = 1
    try:
        for ended in (signal.SIGTERM, signal.SIGINT):
            signal.signal(ended, lambda *_: os._exit(0))
        work(lambda: (os.write(told, b"."), None)[1])
        status = 0
    except SystemExit:
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)
