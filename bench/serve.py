"""How fast and how steadily `songify serve` answers, beside DuckDB itself: `python -m bench.serve`."""

import itertools
import json
import socket
import statistics
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import duckdb
import psutil
import typer

from bench.homes import PRODUCT, environment, generated, loaded, songify
from bench.load_generator import at_rate, request_of

CACHED = ("/v1/market-share", "/v1/answers", "/v1/retention?limit=100", "/v1/churn", "/v1/tables/royalties/locations")
# What is asked again by who has it already: a page as it comes, and all there is of a small table.
KNOWN = ("/v1/tables/royalties/plays", "/v1/market-share?limit=10000")
# What is asked of DuckDB itself as well: an address, and the same in SQL.
SAME = {
    "a page of plays": ("/v1/tables/royalties/plays?", "SELECT * FROM royalties.plays ORDER BY ALL NULLS FIRST"),
    "a page of market share": ("/v1/market-share?", "SELECT * FROM royalties.market_share ORDER BY ALL NULLS FIRST"),
    "plays of a country": (
        "/v1/tables/royalties/plays?country=SE",
        "SELECT * FROM royalties.plays WHERE country = 'SE' ORDER BY ALL NULLS FIRST",
    ),
    "films as of a day": (
        "/v1/history/viewing/movies?as_of=2021-12-02",
        """SELECT * FROM viewing.movies_history WHERE valid_from <= DATE '2021-12-02'
           AND (valid_to IS NULL OR valid_to > DATE '2021-12-02') ORDER BY movie_key, version""",
    ),
}


def main(
    work: Annotated[Path, typer.Option(help="Where the home is made.")] = Path(".bench/serve"),
    days: int = 5,
    scale: float = 1.0,
    rate: Annotated[float, typer.Option(help="Requests a second.")] = 1000,
    seconds: Annotated[float, typer.Option(help="How long each rate is kept up.")] = 20,
    publications: int = 20,
) -> None:
    """Measure rates, publications, 304 beside 200, uncached answers beside DuckDB, and memory."""
    home = work.resolve() / "home"
    if not (home / "warehouse.duckdb").exists():
        loaded(home, generated(work.resolve() / "drops", days, scale, ()))
    with server(home) as (port, process), publisher(home) as publish:
        cached = itertools.cycle([request_of(path) for path in CACHED])
        at_rate(port, cached, 100, 1)
        typer.echo(f"cached: {at_rate(port, cached, rate, seconds).in_words()}")
        points = (request_of(f"/v1/tables/royalties/tracks?id=track{number}") for number in itertools.count())
        typer.echo(f"points, each asked once: {at_rate(port, points, rate, seconds).in_words()}")
        both = (one for pair in zip(cached, points, strict=False) for one in pair)
        typer.echo(f"half of each: {at_rate(port, both, rate, seconds).in_words()}")
        for how_many, times in (("one publication", 1), ("three publications in a row", 3)):
            for name, requests in (("cached", cached), ("half of each", both)):
                heard = at_rate(port, requests, rate, seconds, beside=publishing(publish, times))
                typer.echo(f"{name}, {how_many} meanwhile: {heard.in_words()}")
        typer.echo(f"a publication is seen after: {', '.join(f'{seen_after(port, publish):.2f} s' for _ in range(3))}")
        for path in KNOWN:
            typer.echo(f"CPU of 304 over that of 200, {path}: {cpu_of_304(port, process, path, rate)}")
        for name, told in beside_duckdb(port, home).items():
            typer.echo(f"{name}: {told}")
        typer.echo(f"memory: {memory(port, process, home, publish, publications)}")


@contextmanager
def server(home: Path) -> Iterator[tuple[int, psutil.Process]]:
    """`songify serve` on a free port."""
    command = songify("serve", "--port", "0")
    with subprocess.Popen(command, env=environment(home, home), stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        port = int(process.stderr.readline().rsplit(":", 1)[1])
        try:
            yield port, psutil.Process(process.pid)
        finally:
            process.terminate()


@contextmanager
def publisher(home: Path) -> Iterator[Callable[[], float]]:
    """What publishes once more, and returns when it was there."""
    command = [*songify()[:2], "bench.publisher"]
    with subprocess.Popen(
        command, env=environment(home, home), cwd=PRODUCT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        stdin, stdout = process.stdin, process.stdout
        assert stdin
        assert stdout

        def publish() -> float:
            stdin.write("\n")
            stdin.flush()
            return float(stdout.readline())

        publish()
        yield publish
        stdin.close()


def publishing(publish: Callable[[], float], times: int) -> Callable[[], None]:
    """What publishes so often, one after the other."""

    def run() -> None:
        for _ in range(times):
            publish()

    return run


def asked(port: int, path: str) -> bytes:
    """The body of an answer."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}") as answer:
        return bytes(answer.read())


def seen_after(port: int, publish: Callable[[], float]) -> float:
    """How long after a swap answers are of the new publication."""
    before = json.loads(asked(port, "/v1/health"))["publication"]
    at = publish()
    while json.loads(asked(port, "/v1/health"))["publication"] == before:
        time.sleep(0.005)
    return time.time() - at


def cpu_of_304(port: int, process: psutil.Process, path: str, rate: float) -> str:
    """The server's CPU for an answer that did not change, over that for a whole one."""
    took: dict[bool, list[float]] = {True: [], False: []}
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}") as answer:
        requests = {False: request_of(path), True: request_of(path, If_None_Match=answer.headers["ETag"])}
        size = len(answer.read())
    for is_known in (False, True, False, True):
        before = process.cpu_times()
        at_rate(port, itertools.repeat(requests[is_known]), rate, 10)
        after = process.cpu_times()
        took[is_known].append(after.user + after.system - before.user - before.system)
    return f"{sum(took[True]) / sum(took[False]):.2f} ({size / 1000:.0f} kB)"


def beside_duckdb(port: int, home: Path, runs: int = 40) -> dict[str, str]:
    """The median of answers that are not cached, beside that of the same query in DuckDB, in alternation."""
    found, kept = {}, socket.create_connection(("127.0.0.1", port))
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        for name, (path, sql) in SAME.items():
            ours, theirs = list[float](), list[float]()
            for limit in range(1000 - runs, 1000):  # each another one, so that none is cached
                began = time.perf_counter()
                exchanged(kept, request_of(f"{path}&limit={limit}"))
                ours.append(time.perf_counter() - began)
                began = time.perf_counter()
                connection.execute(f"{sql} LIMIT {limit + 1}").fetchall()
                theirs.append(time.perf_counter() - began)
            a, b = statistics.median(ours) * 1000, statistics.median(theirs) * 1000
            found[name] = f"{a:.2f} ms, DuckDB {b:.2f} ms, {a / b:.2f} times"
    kept.close()
    return found


def exchanged(kept: socket.socket, request: bytes) -> None:
    """Sends a request and reads its answer, with as little Python as can be: what is measured is the server."""
    kept.sendall(request)
    answer = kept.recv(1 << 20)
    head, _, body = answer.partition(b"\r\n\r\n")
    left = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0]) - len(body)
    while left:
        left -= len(kept.recv(1 << 20))


def memory(port: int, process: psutil.Process, home: Path, publish: Callable[[], float], publications: int) -> str:
    """What 100,000 requests leave behind, with publications among them: memory, open files, links."""
    requests = itertools.cycle(
        [*map(request_of, CACHED), *(request_of(f"/v1/answers?limit={n}") for n in range(1, 500))]
    )
    told = []
    for part in range(5):
        at_rate(port, requests, 2000, 10, beside=lambda: [publish() for _ in range(publications // 5)] and None)
        told.append(f"{(part + 1) * 20_000:,}: {process.memory_info().rss / 1e6:.0f} MB, {process.num_fds()} files")
    left = [path.name for path in home.glob(".serving*")]
    return f"{'; '.join(told)}; links left: {len(left)}"


if __name__ == "__main__":
    typer.run(main)
