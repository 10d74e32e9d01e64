"""One engine of `bench.cluster`: `python -m bench.cluster_run LAKE polars|MASTER`; its last line is what it took, as JSON."""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from bench.cluster_data import DAY, NEXT, lake_of
from bench.cluster_processes import cpu_s, executors, peaks
from songify_assets.datasets.royalties.transforms.shares import aggregate_day, combine_month, enrich_plays
from songify_assets.definitions import CATALOG
from songify_assets.foundation.engines.spark_lake import SparkLake
from songify_assets.foundation.engines.spark_session import lazy_session
from songify_assets.foundation.lake import Lake
from songify_assets.foundation.versions.differences import differences

MONTH = str(DAY.replace(day=1))


def steps(lake: Lake) -> dict[str, Callable[[], dict[str, int]]]:
    """What is computed, in order; each returns the rows that it wrote."""
    tracks = next(feed for feed in CATALOG.feeds if feed.raw == "raw/tracks")

    def history() -> dict[str, int]:
        before, after = (lake.scan("raw/tracks", [str(day)]) for day in (DAY, NEXT))
        changes = differences(before, after, tracks.columns, tracks.key, NEXT)
        return lake.write("royalties/tracks_history", changes, [str(NEXT)])

    def plays() -> dict[str, int]:
        delivered = lake.scan("raw/plays", [str(DAY)]).drop("record", "delivered_on")
        known = [lake.scan(f"royalties/{table}_history") for table in ("locations", "tracks")]
        return lake.write("royalties/plays", enrich_plays(delivered, *known), [str(DAY)])

    def days() -> dict[str, int]:
        return lake.write(
            "royalties/market_share_daily", aggregate_day(lake.scan("royalties/plays", [str(DAY)])), [str(DAY)]
        )

    def month() -> dict[str, int]:
        return lake.write("royalties/market_share", combine_month(lake.scan("royalties/market_share_daily")), [MONTH])

    return {"history": history, "plays": plays, "days": days, "month": month}


def measured(lake: Lake, roots: list[psutil.Process], shuffled: Callable[[], int]) -> dict[str, Any]:
    """What each step took."""
    told: dict[str, Any] = {"rows": {}, "cpu_s": {}, "seconds": {}, "shuffled_bytes": {}}
    for name, compute in steps(lake).items():
        began, cpu, bytes_before = time.monotonic(), cpu_s(roots), shuffled()
        told["rows"][name] = sum(compute().values())
        told["seconds"][name] = round(time.monotonic() - began, 1)
        told["cpu_s"][name] = round(cpu_s(roots) - cpu, 2)
        told["shuffled_bytes"][name] = shuffled() - bytes_before
    return told


def on_spark(lake: Lake, master: str) -> dict[str, Any]:
    """All steps on a cluster, when its executors and their Pythons are up."""
    with lazy_session(master, lake.root / "spark.log") as session:
        spark = session()
        spark.range(4, numPartitions=4).mapInPandas(lambda frames: frames, "id long").count()
        store: Any = spark.sparkContext._jsc.sc().statusStore()

        def shuffled() -> int:
            summaries = store.executorList(False)
            return sum(summaries.apply(at).totalShuffleWrite() for at in range(summaries.size()))

        watched = executors(spark.sparkContext.applicationId)
        with peaks(watched) as found:
            told = measured(SparkLake(lake, session), [psutil.Process(), *watched], shuffled)
        spark.stop()
    return {**told, "executor_bytes": found}


def main(root: Path, engine: str) -> None:
    """Prints what the engine took."""
    lake = lake_of(root)
    told = measured(lake, [psutil.Process()], lambda: 0) if engine == "polars" else on_spark(lake, engine)
    print(json.dumps(told))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
