"""Redis Streams as a source: one consumer group, in which one `songify live` reads.

What was handed out and is not acknowledged is read first, then what is new; so entries come in their order, whatever broke off.
Redis-py must not repeat a read by itself: the entries of an answer that got lost are handed out already.
"""

import logging
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError

from songify_assets.errors import BrokerUnreachable
from songify_assets.live.entries import Entry

log_ = logging.getLogger("songify.live")
GROUP = "songify"
PENDING, NEW, START = "0", ">", "0-0"
WAIT_MS, PATIENCE_S, ALIVE_MS = 1000, 10, 10_000
MOST_BYTES, MOST_ENTRIES, AT_ONCE = 8 << 20, 2_000, 1_000


class RedisStream:
    """A stream of Redis, read under the name `consumer`."""

    def __init__(self, server: dict[str, Any], key: str, consumer: str) -> None:
        self.name = f"redis {key}"
        self.where = f"redis://{server['host']}:{server['port']}/{server['db']}, stream {key}"
        self._server, self._key, self._consumer = server, key, consumer
        self._client: Redis | None = None
        self._cursor, self._count = PENDING, 1

    def is_after(self, position: str, other: str) -> bool:
        """Whether an entry lies after another."""
        return _number(position) > _number(other)

    async def open(self, after: str) -> None:
        """Joins the group, and takes over what a reader that is gone has left."""
        await self.close()
        self._client = Redis(
            **self._server, socket_timeout=PATIENCE_S, socket_connect_timeout=PATIENCE_S,
            retry=Retry(NoBackoff(), 0), protocol=2,
        )  # fmt: skip
        with self._asking():
            await self._join(self._client, after)
            await self._take_over(self._client)
        self._cursor, self._count = PENDING, 1

    async def read(self) -> Sequence[Entry]:
        """The next entries, about as many as fit into `MOST_BYTES`."""
        client, wait = self._opened(), WAIT_MS if self._cursor == NEW else None
        with self._asking():
            answer: Any = await client.xreadgroup(GROUP, self._consumer, {self._key: self._cursor}, self._count, wait)
        entries = [Entry(number.decode(), _texts(fields)) for number, fields in (answer[0][1] if answer else ())]
        if self._cursor != NEW:
            self._cursor = entries[-1].position if entries else NEW
        if entries:
            size = sum(len(value) for one in entries for value in one.fields.values()) // len(entries)
            self._count = min(2 * self._count, max(1, MOST_BYTES // max(size, 1)), MOST_ENTRIES)
        return entries

    async def done(self, entries: Sequence[Entry]) -> None:
        """Acknowledges entries."""
        client = self._opened()
        with self._asking():
            await client.xack(self._key, GROUP, *(one.position for one in entries))

    async def behind(self) -> int | None:
        """Entries that are new or not acknowledged; Redis cannot tell where some were deleted, nor before its version 7."""
        client = self._opened()
        with self._asking():
            groups = await client.xinfo_groups(self._key)
        [own] = [one for one in groups if one["name"].decode() == GROUP]
        lag = own.get("lag")
        return None if lag is None else int(lag) + int(own["pending"])

    async def close(self) -> None:
        """Ends the connection."""
        if self._client is not None:
            client, self._client = self._client, None
            with suppress(RedisError, OSError):
                await client.aclose()

    async def _join(self, client: Redis, after: str) -> None:
        last = await self._last(client)
        is_short = bool(after) and self.is_after(after, last)
        if is_short:
            log_.warning(
                "songify live: %s: it ends at %s, though it was read up to %s: it was made anew or put back. What has"
                " a number up to that one counts as known; a stream that begins anew needs a name of its own.",
                self.where, last, after,
            )  # fmt: skip
        try:
            await client.xgroup_create(self._key, GROUP, START if is_short else after or START, mkstream=True)
        except ResponseError as error:
            if not str(error).startswith("BUSYGROUP"):
                raise

    async def _last(self, client: Redis) -> str:
        """The newest number that the stream has given."""
        if not await client.exists(self._key):
            return START
        number: bytes = (await client.xinfo_stream(self._key))["last-generated-id"]
        return number.decode()

    async def _take_over(self, client: Redis) -> None:
        """Makes entries ours that others have not acknowledged; BrokerUnreachable while another reader lives."""
        others = [
            (one["name"].decode(), one["pending"], one["idle"])
            for one in await client.xinfo_consumers(self._key, GROUP)
            if one["name"].decode() != self._consumer
        ]
        for name, _, idle_ms in others:
            if idle_ms < ALIVE_MS:
                what, remedy = f"another one reads it ({name})", "Give each `songify live` streams of its own."
                raise BrokerUnreachable(what, where=self.where, remedy=remedy)
        for name, pending, _ in others:
            while pending:
                left: Any = await client.xpending_range(self._key, GROUP, "-", "+", AT_ONCE, name)
                numbers = [one["message_id"] for one in left]
                if numbers:
                    await client.xclaim(self._key, GROUP, self._consumer, 0, numbers, justid=True)
                pending = len(numbers)

    def _opened(self) -> Redis:
        assert self._client is not None
        return self._client

    @contextmanager
    def _asking(self) -> Iterator[None]:
        try:
            yield
        except (RedisError, OSError) as error:
            what = f"it cannot be read now ({' '.join(str(error).split())[:200] or type(error).__name__})"
            remedy = "It is tried again; what is sent over HTTP is taken meanwhile."
            raise BrokerUnreachable(what, where=self.where, remedy=remedy) from None


def redis_streams(url: str, home: Path) -> dict[str, RedisStream]:
    """The sources that an address names, by stream; each home reads under a name of its own."""
    parts = urlsplit(url)
    server = {
        "host": parts.hostname,
        "port": parts.port or 6379,
        "db": int(parts.path.strip("/") or 0),
        "username": unquote(parts.username or "") or None,
        "password": unquote(parts.password or "") or None,
    }
    consumer = f"{socket.gethostname()}:{home}"
    return {stream: RedisStream(server, keys[0], consumer) for stream, keys in parse_qs(parts.query).items()}


def _number(position: str) -> tuple[int, int]:
    first, _, second = position.partition("-")
    return int(first), int(second or 0)


def _texts(fields: dict[bytes, bytes]) -> dict[str, bytes]:
    return {name.decode(errors="replace"): value for name, value in fields.items()}
