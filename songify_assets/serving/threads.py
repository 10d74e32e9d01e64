"""Threads in which questions are put to DuckDB: a few at once, some more that wait, and none for longer than it may."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import duckdb

from songify_assets.serving.problems import unavailable
from songify_assets.serving.publications import Publication

AT_ONCE, MOST_WAITING, PATIENCE_S, AGAIN_S = 4, 128, 30.0, 0.1
T = TypeVar("T")


class Threads:
    """Used by the event loop alone."""

    def __init__(self, patience_s: float = PATIENCE_S) -> None:
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="question")
        self._patience_s, self._asked = patience_s, 0

    async def ask(self, publication: Publication, question: Callable[[duckdb.DuckDBPyConnection], T]) -> T:
        """What a question finds in a publication; Problem (503) where there are too many of them, or it takes too long."""
        if self._asked >= AT_ONCE + MOST_WAITING:
            raise unavailable("too many questions wait", "Ask again in a moment.", 1)
        self._asked += 1
        running = list[duckdb.DuckDBPyConnection]()

        def run() -> T:
            with publication.cursor() as cursor:
                running.append(cursor)
                try:
                    return question(cursor)
                finally:
                    running.clear()

        begun = self._pool.submit(run)
        giving_up = asyncio.get_running_loop().call_later(self._patience_s, _give_up, begun, running)
        try:
            return await asyncio.wrap_future(begun)
        except (duckdb.InterruptException, asyncio.CancelledError):
            what = f"this takes longer than {self._patience_s:g} s"
            raise unavailable(what, "Ask for fewer rows, or filter more.") from None
        finally:
            giving_up.cancel()
            self._asked -= 1

    def close(self) -> None:
        """Lets nothing more begin."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def _give_up(begun: Future[T], running: list[duckdb.DuckDBPyConnection]) -> None:
    """Ends a question that takes too long; again and again, since DuckDB forgets an interrupt that comes too early."""
    if begun.cancel() or begun.done():
        return
    for cursor in list(running):
        cursor.interrupt()
    asyncio.get_running_loop().call_later(AGAIN_S, _give_up, begun, running)
