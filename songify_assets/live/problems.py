"""What is wrong with a request to `songify live`, as `application/problem+json` says it."""

from http import HTTPStatus

from songify_assets.errors import SongifyError
from songify_assets.serving.problems import Problem

AGAIN_S = 1


def unreadable(what: str, remedy: str) -> Problem:
    """A body that cannot be read at all (400)."""
    return Problem(HTTPStatus.BAD_REQUEST, what, where="the body", remedy=remedy)


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
