"""Who may send and read: the keys that `songify keys` gives out, as they are now."""

import hmac
import time
from http import HTTPStatus
from math import ceil
from pathlib import Path

from songify_assets.errors import HomeError
from songify_assets.live.problems import Problem, unavailable
from songify_assets.serving.key_store import Key, KeyStore, hash_of

LOOPBACK = ("127.", "localhost", "::1")
REMEDY = "Send `Authorization: Bearer KEY`; `songify keys add NAME --scope events` makes one for senders, --scope read for readers."
FRESH_S = 2
READ, EVENTS = "read", "events"


class Admission:
    """Lets requests in. While there is no key and only this machine reaches the server, none is asked for."""

    def __init__(self, home: Path, host: str) -> None:
        self._store, self._is_open = KeyStore(home), host.startswith(LOOPBACK[0]) or host in LOOPBACK
        self._keys, self._read_at = list[Key](), float("-inf")
        self._left: dict[str, tuple[float, float]] = {}

    def admit(self, authorization: str | None, scope: str) -> None:
        """Does nothing for a request that may be answered; Problem (401, 403, 429) else."""
        if time.monotonic() > self._read_at + FRESH_S:
            try:
                self._keys, self._read_at = self._store.all(), time.monotonic()
            except HomeError as error:
                raise unavailable(error) from None
        if authorization is None:
            if self._keys or not self._is_open:
                raise _unknown("this needs a key")
            return
        key = self._key_of(authorization)
        if key.scope != scope:
            what = f"the key {key.name!r} has the scope {key.scope}"
            raise Problem(
                HTTPStatus.FORBIDDEN, what, where="Authorization", remedy=f"This is for keys with the scope {scope}."
            )
        if key.rate and (wait_s := self._wait_s(key.name, key.rate)):
            what = f"the key {key.name!r} asks more than {key.rate:g} times a second"
            again = {"Retry-After": str(ceil(wait_s))}
            remedy = "Ask more slowly."
            raise Problem(HTTPStatus.TOO_MANY_REQUESTS, what, where="Authorization", remedy=remedy, headers=again)

    def _key_of(self, authorization: str) -> Key:
        scheme, _, told = authorization.partition(" ")
        if scheme.lower() != "bearer":
            raise _unknown("this is no bearer key")
        hashed, found = hash_of(told.strip()), None
        for key in self._keys:  # all of them, each in the same time
            if hmac.compare_digest(key.hash, hashed):
                found = key
        if found is None:
            raise _unknown("this key is not known")
        return found

    def _wait_s(self, name: str, rate: float) -> float:
        """Takes one of what a key has left, and returns 0; where none is left, how long to wait for one."""
        now, most = time.monotonic(), max(rate, 1.0)
        left, at = self._left.get(name, (most, now))
        left = min(most, left + (now - at) * rate)
        if left < 1:
            return (1 - left) / rate
        self._left[name] = left - 1, now
        return 0.0


def _unknown(what: str) -> Problem:
    challenge = {"WWW-Authenticate": "Bearer"}
    return Problem(HTTPStatus.UNAUTHORIZED, what, where="Authorization", remedy=REMEDY, headers=challenge)
