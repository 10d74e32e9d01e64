"""Who may send and read: the keys that `songify keys` gives out, as they are now."""

import time
from pathlib import Path

from songify_assets.errors import HomeError
from songify_assets.live.problems import unavailable
from songify_assets.serving.admission import Admission, Rates, is_loopback
from songify_assets.serving.key_store import KeyStore, Scope

FRESH_S = 2


class LiveAdmission:
    """Lets requests in. While there is no key and only this machine reaches the server, none is asked for."""

    def __init__(self, home: Path, host: str) -> None:
        self._store, self._admission = KeyStore(home), Admission(Rates(), is_loopback(host))
        self._read_at = float("-inf")

    def admit(self, authorization: str | None, scope: Scope) -> None:
        """Does nothing for a request that may be answered; Problem (401, 403, 429, 503) else."""
        if time.monotonic() > self._read_at + FRESH_S:
            try:
                self._admission.keys, self._read_at = self._store.all(), time.monotonic()
            except HomeError as error:
                raise unavailable(error) from None
        self._admission.admit(authorization.encode("latin-1") if authorization is not None else None, scope)
