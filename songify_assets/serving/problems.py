"""What is wrong with a request, as `application/problem+json` says it (RFC 9457)."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from songify_assets.errors import SongifyError

MEDIA_TYPE = "application/problem+json"


class Problem(SongifyError):
    """A request that is not answered: the status, why, and what to do.

    `told` are further members of the document, and `headers` of the answer.
    """

    def __init__(
        self,
        status: HTTPStatus,
        what: str,
        *,
        where: str,
        remedy: str,
        headers: Mapping[str, str] | None = None,
        **told: Any,
    ) -> None:
        super().__init__(what, where=where, remedy=remedy)
        self.status, self.headers, self.told = status, dict(headers or {}), told

    @property
    def body(self) -> bytes:
        """The document."""
        detail = f"{self.where}: {self.what}. {self.remedy}".strip()
        document = {"type": "about:blank", "title": self.status.phrase, "status": self.status.value, "detail": detail}
        return json.dumps({**document, **self.told}).encode()


def wrong_query(name: str, what: str, remedy: str, **told: Any) -> Problem:
    """A parameter that cannot be understood (400)."""
    return Problem(HTTPStatus.BAD_REQUEST, what, where=name, remedy=remedy, **told)


def not_there(path: str, what: str, remedy: str = "/v1/tables lists what there is.") -> Problem:
    """There is nothing of that name (404)."""
    return Problem(HTTPStatus.NOT_FOUND, what, where=path, remedy=remedy)


def unavailable(what: str, remedy: str, after_s: int = 5) -> Problem:
    """It cannot be answered now (503)."""
    return Problem(
        HTTPStatus.SERVICE_UNAVAILABLE,
        what,
        where="songify serve",
        remedy=remedy,
        headers={"Retry-After": str(after_s)},
    )
