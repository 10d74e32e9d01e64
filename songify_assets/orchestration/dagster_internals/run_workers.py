"""Processes of runs that start at once: forks of a server that has imported the product.

Dagster's own are started anew for each run, and to import everything takes longer than most runs.
"""

import multiprocessing
from functools import cache
from multiprocessing.process import BaseProcess

import dagster as dg
from dagster._grpc.types import ExecuteRunArgs
from dagster._serdes import serialize_value

from songify_assets.code import code_state

SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload(["songify_assets.preloaded"])


def start_worker(instance: dg.DagsterInstance, run: dg.DagsterRun) -> BaseProcess | None:
    """Starts the process of a run; None where the code is another one than the server has imported."""
    if _first_code() != code_state():
        return None
    assert run.job_code_origin, "a run that is launched knows where its code is"
    asked = serialize_value(ExecuteRunArgs(run.job_code_origin, run.run_id, instance.get_ref()))
    worker = SERVER.Process(target=work, args=(asked,), name=f"run {run.run_id}")
    worker.start()
    return worker


@cache
def _first_code() -> tuple[int, int]:
    """That of the first run, with which the server starts."""
    return code_state()


def work(asked: str) -> None:
    """Executes a run in this process, as Dagster's command for it does."""
    from dagster._cli.api import api_cli  # has been imported before the fork; commands need it not

    api_cli.main(["execute_run", asked])
