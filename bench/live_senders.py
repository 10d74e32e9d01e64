"""Senders of the live benchmark: packs of events that are made before the clock runs, and stamped as they are sent."""

import http.client
import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.ipc

SENDERS, PACKS, USERS, STEPS_EVERY = 8, 40, 2_000_000, 20
LOOK_S = 1.0


@dataclass(frozen=True)
class Pack:
    """Events of a stream without their timestamps, and how many milliseconds before sending each happened."""

    stream: str
    events: list[dict[str, Any]]
    ago_ms: npt.NDArray[np.int64]

    media_type = "application/x-ndjson"

    @cached_property
    def text(self) -> bytes:
        """A line each, with a place for the timestamp."""
        lines = [json.dumps({**event, "timestamp": 0}, separators=(",", ":")) for event in self.events]
        return "\n".join(lines).encode().replace(b'"timestamp":0', b'"timestamp":%d')

    def body(self, now_ms: int) -> bytes:
        """The body as of now."""
        return self.text % tuple((now_ms - self.ago_ms).tolist())


class ArrowPack(Pack):
    """The same as an Arrow IPC stream."""

    media_type = "application/vnd.apache.arrow.stream"

    @cached_property
    def columns(self) -> pa.Table:
        """All but the timestamps."""
        return pa.Table.from_pylist(self.events)

    def body(self, now_ms: int) -> bytes:
        """The body as of now."""
        table = self.columns.append_column("timestamp", pa.array(now_ms - self.ago_ms))
        to = pa.BufferOutputStream()
        with pa.ipc.new_stream(to, table.schema) as stream:
            stream.write_table(table)
        return bytes(to.getvalue())


def packs(kind: type[Pack], batch: int, countries: int, spread_ms: int) -> list[Pack]:
    """Logins, and step times now and then, of events that happened within so many milliseconds."""
    chance, codes = random.Random(1), [a + b for a in "ABCDEFGHIJ" for b in "KLMNOPQRST"][:countries]

    def event(stream: str) -> dict[str, Any]:
        told: dict[str, Any] = {"user_id": f"user{chance.randrange(USERS)}"}
        if stream == "logins":
            return {**told, "country": chance.choice(codes)}
        step = f"step {chance.randrange(10)}"
        return {**told, "feature": "lesson", "step": step, "duration_ms": chance.randrange(60_000)}

    def pack(number: int) -> Pack:
        stream = "steps" if number % STEPS_EVERY == STEPS_EVERY - 1 else "logins"
        ago_ms = np.array([chance.randrange(max(spread_ms, 1)) for _ in range(batch)])
        return kind(stream, [event(stream) for _ in range(batch)], ago_ms)

    return [pack(number) for number in range(PACKS)]


@dataclass
class Sent:
    """What all senders together were answered."""

    took_s: list[float] = field(default_factory=list)
    logins: int = 0
    refused: int = 0

    def add(self, pack: Pack, status: int, took_s: float) -> None:
        """An answer; each thread adds its own, and the interpreter lets one at a time."""
        if status == 200:
            self.took_s.append(took_s)
            self.logins += len(pack.events) if pack.stream == "logins" else 0
        else:
            self.refused += 1


def send(
    port: int, bodies: list[Pack], number: int, every_s: float, end: float, now_ms: Callable[[], int], sent: Sent
) -> None:
    """One sender: a batch each `every_s`, or as soon as the one before was answered."""
    connection, count = http.client.HTTPConnection("127.0.0.1", port), 0
    due = time.monotonic() + every_s * number / SENDERS
    while (now := time.monotonic()) < end:
        if due > now:
            time.sleep(due - now)
        pack = bodies[(count + number) % PACKS]
        headers = {"Idempotency-Key": f"{number}-{count}", "Content-Type": pack.media_type}
        began = time.perf_counter()
        connection.request("POST", f"/v1/events/{pack.stream}", pack.body(now_ms()), headers)
        answer = connection.getresponse()
        answer.read()
        sent.add(pack, answer.status, time.perf_counter() - began)
        count += answer.status == 200
        due += every_s


def look(port: int, end: float, now_ms: Callable[[], int], until_seen_s: list[float]) -> None:
    """Sends one event after the other from a country of its own, and notes how long after the answer each was counted."""
    connection, sent = http.client.HTTPConnection("127.0.0.1", port), 0
    while time.monotonic() < end:
        connection.request(
            "POST", "/v1/events/logins", json.dumps({"user_id": sent, "timestamp": now_ms(), "country": "ZZ"})
        )
        accepted = connection.getresponse()
        accepted.read()
        sent += accepted.status == 200
        began, seen = time.perf_counter(), 0
        while seen < sent:
            connection.request("GET", "/v1/live/logins/total?country=ZZ")
            seen = json.loads(connection.getresponse().read())["events"]
        until_seen_s.append(time.perf_counter() - began)
        time.sleep(LOOK_S)
