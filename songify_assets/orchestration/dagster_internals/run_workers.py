"""Processes of runs that start at once: forks of a server that has imported the libraries.

Dagster's own are started anew for each run, and to import the libraries takes longer than most runs. The project itself is
imported by each worker, so that a run always follows the code as it is.
"""

import multiprocessing
from multiprocessing.process import BaseProcess

import dagster as dg
from dagster._cli.api import api_cli
from dagster._grpc.types import ExecuteRunArgs
from dagster._serdes import serialize_value

LIBRARIES = (
    "alembic.command dagster._cli.api dagster_duckdb dagster_pandas datasketches narwhals pandera.polars polars_hash "
    "pyarrow.parquet rapidfuzz.process watchdog.observers zstandard"
).split()
SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload(LIBRARIES)


def start_worker(instance: dg.DagsterInstance, run: dg.DagsterRun) -> BaseProcess:
    """Starts the process of a run."""
    assert run.job_code_origin, "a run that is launched knows where its code is"
    asked = serialize_value(ExecuteRunArgs(run.job_code_origin, run.run_id, instance.get_ref()))
    worker = SERVER.Process(target=work, args=(asked,), name=f"run {run.run_id}")
    worker.start()
    return worker


def work(asked: str) -> None:
    """Executes a run in this process, as Dagster's command for it does."""
    api_cli.main(["execute_run", asked])
