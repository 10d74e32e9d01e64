"""The ASGI application: who may ask, what is asked, and the answer, from the cache if it is there.

A cached answer passes no model and no framework: its bytes and its headers are there.
"""

import asyncio
import json
import logging
from dataclasses import dataclass
from http import HTTPStatus
from time import perf_counter, time_ns
from typing import Any

from polars.exceptions import PanicException

from songify_assets.serving.admission import Admission
from songify_assets.serving.answering import Answering
from songify_assets.serving.answers import Answer, Headers, freshness, instant, made
from songify_assets.serving.export_files import START as EXPORTS
from songify_assets.serving.export_files import export_file
from songify_assets.serving.measures import MEDIA_TYPE as METRICS
from songify_assets.serving.measures import Measures
from songify_assets.serving.problems import MEDIA_TYPE, Problem
from songify_assets.serving.publications import Publication
from songify_assets.serving.questions import HISTORY, NAMED, TABLES
from songify_assets.serving.static_files import static_files

LIVE, READING = "/live", ("GET", "HEAD")
log = logging.getLogger("songify.serve")


@dataclass(frozen=True)
class Request:
    """What of a request counts."""

    method: str
    path: str
    query: str
    accept: str
    authorization: bytes | None
    if_none_match: bytes | None

    @classmethod
    def of(cls, scope: Any) -> "Request":
        """The request of an ASGI scope; a header that is told twice counts as the last."""
        told: dict[bytes, bytes] = dict(scope["headers"])
        return cls(
            scope["method"],
            scope["path"],
            scope["query_string"].decode("latin-1"),
            told.get(b"accept", b"").decode("latin-1"),
            told.get(b"authorization"),
            told.get(b"if-none-match"),
        )


class Front:
    """The application; `scope`, `receive` and `send` are those of ASGI."""

    def __init__(self, admission: Admission, answering: Answering, measures: Measures, live_page: str) -> None:
        self._admission, self._answering, self._measures = admission, answering, measures
        self._live_page = live_page.encode()
        self._static = static_files()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answers one request."""
        if scope["type"] != "http":
            return
        began, request = perf_counter(), Request.of(scope)
        status = HTTPStatus.OK
        try:
            self._admission.admit(request.authorization)
            if request.path == LIVE and request.method in READING:
                status = HTTPStatus.TEMPORARY_REDIRECT
                await _send(send, status, [(b"location", self._live_page), (b"content-length", b"0")], b"")
            else:
                status = await self._send_answer(request, send)
        except Problem as problem:
            status = problem.status
            await _send_problem(send, problem, request.method)
        except (Exception, PanicException):
            status = HTTPStatus.INTERNAL_SERVER_ERROR
            log.exception("songify serve: %s %s", request.method, request.path)
            what = Problem(status, "this is our mistake", where=request.path, remedy="The log of the server says more.")
            await _send_problem(send, what, request.method)
        self._measures.count(route_of(request.path), status.value, perf_counter() - began)

    async def _send_answer(self, request: Request, send: Any) -> HTTPStatus:
        answer = self._static.get(request.path) or await self._answer(request)
        if request.if_none_match and _is_known(request.if_none_match, answer.etag):
            await _send(send, HTTPStatus.NOT_MODIFIED, [*answer.unchanged], b"")
            return HTTPStatus.NOT_MODIFIED
        await _send(send, HTTPStatus.OK, answer.headers, answer.body if request.method != "HEAD" else b"")
        return HTTPStatus.OK

    async def _answer(self, request: Request) -> Answer:
        if request.method not in READING:
            what = f"{request.method[:20]} is not answered"
            headers = {"Allow": "GET, HEAD"}
            raise Problem(
                HTTPStatus.METHOD_NOT_ALLOWED, what, where=request.path, remedy="Ask with GET.", headers=headers
            )
        if request.path == "/metrics":
            return made(await asyncio.to_thread(self._measures.text), METRICS, f'W/"{time_ns()}"'.encode(), [])
        if request.path == "/v1/health":
            return _health(self._answering.current())
        if request.path.startswith(EXPORTS):
            return await asyncio.to_thread(export_file, self._answering.home, request.path)
        return await self._answering.answer(request.path, request.query, request.accept)


def _health(publication: Publication) -> Answer:
    catalogue = publication.catalogue
    told = {"status": "ok", "publication": catalogue.publication, "published_at": instant(catalogue.published_at)}
    etag = f'W/"{catalogue.publication}"'.encode()
    return made(json.dumps(told).encode(), "application/json", etag, freshness(catalogue, None, catalogue.is_complete))


def _is_known(if_none_match: bytes, etag: bytes) -> bool:
    """Whether one of these tags is the answer's, compared weakly."""
    tags = [tag.strip().removeprefix(b"W/") for tag in if_none_match.split(b",")]
    return b"*" in tags or etag.removeprefix(b"W/") in tags


def route_of(path: str) -> str:
    """The route of a path, as it is counted."""
    if path in NAMED or path in (TABLES, "/v1/health", "/metrics", "/openapi.json", "/docs"):
        return path
    for start, route in ((TABLES, f"{TABLES}/{{schema}}/{{table}}"), (HISTORY, f"{HISTORY}/{{schema}}/{{entity}}")):
        if path.startswith(f"{start}/"):
            return route
    if path.startswith(EXPORTS):
        return "/exports"
    return "/static" if path.startswith("/static/") else "unknown" if path.startswith("/v1/") else "pages"


async def _send(send: Any, status: HTTPStatus, headers: Headers, body: bytes) -> None:
    await send({"type": "http.response.start", "status": status.value, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _send_problem(send: Any, problem: Problem, method: str) -> None:
    body = problem.body
    own = [(name.lower().encode(), text.encode()) for name, text in problem.headers.items()]
    content = [(b"content-type", MEDIA_TYPE.encode()), (b"content-length", str(len(body)).encode())]
    await _send(
        send, problem.status, [*content, (b"cache-control", b"no-store"), *own], b"" if method == "HEAD" else body
    )
