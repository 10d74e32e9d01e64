"""What a range in one run saves: every daily asset backfilled as one run, beside one run a partition.

    python -m bench.backfill 365 5    # generated drops of 365 days; five single partitions are timed and scaled up

Both are whole processes, `dagster asset materialize`, as a run worker is.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

from songify_assets.definitions import build_triggers
from songify_assets_tests.home import Home, new_home

FIRST = date(2021, 1, 1)


def materialized(home: Home, *partitions: str) -> float:
    """Materializes every daily asset for these partitions, in a process of its own; how long it took."""
    daily = [key for key, node in build_triggers().nodes.items() if node.cadence == "day"]
    environment = {**os.environ, "SONGIFY_HOME": str(home.path), "DAGSTER_HOME": str(home.path / "dagster")}
    select = ["--select", " or ".join(f'key:"{key}"' for key in daily)]
    command = [sys.executable, "-m", "dagster", "asset", "materialize", "-m", "songify_assets.definitions", *select]
    began = time.monotonic()
    subprocess.run([*command, *partitions], env=environment, check=True, capture_output=True)
    return time.monotonic() - began


def main(days: str = "365", singles: str = "5") -> None:
    """Measures and prints both."""
    span = [str(FIRST + timedelta(days=n)) for n in range(int(days))]
    with tempfile.TemporaryDirectory(prefix="songify-bench-") as folder:
        home = new_home(Path(folder) / "home")
        home.songify("generate", str(home.path / "drops"), "--days", days, "--scale", "0.05", "--first-day", span[0])
        began = time.monotonic()
        home.songify("load")
        print(f"first load of {days} days: {time.monotonic() - began:.0f} s")
        whole = materialized(home, "--partition-range", f"{span[0]}...{span[-1]}")
        some = span[:: max(1, len(span) // int(singles))][: int(singles)]
        single = statistics.median(materialized(home, "--partition", day) for day in some)
    one_by_one = single * len(span)
    print(
        f"one run of {days} partitions: {whole:.0f} s; one partition: {single:.1f} s, so {days} runs: {one_by_one:.0f} s"
    )
    print(f"ratio: 1/{one_by_one / whole:.0f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
