"""What is wrong with a request, as `application/problem+json` says it (RFC 9457)."""

import json
from collections.abc import Mapping
from http import HTTPStatus

from songify_assets.errors import SongifyError

MEDIA_TYPE = "application/problem+json"
AGAIN_S = 1


class Problem(SongifyError):
    """A request that is not answered: the status, why, and what to do. `headers` are of the answer."""

    def __init__(
        self, status: HTTPStatus, what: str, *, where: str, remedy: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(what, where=where, remedy=remedy)
        self.status, self.headers = status, dict(headers or {})

    @property
    def body(self) -> bytes:
        """The document."""
        told = {"type": "about:blank", "title": self.status.phrase, "status": self.status.value, "detail": str(self)}
        return json.dumps(told).encode()


def unreadable(what: str, remedy: str) -> Problem:
    """A body that cannot be read at all (400)."""
    return Problem(HTTPStatus.BAD_REQUEST, what, where="the body", remedy=remedy)


def wrong_query(name: str, what: str, remedy: str) -> Problem:
    """A parameter that cannot be understood (400)."""
    return Problem(HTTPStatus.BAD_REQUEST, what, where=name, remedy=remedy)


def not_there(path: str, what: str, remedy: str) -> Problem:
    """There is nothing of that name (404)."""
    return Problem(HTTPStatus.NOT_FOUND, what, where=path, remedy=remedy)


def overloaded(what: str) -> Problem:
    """More comes than can be taken (429)."""
    again = {"Retry-After": str(AGAIN_S)}
    remedy = "Send this batch again a little later, under the same Idempotency-Key."
    return Problem(HTTPStatus.TOO_MANY_REQUESTS, what, where="songify live", remedy=remedy, headers=again)


def unavailable(reason: SongifyError) -> Problem:
    """No events can be taken now (503)."""
    return Problem(
        HTTPStatus.SERVICE_UNAVAILABLE,
        reason.what,
        where=reason.where,
        remedy=reason.remedy,
        headers={"Retry-After": str(AGAIN_S)},
    )
