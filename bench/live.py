"""How fast `songify live` takes events, and what that costs: `python -m bench.live RATE SECONDS [--batch N] [--arrow] [--speed N]`.

RATE is events a minute. Sender and server share the machine. With --speed the clock of both is so many times as fast, and RATE
and SECONDS are by that clock: a day is over in 72 minutes at 20. Prints a line of JSON an hour, and one at the end.
"""

import http.client
import json
import os
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import psutil
import typer

from bench.live_senders import SENDERS, ArrowPack, Pack, Sent, look, packs, send

FAST_CLOCK = Path(__file__).parent / "fast_clock"
HOUR_S = 3600


class Clock:
    """One for sender and server that runs `speed` times as fast as the machine's."""

    def __init__(self, speed: int) -> None:
        self._speed, self._began_at, self._began = speed, time.monotonic_ns(), time.time_ns()

    def now_ms(self) -> int:
        """Milliseconds since 1970."""
        return (self._began + (time.monotonic_ns() - self._began_at) * self._speed) // 1_000_000

    @property
    def environment(self) -> dict[str, str]:
        """What lets a process have this clock."""
        if self._speed == 1:
            return {}
        return {"FAST_CLOCK": f"{self._speed} {self._began_at} {self._began}", "PYTHONPATH": f"{FAST_CLOCK}:."}


class Server:
    """`songify live` on a home."""

    def __init__(self, home: str, settings: Mapping[str, str]) -> None:
        command = [sys.executable, "-m", "songify_assets", "live", "--port", "0"]
        environment, began = {**os.environ, "SONGIFY_HOME": home, **settings}, time.monotonic()
        self._process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
        assert self._process.stderr is not None
        self.port = int(self._process.stderr.readline().rsplit(":", 1)[1])
        self.start_s, self._used = time.monotonic() - began, psutil.Process(self._process.pid)

    def end(self, how: signal.Signals) -> None:
        """Ends it."""
        self._process.send_signal(how)
        self._process.wait()

    @property
    def cpu_s(self) -> float:
        """Seconds that it had a core."""
        times = self._used.cpu_times()
        return times.user + times.system

    def memory(self) -> dict[str, int]:
        """Megabytes: now, and at most."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        told = dict(line.split(":", 1) for line in status.splitlines())
        return {
            f"{name}_mb": int(told[key].split()[0]) // 1000 for name, key in (("memory", "VmRSS"), ("most", "VmHWM"))
        }

    def total(self) -> dict[str, Any]:
        """What it has counted."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        connection.request("GET", "/v1/live/logins/total")
        told: dict[str, Any] = json.loads(connection.getresponse().read())
        return told


def main(
    rate: int,
    seconds: float,
    batch: int = 1000,
    countries: int = 20,
    arrow: Annotated[bool, typer.Option(help="Send Arrow IPC streams, not JSON.")] = False,
    speed: Annotated[int, typer.Option(help="How many times as fast the clock is.")] = 1,
    work: Annotated[Path | None, typer.Option(help="Where the home is made; else in a temporary folder.")] = None,
) -> None:
    """Measure rate, answers, what is seen, memory, the log, and a start after kill -9."""
    with TemporaryDirectory(dir=work) as home:
        clock = Clock(speed)
        server, sent, seen = Server(home, clock.environment), Sent(), list[float]()
        every_s = 60 * batch * SENDERS / rate / speed
        bodies = packs(ArrowPack if arrow else Pack, batch, countries, round(every_s * speed * 1000))
        before, began = server.cpu_s, time.monotonic()
        end = began + seconds / speed
        threads = [
            threading.Thread(target=send, args=(server.port, bodies, number, every_s, end, clock.now_ms, sent))
            for number in range(SENDERS)
        ]
        threads.append(threading.Thread(target=look, args=(server.port, end, clock.now_ms, seen)))
        for thread in threads:
            thread.start()
        tell_hours(server, home, speed, began, end)
        for thread in threads:
            thread.join()
        took = time.monotonic() - began
        cpu, memory, total = (server.cpu_s - before) / took, server.memory(), server.total()
        log = log_bytes(home)
        server.end(signal.SIGKILL)
        again = Server(home, clock.environment)
        is_kept = again.total()["events"] == total["events"]
        again.end(signal.SIGTERM)
    events = len(sent.took_s) * batch
    typer.echo(json.dumps({
        "events_per_minute": round(events / took / speed * 60), "events": events, "core": round(cpu, 3), **memory,
        **in_ms("answer", sent.took_s), **in_ms("seen", seen), "log_bytes_per_event": round(log / events, 1),
        "all_counted": total["events"] == sent.logins + len(seen), "all_kept": is_kept, "not_taken": sent.refused, "start_s": round(again.start_s, 1),
    }))  # fmt: skip


def tell_hours(server: Server, home: str, speed: int, began: float, end: float) -> None:
    """Waits for the end, and prints a line of JSON an hour of the clock: the memory of that hour, its median and its most."""
    hour, memories = 1, list[int]()
    while time.monotonic() < end:
        time.sleep(min(1.0, max(end - time.monotonic(), 0)))
        memories.append(server.memory()["memory_mb"])
        if (time.monotonic() - began) * speed // HOUR_S >= hour:
            told = {"hour": hour, "memory_mb": round(statistics.median(memories)), "most_mb": max(memories)}
            typer.echo(json.dumps({**told, "log_mb": log_bytes(home) // 1_000_000}))
            hour, memories = hour + 1, []


def log_bytes(home: str) -> int:
    """What the log takes."""
    return sum(path.stat().st_size for path in Path(home, "live", "log").glob("*.sqlite*"))


def in_ms(name: str, took_s: list[float]) -> dict[str, float]:
    """Half and 99 of 100."""
    ordered = sorted(took_s)
    return {f"{name}_p{part}_ms": round(ordered[len(ordered) * part // 100] * 1000, 1) for part in (50, 99)}


if __name__ == "__main__":
    typer.run(main)
