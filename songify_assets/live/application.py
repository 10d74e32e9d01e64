"""The HTTP side: batches come in, counts go out."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from hashlib import blake2b
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from songify_assets.live import page
from songify_assets.live.admission import LiveAdmission
from songify_assets.live.batches import Batches
from songify_assets.live.bodies import MOST_BYTES, records_of, too_large, unpacked
from songify_assets.live.events import Batch, Receipt, Waiting
from songify_assets.live.intake import Intake
from songify_assets.live.known import key_of
from songify_assets.live.metrics import MEDIA_TYPE as METRICS
from songify_assets.live.metrics import Metrics
from songify_assets.live.problems import overloaded, unavailable
from songify_assets.live.readings import Query, Readings
from songify_assets.live.records import STREAMS
from songify_assets.live.sources import Follower
from songify_assets.serving.problems import MEDIA_TYPE, Problem, not_there, wrong_query

MOST_WAITING = 512 << 20  # bytes of batches that are being read or wait for the disk
INLINE_BYTES, PACKED = 256 << 10, 20  # more than this is read in a thread; packed it may be so many times larger
JSON = "application/json"
FRESH_S = 0.2


class Live:
    """What the server answers."""

    def __init__(
        self,
        intake: Intake,
        readings: Readings,
        metrics: Metrics,
        admission: LiveAdmission,
        batches: Batches,
        followers: Sequence[Follower],
    ) -> None:
        self._intake, self._readings, self._metrics, self._admission = intake, readings, metrics, admission
        self._batches, self._followers = batches, followers
        self._weight = 0
        self._told, self._told_at = b"{}", float("-inf")
        self.is_ending = False

    def application(self) -> Starlette:
        """The routes."""
        read = self._readings
        routes = [
            Route("/v1/events/{stream}", self._take, methods=["POST"]),
            Route("/v1/live/logins/total", self._answers(read.total)),
            Route("/v1/live/logins", self._answers(read.logins)),
            Route("/v1/live/steps", self._answers(read.steps)),
            Route("/v1/live/feed", self._feed),
            Route("/v1/health", self._health),
            Route("/metrics", self._measures),
            Route("/live", self._page),
            Mount("/live/static", StaticFiles(directory=page.STATIC)),
        ]
        handlers: dict[Any, Any] = {Problem: _problem, HTTPException: _other, ClientDisconnect: _gone}
        return Starlette(routes=routes, exception_handlers=handlers)

    async def _take(self, request: Request) -> Response:
        began, stream = time.perf_counter(), request.path_params["stream"]
        if stream not in STREAMS:
            raise not_there(request.url.path, "there is no such stream", f"There are {' and '.join(STREAMS)}.")
        try:
            self._admission.admit(request.headers.get("authorization"), "events")
            receipt = await self._received(request, stream)
        except Problem as problem:
            self._metrics.answered(stream, problem.status, time.perf_counter() - began)
            raise
        self._metrics.answered(stream, 200, time.perf_counter() - began)
        self._metrics.duplicates += receipt.is_duplicate
        return Response(receipt.body, media_type=JSON)

    async def _received(self, request: Request, stream: str) -> Receipt:
        weight, loop = int(request.headers.get("content-length") or 0), asyncio.get_running_loop()
        key = _key(request.headers.get("idempotency-key"))
        if weight > MOST_BYTES:
            raise too_large()
        weight = 3 * max(weight, 1 << 10)
        if self._weight + weight > MOST_WAITING:
            raise overloaded("too many batches wait for the disk")
        self._weight += weight
        try:
            body = await _read(request)
            headers = request.headers.get("content-encoding", ""), request.headers.get("content-type", "")
            if len(body) * (PACKED if headers[0] else 1) > INLINE_BYTES:
                batch = await asyncio.to_thread(self._batch, stream, body, *headers, key)
            else:
                batch = self._batch(stream, body, *headers, key)
            answer: asyncio.Future[Receipt] = loop.create_future()
            self._intake.offer(Waiting(batch, answer, loop))
            return await answer
        finally:
            self._weight -= weight

    def _batch(self, stream: str, body: bytes, encoding: str, content_type: str, key: bytes | None) -> Batch:
        plain = unpacked(body, encoding)
        digest = blake2b(stream.encode() + b"\n" + plain, digest_size=16).digest() if key else b""
        return self._batches.of(stream, records_of(plain, content_type), key, digest)

    def _answers(self, read: Callable[[Query], dict[str, Any]]) -> Callable[[Request], Any]:
        async def answer(request: Request) -> Response:
            self._admission.admit(request.headers.get("authorization"), "read")
            return _json(await asyncio.to_thread(read, request.query_params))

        return answer

    async def _feed(self, request: Request) -> Response:
        self._admission.admit(request.headers.get("authorization"), "read")

        async def news() -> AsyncIterator[bytes]:
            while not self.is_ending:
                if time.monotonic() > self._told_at + FRESH_S:  # else another listener has just asked
                    self._told_at = time.monotonic()
                    self._told = orjson.dumps(await asyncio.to_thread(self._readings.total, {}))
                yield b"event: counts\ndata: " + self._told + b"\n\n"
                for _ in range(10):
                    if not self.is_ending:
                        await asyncio.sleep(0.1)

        return StreamingResponse(news(), media_type="text/event-stream", headers={"Cache-Control": "no-store"})

    async def _health(self, request: Request) -> Response:
        self._admission.admit(request.headers.get("authorization"), "read")
        if (trouble := self._intake.trouble_now()) is not None:
            raise unavailable(trouble)
        sources = {"sources": [one.told() for one in self._followers]} if self._followers else {}
        return _json({"status": "ok", **sources})

    async def _measures(self, request: Request) -> Response:
        self._admission.admit(request.headers.get("authorization"), "read")
        return Response(self._metrics.text(self._intake.trouble_now() is None, self._weight), media_type=METRICS)

    async def _page(self, request: Request) -> Response:
        self._admission.admit(request.headers.get("authorization"), "read")
        return Response(page.html(), media_type="text/html")


async def _read(request: Request) -> bytes:
    """The body as it was sent; Problem (413) as soon as it is too large."""
    parts, size = list[bytes](), 0
    async for part in request.stream():
        size += len(part)
        if size > MOST_BYTES:
            raise too_large()
        parts.append(part)
    return b"".join(parts)


def _key(name: str | None) -> bytes | None:
    if name is None:
        return None
    if not 1 <= len(name) <= 128 or not all("!" <= letter <= "~" for letter in name):
        raise wrong_query("Idempotency-Key", "it is no key", "It has 1 to 128 visible characters.")
    return key_of(name)


def _json(told: dict[str, Any]) -> Response:
    return Response(orjson.dumps(told), media_type=JSON, headers={"Cache-Control": "no-store"})


async def _problem(request: Request, problem: Problem) -> Response:
    headers = {"Cache-Control": "no-store", **problem.headers}
    return Response(problem.body, status_code=problem.status, media_type=MEDIA_TYPE, headers=headers)


async def _other(request: Request, error: HTTPException) -> Response:
    told = {
        "type": "about:blank",
        "title": error.detail,
        "status": error.status_code,
        "detail": f"{request.url.path}: there is nothing to ask so. The page is /live.",
    }
    return Response(orjson.dumps(told), status_code=error.status_code, media_type=MEDIA_TYPE, headers=error.headers)


async def _gone(request: Request, error: ClientDisconnect) -> Response:
    return Response(status_code=400)
