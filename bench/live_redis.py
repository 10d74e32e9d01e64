"""`songify live` beside Redis Streams, flat out, with the same packs and senders: `python -m bench.live_redis SECONDS [--batch N]`.

Each run says how many events a second were counted: HTTP to `songify live`; XADD to a Redis that a Python consumer reads
(XREADGROUP, counts by second and country with Polars, XACK), with `appendfsync` everysec and always; and XADD to a Redis that
`songify live` reads, for a quarter of the time. The clock stops when all is counted. Sender, server and reader share the machine.
"""

import argparse
import http.client
import json
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import polars as pl
from redis import Redis
from redis.exceptions import RedisError

from bench.live import Server
from bench.live_senders import Pack, packs

STREAM, GROUP, AT_ONCE, SENDERS = "logins", "bench", 100, 32
STAMP = 1_000_000_000_000  # has as many digits as now


@contextmanager
def redis_server(appendfsync: str) -> Iterator[int]:
    """A Redis on a free port."""
    with socket.socket() as probe, tempfile.TemporaryDirectory() as folder:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
        probe.close()
        options = ["--appendonly", "yes", "--appendfsync", appendfsync, "--save", "", "--dir", folder]
        command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", *options]
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        try:
            while True:
                with suppress(RedisError), Redis("127.0.0.1", port) as client:
                    client.ping()
                    break
                time.sleep(0.05)
            yield port
        finally:
            server.kill()
            server.wait()


@contextmanager
def songify_live(**settings: str) -> Iterator[int]:
    """A `songify live` on an empty home."""
    with tempfile.TemporaryDirectory() as home:
        server = Server(home, settings)
        try:
            yield server.port
        finally:
            server.end(signal.SIGKILL)


def post(port: int, bodies: list[bytes], number: int, end: float, took: list[float]) -> None:
    """One sender to `songify live`, which waits for each answer."""
    connection, sent = http.client.HTTPConnection("127.0.0.1", port), 0
    while time.monotonic() < end:
        began = time.perf_counter()
        headers = {"Idempotency-Key": f"{number}-{sent}", "Content-Type": Pack.media_type}
        connection.request("POST", f"/v1/events/{STREAM}", stamped(bodies, sent), headers)
        answer = connection.getresponse()
        answer.read()
        if answer.status == 200:
            took.append(time.perf_counter() - began)
            sent += 1


def stamped(bodies: list[bytes], number: int) -> bytes:
    """A body as of now."""
    now_ms = int(time.time() * 1000)
    return bodies[number % len(bodies)].replace(str(STAMP).encode(), str(now_ms).encode())


def add(port: int, bodies: list[bytes], end: float, took: list[float]) -> None:
    """One sender to Redis, which waits for each answer."""
    client, sent = Redis("127.0.0.1", port), 0
    while time.monotonic() < end:
        began = time.perf_counter()
        client.xadd(STREAM, {"body": stamped(bodies, sent)})
        took.append(time.perf_counter() - began)
        sent += 1


def consume(port: int) -> None:
    """Counts what lies in the stream, until all its entries are counted and an entry `end` comes; prints the sum."""
    client, counts = Redis("127.0.0.1", port), Counter[tuple[int, str]]()
    while True:
        answer = client.xreadgroup(GROUP, "counter", {STREAM: ">"}, AT_ONCE, 1000)
        for _, entries in answer or ():
            bodies = [fields[b"body"] for _, fields in entries if b"body" in fields]
            if bodies:
                events = pl.read_ndjson(b"\n".join(bodies))
                by_second = events.group_by(pl.col("timestamp") // 1000, "country").len()
                for second, country, count in by_second.iter_rows():
                    counts[second, country] += count
            client.xack(STREAM, GROUP, *(number for number, _ in entries))
            if len(bodies) < len(entries):
                print(counts.total())
                return


def through_redis(bodies: list[bytes], seconds: float, appendfsync: str, batch: int) -> dict[str, object]:
    """A Python consumer counts."""
    with redis_server(appendfsync) as port:
        with Redis("127.0.0.1", port) as client:
            client.xgroup_create(STREAM, GROUP, id="0", mkstream=True)
        command = [sys.executable, "-m", "bench.live_redis", "0", "--consume", str(port)]
        consumer = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        began, took = time.monotonic(), list[float]()
        flat_out(lambda number: add(port, bodies, began + seconds, took))
        with Redis("127.0.0.1", port) as client:
            client.xadd(STREAM, {"end": "1"})
        counted = int(consumer.communicate()[0])
        return figures(f"Redis {appendfsync}, a Python consumer", len(took) * batch, counted, began)


def over_http(bodies: list[bytes], seconds: float, batch: int) -> dict[str, object]:
    """`songify live` takes and counts."""
    with songify_live() as port:
        began, took = time.monotonic(), list[float]()
        flat_out(lambda number: post(port, bodies, number, began + seconds, took))
        return figures("songify live, HTTP", len(took) * batch, _total(port), began)


def by_following(bodies: list[bytes], seconds: float, batch: int) -> dict[str, object]:
    """`songify live` reads the Redis."""
    with (
        redis_server("everysec") as redis,
        songify_live(SONGIFY_LIVE_SOURCE=f"redis://127.0.0.1:{redis}/0?logins={STREAM}") as port,
    ):
        began, took = time.monotonic(), list[float]()
        flat_out(lambda number: add(redis, bodies, began + seconds, took))
        while (counted := _total(port)) < len(took) * batch:
            time.sleep(0.05)
        return figures("songify live, from Redis everysec", len(took) * batch, counted, began)


def flat_out(sender: Callable[[int], None]) -> None:
    """Runs all senders to their end."""
    threads = [threading.Thread(target=sender, args=(number,)) for number in range(SENDERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def figures(name: str, sent: int, counted: int, began: float) -> dict[str, object]:
    """What is printed of a run that has just ended."""
    rate = round(counted / (time.monotonic() - began))
    return {"run": name, "events_per_second": rate, "events": sent, "all_counted": sent == counted}


def _total(port: int) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", "/v1/live/logins/total")
    return int(json.loads(connection.getresponse().read())["events"])


def main() -> None:
    """Measures, and prints a line of JSON a run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seconds", type=float)
    parser.add_argument("--batch", type=int, default=1000)
    parser.add_argument("--consume", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.consume:
        consume(asked.consume)
        return
    bodies = [pack.body(STAMP) for pack in packs(Pack, asked.batch, 20, 1) if pack.stream == STREAM]
    live = over_http(bodies, asked.seconds, asked.batch)
    print(json.dumps(live), flush=True)
    for appendfsync in ("everysec", "always"):
        run = through_redis(bodies, asked.seconds, appendfsync, asked.batch)
        ratio = round(int(str(live["events_per_second"])) / int(str(run["events_per_second"])), 2)
        print(json.dumps({**run, "ratio_of_songify_live": ratio}), flush=True)
    print(json.dumps(by_following(bodies, asked.seconds / 4, asked.batch)), flush=True)


if __name__ == "__main__":
    main()
