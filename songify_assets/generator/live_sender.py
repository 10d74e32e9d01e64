"""Logins and step times sent to `songify live` as apps would send them: most at once, some late, some batches twice."""

import http.client
import json
import random
import time
import uuid
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from songify_assets.errors import SettingsError, SongifyError, SourceUnreachable

COUNTRIES, STEPS = ("SE", "SE", "SE", "DK", "NO", "FI", "DE", "US", None), ("video", "text", "quiz", "upload")
USERS, BATCHES_A_SECOND = 5000, 4
LOGINS, LATE, REPEATED, LONGEST_DELAY_S = 2 / 3, 0.02, 0.05, 3 * 3600
PATIENCE_S = 30


@dataclass
class Sent:
    """What was sent and answered with 200: events by stream, batches, and how many of those were sent twice."""

    events: dict[str, int] = field(default_factory=lambda: {"logins": 0, "steps": 0})
    batches: int = 0
    repeated: int = 0


def send(url: str, rate: int, tell: Callable[[str], None], *, seconds: float | None = None, seed: int = 0) -> Sent:
    """Sends so many events a minute, for so many seconds or until Ctrl-C; each batch again and again until it is taken.

    SettingsError for an address that is none, SourceUnreachable where nobody answers.
    """
    sender, chance, sent = _Sender(url), random.Random(seed), Sent()
    began, number = time.monotonic(), 0
    with suppress(KeyboardInterrupt), closing(sender):
        while seconds is None or number < seconds * BATCHES_A_SECOND:
            time.sleep(max(0.0, began + number / BATCHES_A_SECOND - time.monotonic()))
            number += 1
            many = rate * number // (60 * BATCHES_A_SECOND) - rate * (number - 1) // (60 * BATCHES_A_SECOND)
            for stream, share in (("logins", LOGINS), ("steps", 1 - LOGINS)):
                if count := round(many * share):
                    _send_batch(sender, sent, stream, count, chance)
            tell(f"sent {sent.events['logins']:,} logins and {sent.events['steps']:,} steps")
    return sent


def _send_batch(sender: "_Sender", sent: Sent, stream: str, count: int, chance: random.Random) -> None:
    now_ms = time.time_ns() // 1_000_000
    key, body = str(uuid.uuid4()), "\n".join(_event(stream, chance, now_ms) for _ in range(count)).encode()
    accepted = sender.post(stream, key, body)
    if chance.random() < REPEATED:
        sender.post(stream, key, body)
        sent.repeated += 1
    sent.events[stream] += accepted
    sent.batches += 1


def _event(stream: str, chance: random.Random, now_ms: int) -> str:
    """A record; some happened long before they are sent."""
    delay = chance.random() ** 3 * LONGEST_DELAY_S if chance.random() < LATE else chance.random()
    told = {"user_id": f"u{int(USERS * chance.random() ** 3)}", "timestamp": now_ms - int(1000 * delay)}
    if stream == "logins":
        return json.dumps({**told, "country": chance.choice(COUNTRIES)})
    step = chance.choice(STEPS)
    took = round(chance.expovariate(1 / (4000 * (1 + STEPS.index(step)))), 3)
    return json.dumps({**told, "feature": "lesson", "step": step, "duration_ms": took})


class _Sender:
    """A connection that repeats a batch under its key until it hears 200."""

    def __init__(self, url: str) -> None:
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port or 80
        except ValueError:
            host = None
        if host is None or parts.scheme != "http":
            remedy = "Write it like http://127.0.0.1:8460, which `songify live` prints."
            raise SettingsError(f"'{url}' is no address", where="--live", remedy=remedy)
        self._url, self._connection = url, http.client.HTTPConnection(host, port, timeout=PATIENCE_S)

    def close(self) -> None:
        """Ends it."""
        self._connection.close()

    def post(self, stream: str, key: str, body: bytes) -> int:
        """How many records were accepted."""
        give_up = time.monotonic() + PATIENCE_S
        while True:
            status, answer, wait_s = self._asked(stream, key, body)
            if status == 200:
                return int(json.loads(answer)["accepted"])
            if status and status not in (429, 503):
                what = f"it answers {status} ({answer.decode(errors='replace')[:200]})"
                raise SongifyError(what, where=self._url, remedy="See docs/live.md for what that means.")
            if time.monotonic() > give_up:
                remedy = "Start `songify live`, or correct --live."
                raise SourceUnreachable(f"nobody has taken a batch for {PATIENCE_S} s", where=self._url, remedy=remedy)
            time.sleep(wait_s)

    def _asked(self, stream: str, key: str, body: bytes) -> tuple[int, bytes, float]:
        """Status (0: no answer), body, and how long to wait before the next try."""
        headers = {"Idempotency-Key": key, "Content-Type": "application/x-ndjson"}
        try:
            self._connection.request("POST", f"/v1/events/{stream}", body, headers)
            answer = self._connection.getresponse()
            return answer.status, answer.read(), float(answer.headers.get("Retry-After") or 1)
        except (OSError, http.client.HTTPException):
            self._connection.close()
            return 0, b"", 1.0
