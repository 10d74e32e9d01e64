"""Notices that a publication was swapped in, opens it, and shows it once what was asked for lately is answered from it."""

import asyncio
import errno
import logging
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import duckdb

from songify_assets.serving.answer_cache import Key
from songify_assets.serving.answers import Answer
from songify_assets.serving.forms import JSON
from songify_assets.serving.problems import Problem
from songify_assets.serving.publications import Publication, Publications, file_of, opened
from songify_assets.serving.questions import is_short

EVERY_S = 0.05
LATELY_S = 300.0
WARM_S = 0.2  # so that the new one is there well within a second
# What answers a key from a publication: in this thread, on a connection of its own; and for its cache, as for any request.
InThread = Callable[[Publication, duckdb.DuckDBPyConnection, Key], Answer]
Asked = list[tuple[Key, float]]
AsAsked = Callable[[Publication, Key], Awaitable[Answer]]
LOAD = "Run `songify load`; it is served as soon as it is there."
GRANT = (
    "Give the user of this server the right to write the home and what is in it; it is served as soon as that is so."
)
log = logging.getLogger("songify.serve")


class Watcher:
    """Keeps `publications` at what lies in the home."""

    def __init__(self, home: Path, publications: Publications, in_thread: InThread, as_asked: AsAsked) -> None:
        self.home, self.publications = home, publications
        self.trouble, self.remedy = "nothing has been published yet", LOAD
        self._in_thread, self._as_asked = in_thread, as_asked
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="publication")
        self._looking = asyncio.Lock()
        self._refused: tuple[int, int] | None = None
        self._told: tuple[int, int] | None = None
        self._rest: asyncio.Task[None] | None = None

    async def watch(self) -> None:
        """Looks again and again, until it is cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(EVERY_S)

    async def look(self) -> None:
        """Shows the publication that lies there, if it is another one than the current one."""
        async with self._looking:
            current, there = self.publications.current, file_of(self.home / "warehouse.duckdb")
            if there is None or there == self._refused or (current and current.file == there):
                return
            asked = _worth_warming(current) if current else []
            run = asyncio.get_running_loop().run_in_executor
            began = time.monotonic()
            try:
                publication = await run(self._thread, opened, self.home)
            except (duckdb.Error, OSError) as error:
                self._refuse(there, error)
                return
            left = await run(self._thread, self._warm, publication, asked, began + WARM_S)
            for unread in self.publications.make_room():
                await run(self._thread, unread.close)  # requests need not wait for that
            self.publications.show(publication)
        self._rest = asyncio.create_task(self._warm_rest(publication, left))

    def _refuse(self, there: tuple[int, int], error: duckdb.Error | OSError) -> None:
        """Tells once why what lies there is not served. It is tried again only where the home may come to be writable."""
        if isinstance(error, OSError) and error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            self.trouble, self.remedy = f"the home cannot be written ({error.strerror})", GRANT
        else:
            self._refused = there
            self.trouble, self.remedy = f"the warehouse cannot be opened ({str(error).splitlines()[0]})", LOAD
        if there != self._told:
            self._told, before = there, " The one before is served on." if self.publications.current else ""
            log.warning("songify serve: %s: %s. %s%s", self.home, self.trouble, self.remedy, before)

    async def _warm_rest(self, publication: Publication, keys: Asked) -> None:
        """Answers the rest of what was asked for, one after the other, as long as the publication is the current one."""
        for key, _ in keys:
            async with self._looking:  # what is to be shown next does not wait for this
                is_wanted = self.publications.current is publication and publication.cache.get(key) is None
            if is_wanted:
                with suppress(Problem, duckdb.Error):
                    await self._as_asked(publication, key)

    def _warm(self, publication: Publication, keys: Asked, until: float) -> Asked:
        """Answers what was asked for, the latest first, until there is no time left; returns what is left."""
        with publication.cursor() as cursor:
            for number, (key, asked_at) in enumerate(keys):
                if time.monotonic() > until:
                    return keys[number:]
                try:
                    publication.cache.put(key, self._in_thread(publication, cursor, key), asked_at)
                except (Problem, duckdb.Error):
                    continue  # whoever asks for it again hears why
        return []

    def close(self) -> None:
        """Ends its thread."""
        self._thread.shutdown(wait=True, cancel_futures=True)


def _worth_warming(publication: Publication) -> Asked:
    """What was asked for lately, the latest first, but for what is answered as soon as it is asked."""
    catalogue, asked = publication.catalogue, publication.cache.asked_within(LATELY_S)
    return [(key, asked_at) for key, asked_at in asked if not (key[2] == JSON and is_short(catalogue, *key[:2]))]
