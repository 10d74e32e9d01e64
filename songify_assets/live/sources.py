"""Brokers: `songify live` also reads streams of one, and takes what lies there as it takes what comes over HTTP.

The place up to which a stream was taken is in the log, in one transaction with the events; the broker is told afterwards.
So what it hands out again is known, whoever was killed.
"""

import asyncio
import importlib.util
import logging
import time
from collections.abc import Sequence
from hashlib import blake2b
from typing import Any, Protocol

from songify_assets.errors import SettingsError, SongifyError, unexpected
from songify_assets.live.batches import Batches
from songify_assets.live.bodies import Records
from songify_assets.live.entries import Entry, records_in, together, unreadable
from songify_assets.live.events import Batch, Origin, Receipt, Waiting
from songify_assets.live.intake import Intake
from songify_assets.settings import Settings

log_ = logging.getLogger("songify.live")
FIRST_PAUSE_S, LONGEST_PAUSE_S, LOOK_S = 0.1, 5.0, 1.0


class Source(Protocol):
    """A stream of a broker, which holds entries in an order. Whatever asks the broker may raise BrokerUnreachable."""

    name: str  # the same wherever the broker moves: positions are kept under it
    where: str  # for people, without any secret

    def is_after(self, position: str, other: str) -> bool:
        """Whether an entry lies after another."""

    async def open(self, after: str) -> None:
        """Connects anew. What is read from now on holds all entries after a position ("": all) that are not done, in order."""

    async def read(self) -> Sequence[Entry]:
        """The next entries; none if none come for a while."""

    async def done(self, entries: Sequence[Entry]) -> None:
        """These need not be handed out again."""

    async def behind(self) -> int | None:
        """How many entries are not done; None where that cannot be told."""

    async def close(self) -> None:
        """Ends the connection, if there is one."""


class Follower:
    """Reads a source for one of the streams, for ever: when something is in the way it says so, and tries again."""

    def __init__(self, stream: str, source: Source, intake: Intake, batches: Batches) -> None:
        self.stream = stream
        self._source, self._intake, self._batches = source, intake, batches
        self.taken, self.known = 0, 0
        self.behind: int | None = None
        self.is_read, self._trouble, self._pause_s, self._looked_at = False, "it has not been read yet", 0.0, 0.0
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begins, in the loop that runs."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    def stop(self) -> None:
        """Ends; what is not acknowledged by then comes again at the next start."""
        if self._task is not None:
            self._task.cancel()

    def told(self) -> dict[str, Any]:
        """How it stands, for people."""
        state = {"is_read": self.is_read, "behind": self.behind, "trouble": self._trouble or None}
        return {"stream": self.stream, "source": self._source.where, **state}

    async def _run(self) -> None:
        try:
            while True:
                try:
                    await self._follow()
                except SongifyError as error:
                    self._tell(str(error))
                except Exception as error:  # a mistake of ours must not end the reading
                    log_.exception("songify live")
                    self._tell(str(unexpected(error, self._source.where)))
                self._pause_s = min(max(2 * self._pause_s, FIRST_PAUSE_S), LONGEST_PAUSE_S)
                await asyncio.sleep(self._pause_s)
        finally:
            await self._source.close()

    async def _follow(self) -> None:
        after = self._intake.position(self._source.name)
        await self._source.open(after)
        while True:
            entries = await self._source.read()
            fresh = [one for one in entries if not after or self._source.is_after(one.position, after)]
            if fresh:
                await self._take(fresh, after)
                after = fresh[-1].position
            if entries:
                await self._source.done(entries)
            self.taken, self.known = self.taken + len(fresh), self.known + len(entries) - len(fresh)
            self._tell("")
            if time.monotonic() > self._looked_at + LOOK_S:
                self.behind, self._looked_at = await self._source.behind(), time.monotonic()

    async def _take(self, entries: Sequence[Entry], after: str) -> None:
        """Has entries written to the log; the first problem where that fails for any of them."""
        loop, answers = asyncio.get_running_loop(), list[asyncio.Future[Receipt]]()
        for batch in await asyncio.to_thread(self._read, entries, after):
            answers.append(loop.create_future())
            self._intake.offer(Waiting(batch, answers[-1], loop))
        for outcome in await asyncio.gather(*answers, return_exceptions=True):
            if isinstance(outcome, BaseException):
                raise outcome

    def _read(self, entries: Sequence[Entry], after: str) -> list[Batch]:
        batches = []
        for group in together(entries):
            origin = Origin(self._source.name, after, group[-1].position)
            try:
                batches.append(self._batch(records_in(group), origin))
            except Exception:  # a mistake of ours: the others are not to wait for it
                log_.exception("songify live: %s: %s", self._source.where, origin.position)
                batches.append(self._batch(unreadable(group, "it cannot be read"), origin))
            after = origin.position
        return batches

    def _batch(self, records: Records, origin: Origin) -> Batch:
        named = f"{origin.source}\n{origin.position}".encode()
        key = blake2b(named, digest_size=16, person=b"source").digest()  # no key of HTTP is made so
        return self._batches.of(self.stream, records, key, b"", origin)

    def _tell(self, trouble: str) -> None:
        self.is_read = not trouble
        if trouble:
            self.behind, self._looked_at = None, 0.0
        else:
            self._pause_s = 0.0
        if trouble != self._trouble:
            log_.warning("songify live: %s", trouble or f"{self._source.where}: it is read")
        self._trouble = trouble


def followers(settings: Settings, intake: Intake, batches: Batches) -> list[Follower]:
    """Those of the streams that `SONGIFY_LIVE_SOURCE` names; none without it."""
    if not settings.live_source:
        return []
    if importlib.util.find_spec("redis") is None:
        remedy = "Install it (`pip install redis`, the extra `redis` of songify-assets), or leave the setting out."
        raise SettingsError("the Python package `redis` is not installed", where="SONGIFY_LIVE_SOURCE", remedy=remedy)
    from songify_assets.live.redis_source import redis_streams

    sources = redis_streams(settings.live_source, settings.home)
    return [Follower(stream, source, intake, batches) for stream, source in sources.items()]
