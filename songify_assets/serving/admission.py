"""Who may ask: keys and their rates, as they are in the key store now."""

import fcntl
import hmac
import mmap
import os
import struct
import tempfile
import time
from collections.abc import Sequence
from http import HTTPStatus
from math import ceil

from songify_assets.serving.key_store import Key, Scope, hash_of
from songify_assets.serving.problems import Problem

SLOTS, SLOT = 4096, struct.Struct("dd")
LOOPBACK = ("127.", "localhost", "::1")


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches a server there."""
    return host.startswith(LOOPBACK[0]) or host in LOOPBACK


class Admission:
    """Lets requests in; `is_open`: while there is no key, none is asked for."""

    def __init__(self, rates: "Rates", is_open: bool) -> None:
        self.keys: Sequence[Key] = ()
        self._rates, self._is_open = rates, is_open

    @property
    def asks_for_keys(self) -> bool:
        """Whether a request needs a key now."""
        return bool(self.keys) or not self._is_open

    def admit(self, authorization: bytes | None, scope: Scope = "read") -> None:
        """Does nothing for a request that may be answered; Problem (401, 403, 429) else."""
        if authorization is None:
            if self.asks_for_keys:
                raise _unknown("this needs a key", scope)
            return
        key = self._key_of(authorization, scope)
        if key.scope != scope:
            what = f"the key {key.name!r} has the scope {key.scope}"
            remedy = f"This is for keys with the scope {scope}."
            raise Problem(HTTPStatus.FORBIDDEN, what, where="Authorization", remedy=remedy)
        if key.rate and (wait := self._rates.wait_s(key.key_id, key.rate)):
            what = f"the key {key.name!r} asks more than {key.rate:g} times a second"
            headers = {"Retry-After": str(ceil(wait))}
            raise Problem(
                HTTPStatus.TOO_MANY_REQUESTS, what, where="Authorization", remedy="Ask more slowly.", headers=headers
            )

    def _key_of(self, authorization: bytes, scope: Scope) -> Key:
        scheme, _, told = authorization.partition(b" ")
        if scheme.lower() != b"bearer":
            raise _unknown("this is no bearer key", scope)
        found, hashed = None, hash_of(told.strip().decode("latin-1"))
        for key in self.keys:  # all of them, each in the same time
            if hmac.compare_digest(key.hash, hashed):
                found = key
        if found is None:
            raise _unknown("this key is not known", scope)
        return found


def _unknown(what: str, scope: Scope) -> Problem:
    headers = {"WWW-Authenticate": "Bearer"}
    remedy = f"Send `Authorization: Bearer KEY`; `songify keys add NAME --scope {scope}` makes one."
    return Problem(HTTPStatus.UNAUTHORIZED, what, where="Authorization", remedy=remedy, headers=headers)


class Rates:
    """How much each key has left of its rate, for all workers of a server: of N a second, N at once and then one after the other."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 (it is open as long as the server is)
        os.truncate(self._file.fileno(), SLOTS * SLOT.size)
        self._slots = mmap.mmap(self._file.fileno(), SLOTS * SLOT.size)

    def wait_s(self, key_id: int, rate: float) -> float:
        """Takes one, and returns 0; where none is left, how long to wait for one."""
        place, now = key_id % SLOTS * SLOT.size, time.monotonic()
        fcntl.lockf(self._file, fcntl.LOCK_EX)
        try:
            left, at = SLOT.unpack_from(self._slots, place)
            most = max(rate, 1.0)
            left = min(most, left + (now - at) * rate) if at else most
            if left < 1:
                return (1 - left) / rate
            SLOT.pack_into(self._slots, place, left - 1, now)
            return 0.0
        finally:
            fcntl.lockf(self._file, fcntl.LOCK_UN)
