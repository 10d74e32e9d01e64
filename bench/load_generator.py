"""Requests at a steady rate over kept connections; each is timed from when it was due, so that a server that stalls does not look quick."""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import uvloop


@dataclass
class Heard:
    """What requests took, in seconds, and how many answers had each status."""

    seconds: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)

    def at(self, quantile: float) -> float:
        """The time within which that part of the requests was answered."""
        ordered = sorted(self.seconds)
        return ordered[min(int(len(ordered) * quantile), len(ordered) - 1)]

    def in_words(self) -> str:
        """Median, p99 and worst in milliseconds, and the statuses."""
        told = ", ".join(f"{name} {self.at(q) * 1000:.2f}" for name, q in (("p50", 0.5), ("p99", 0.99), ("max", 1.0)))
        return f"{len(self.seconds):,} requests, ms: {told}; statuses {dict(self.statuses)}"


class _Connection(asyncio.Protocol):
    """A kept connection; requests on it follow each other, and one that is due while it is busy waits."""

    def __init__(self, heard: Heard) -> None:
        self._heard, self._due, self._buffer, self._expected = heard, deque[tuple[bytes, float]](), bytearray(), -1

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def send(self, request: bytes, due: float) -> None:
        self._due.append((request, due))
        if len(self._due) == 1:
            self.transport.write(request)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if self._expected < 0:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            head = bytes(self._buffer[:end]).lower()
            at = head.find(b"content-length:")
            length = (
                int(head[at + 15 : head.find(b"\r\n", at) if head.find(b"\r\n", at) > 0 else None]) if at > 0 else 0
            )
            self._status = int(head[9:12])
            self._expected = end + 4 + (0 if self._status == 304 else length)
        if len(self._buffer) >= self._expected:
            _, due = self._due.popleft()
            self._heard.seconds.append(time.perf_counter() - due)
            self._heard.statuses[self._status] += 1
            del self._buffer[: self._expected]
            self._expected = -1
            if self._due:
                self.transport.write(self._due[0][0])  # type: ignore[attr-defined]

    @property
    def waits(self) -> bool:
        return bool(self._due)

    def connection_lost(self, exc: Exception | None) -> None:
        self._heard.statuses[0] += len(self._due)
        self._due.clear()


def request_of(path: str, **headers: str) -> bytes:
    """The bytes of a GET."""
    told = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{told}\r\n".encode()


def at_rate(
    port: int,
    requests: Iterator[bytes],
    a_second: float,
    seconds: float,
    connections: int = 16,
    beside: Callable[[], None] = lambda: None,
) -> Heard:
    """Sends requests at a steady rate; `beside` is called in a thread meanwhile."""

    async def run() -> Heard:
        loop, heard = asyncio.get_running_loop(), Heard()
        made = [await loop.create_connection(lambda: _Connection(heard), "127.0.0.1", port) for _ in range(connections)]
        opened = [protocol for _, protocol in made]
        other = loop.run_in_executor(None, beside)
        began, sent, whole = time.perf_counter(), 0, int(a_second * seconds)
        while sent < whole:
            now = time.perf_counter()
            while sent < whole and (due := began + sent / a_second) <= now:
                opened[sent % connections].send(next(requests), due)
                sent += 1
            await asyncio.sleep(max(began + sent / a_second - time.perf_counter(), 0))
        while any(one.waits for one in opened):
            await asyncio.sleep(0.01)
        await other
        for transport, _ in made:
            transport.close()
        return heard

    return uvloop.run(run())
