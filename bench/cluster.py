"""A day of plays and a dump of tracks on one node and on a cluster of processes: `python -m bench.cluster --plays 20000000`.

Both engines compute the same four things by the product's own functions: what a second dump of all tracks changed, the plays
with country and licensor as of their day, their counts, and the month. Told are the seconds of CPU of all processes that have
a part in it, after they have started; of the cluster also what is shuffled, and the most memory that an executor and its
Pythons held at once.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from bench.cluster_data import make
from bench.cluster_processes import ROOT, running_cluster

TICK_S = 0.01  # CPU is told in ticks


def main(
    work: Annotated[Path, typer.Option(help="Where the lakes are made.")] = Path(".bench/cluster"),
    plays: int = 5_000_000,
    tracks: int = 10_000_000,
    workers: int = 2,
    only: Annotated[str, typer.Option(help="Only one of polars and spark.")] = "",
) -> None:
    """Measure both engines, compare what they wrote, and tell the ratio of their CPU."""
    lake = make(work.resolve(), plays, tracks)
    told = {}
    if only != "spark":
        told["polars"] = computed(lake, "polars")
    if only != "polars":
        with running_cluster(work.resolve() / "processes", workers) as master:
            told["spark"] = computed(lake, master)
    for engine, figures in told.items():
        typer.echo(f"{engine}: {json.dumps(figures)}")
    if len(told) == 2:
        assert told["polars"]["rows"] == told["spark"]["rows"], "both have the same rows"
        for name, parts in (("history", ["history"]), ("plays to month", ["plays", "days", "month"])):
            took = {engine: sum(figures["cpu_s"][part] for part in parts) for engine, figures in told.items()}
            typer.echo(f"{name}: {took['spark'] / max(took['polars'], TICK_S):.1f} times the CPU of one node")


def computed(lake: Path, engine: str) -> dict[str, dict[str, float]]:
    """What a process tells that computes all on an engine: polars, or a master of Spark."""
    env = {**os.environ, "PYTHONPATH": str(ROOT), "SPARK_CONF_DIR": str(ROOT / "deploy" / "spark" / "conf")}
    env["PYSPARK_SUBMIT_ARGS"] = "--conf spark.network.timeout=3600s pyspark-shell"
    command = [sys.executable, "-m", "bench.cluster_run", str(lake), engine]
    ran = subprocess.run(command, env=env, check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    return dict(json.loads(ran.stdout.splitlines()[-1]))


if __name__ == "__main__":
    typer.run(main)
