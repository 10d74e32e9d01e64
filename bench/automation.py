"""How long the sensors take: from the last byte of a drop to the published warehouse, and for thirty days at once.

    python -m bench.automation real      # the real data, SONGIFY_REAL_DATA
    python -m bench.automation days 30   # generated drops of 30 days, appearing at once

Everything runs as `make dev` runs it, with default settings but for the settle time (1 s), which is not what is measured.
"""

import contextlib
import shutil
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import dagster as dg

from songify_assets.foundation.ledger import Ledger
from songify_assets_tests.daemon import UNFINISHED, Running, running, wait_until
from songify_assets_tests.home import REAL_FILES, Home, new_home

PAGES = ("/server_info", "/assets/vendor/books_history", "/runs")


def drop_real(home: Home) -> None:
    """The real data as one drop of 2021-12-31, moved into place whole, source by source."""
    for source, files in REAL_FILES.items():
        staged = home.path / "staged" / source
        staged.mkdir(parents=True)
        for file in files:
            shutil.copyfile(file, staged / file.name)
        place = home.path / "drops" / source / "2021-12-31"
        place.parent.mkdir(parents=True, exist_ok=True)
        staged.rename(place)


def drop_days(home: Home, days: int) -> None:
    """Generated drops of several days, moved into place whole."""
    staged = home.path / "staged"
    home.songify("generate", str(staged), "--days", str(days), "--scale", "1")
    shutil.rmtree(home.path / "drops", ignore_errors=True)
    staged.rename(home.path / "drops")


@contextlib.contextmanager
def watched(url: str) -> Iterator[list[float]]:
    """Asks the web UI for pages once a second meanwhile; how long each answer took."""
    took: list[float] = []
    stop = threading.Event()

    def ask() -> None:
        while not stop.wait(1):
            began = time.monotonic()
            for page in PAGES:
                with urllib.request.urlopen(url + page, timeout=60) as answer:
                    answer.read()
            query = b'{"query": "{ runsOrError(limit: 20) { ... on Runs { results { runId status } } } assetNodes { id } }"}'
            request = urllib.request.Request(url + "/graphql", query, {"Content-Type": "application/json"})
            with urllib.request.urlopen(request, timeout=60) as answer:
                answer.read()
            took.append(time.monotonic() - began)

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield took
    finally:
        stop.set()
        thread.join()


def finished(product: Running) -> bool:
    """Whether the warehouse is published and nothing is out of date or under way."""
    ledger = Ledger(product.home.path / "ledger.sqlite")
    if not (product.home.path / "warehouse.duckdb").exists() or ledger.marks():
        return False
    with product.instance() as instance:
        return not instance.get_runs(UNFINISHED)


def main(what: str, days: str = "30") -> None:
    """Measures one of the two and prints it."""
    with tempfile.TemporaryDirectory(prefix="songify-bench-") as folder:
        home = new_home(Path(folder) / "home")
        with running(home) as product:
            wait_until(lambda: product.pids("api", "grpc"), 60, lambda: "no code server")
            time.sleep(40)  # every sensor has ticked at least once
            began = time.monotonic()
            drop_real(home) if what == "real" else drop_days(home, int(days))
            dropped = time.monotonic()
            with watched(product.url) as took:
                wait_until(lambda: finished(product), 1800, lambda: product.log.read_text()[-3000:])
            done = time.monotonic()
            with product.instance() as instance:
                runs = instance.get_run_records(order_by="create_timestamp", ascending=True)
        print(f"written in {dropped - began:.1f} s; published {done - dropped:.1f} s later, in {len(runs)} runs:")
        for record in runs:
            print(f"  {described(record)}")
        print(
            f"the UI answered {len(took)} times, in {max(took):.1f} s at most, {sorted(took)[len(took) // 2]:.2f} s median"
        )


def described(record: dg.RunRecord) -> str:
    """A run in a line: how long it took, its partitions and assets."""
    run = record.dagster_run
    tags = run.tags
    first = tags.get("dagster/asset_partition_range_start", tags.get("dagster/partition", ""))
    last = tags.get("dagster/asset_partition_range_end", first)
    assets = sorted(key.to_user_string() for key in run.asset_selection or ())
    return f"{run.status.value} {(record.end_time or 0) - (record.start_time or 0):.1f} s {first}..{last} {', '.join(assets)}"


if __name__ == "__main__":
    main(*sys.argv[1:])
