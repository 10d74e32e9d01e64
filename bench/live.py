"""How fast `songify live` takes events, and what that costs: `python -m bench.live RATE SECONDS [--batch N] [--countries N]`.

RATE is events a minute. Sender and server share the machine; packs are made before the clock runs, and their timestamps are
written into them as they are sent.
"""

import argparse
import http.client
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil

SENDERS, PACKS = 8, 40
STAMP = 1_000_000_000_000


def packs(batch: int, countries: int) -> list[bytes]:
    """Bodies whose timestamps are all `STAMP`, which has as many digits as now."""
    chance, codes = random.Random(1), [a + b for a in "ABCDEFGHIJ" for b in "KLMNOPQRST"][:countries]

    def one() -> str:
        record = {"user_id": f"user{chance.randrange(2_000_000)}", "timestamp": STAMP, "country": chance.choice(codes)}
        return json.dumps(record, separators=(",", ":"))

    return ["\n".join(one() for _ in range(batch)).encode() for _ in range(PACKS)]


def send(port: int, bodies: list[bytes], number: int, every_s: float, end: float, took: list[float]) -> None:
    """One sender: a batch each `every_s`, or as soon as the one before was answered."""
    connection, at, sent = http.client.HTTPConnection("127.0.0.1", port), time.monotonic(), 0
    due = at + every_s * number / SENDERS
    while (now := time.monotonic()) < end:
        if due > now:
            time.sleep(due - now)
        began = time.perf_counter()
        body = bodies[sent % PACKS].replace(str(STAMP).encode(), str(int(time.time() * 1000)).encode())
        headers = {"Idempotency-Key": f"{number}-{sent}", "Content-Type": "application/x-ndjson"}
        connection.request("POST", "/v1/events/logins", body, headers)
        answer = connection.getresponse()
        answer.read()
        if answer.status == 200:
            took.append(time.perf_counter() - began)
            sent += 1
        due += every_s


def main() -> None:
    """Measures, and prints a line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rate", type=int)
    parser.add_argument("seconds", type=float)
    parser.add_argument("--batch", type=int, default=1000)
    parser.add_argument("--countries", type=int, default=20)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "SONGIFY_HOME": home}
        command = [sys.executable, "-m", "songify_assets", "live", "--port", "0"]
        server = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
        assert server.stderr is not None
        port = int(server.stderr.readline().rsplit(":", 1)[1])
        process, bodies, took = psutil.Process(server.pid), packs(asked.batch, asked.countries), list[float]()
        every_s = 60 * asked.batch * SENDERS / asked.rate
        before, began = process.cpu_times(), time.monotonic()
        senders = [
            threading.Thread(target=send, args=(port, bodies, number, every_s, began + asked.seconds, took))
            for number in range(SENDERS)
        ]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join()
        seconds, after = time.monotonic() - began, process.cpu_times()
        memory = process.memory_info().rss / 1e6
        connection = http.client.HTTPConnection("127.0.0.1", port)
        connection.request("GET", "/v1/live/logins/total")
        total = json.loads(connection.getresponse().read())
        log = sum(path.stat().st_size for path in Path(home, "live", "log").glob("*.sqlite*"))
        server.send_signal(signal.SIGKILL)
        server.wait()
        restarted = time.monotonic()
        server = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
        assert server.stderr is not None
        server.stderr.readline()
        restart_s = time.monotonic() - restarted
        server.send_signal(signal.SIGTERM)
        server.wait()
    took.sort()
    events = len(took) * asked.batch
    cpu = (after.user + after.system - before.user - before.system) / seconds
    print(json.dumps({
        "events_per_minute": round(events / seconds * 60), "core": round(cpu, 3), "memory_mb": round(memory),
        "p50_ms": round(took[len(took) // 2] * 1000, 1), "p99_ms": round(took[int(len(took) * 0.99)] * 1000, 1),
        "log_bytes_per_event": round(log / events, 1), "all_counted": total["events"] == events,
        "restart_s": round(restart_s, 1),
    }))  # fmt: skip


if __name__ == "__main__":
    main()
