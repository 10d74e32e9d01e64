"""Threads in which questions are put to DuckDB: a few at once, some more that wait, and none for longer than it may."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import duckdb

from songify_assets.serving.problems import unavailable
from songify_assets.serving.publications import Publication

AT_ONCE, MOST_WAITING, PATIENCE_S = 4, 128, 30.0
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

        loop = asyncio.get_running_loop()
        future = loop.run_in_executor(self._pool, run)

        def give_up() -> None:
            for one in list(running):
                one.interrupt()
            future.cancel()

        late = loop.call_later(self._patience_s, give_up)
        try:
            return await future
        except (duckdb.InterruptException, asyncio.CancelledError):
            what = f"this takes longer than {self._patience_s:g} s"
            raise unavailable(what, "Ask for fewer rows, or filter more.") from None
        finally:
            late.cancel()
            self._asked -= 1

    def close(self) -> None:
        """Lets nothing more begin."""
        self._pool.shutdown(wait=False, cancel_futures=True)
