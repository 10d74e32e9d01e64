"""Imported by a process that others are forked from: imports and reads all that runs and loads need, and builds the graph.

A fork has it at once, and shares the memory of what nobody changes.
"""

import gc
import importlib
from contextlib import suppress
from multiprocessing import get_context

import songify_assets.foundation.pandera_alone  # noqa: F401  (before anything imports it)

NEEDED = (
    "alembic.command",
    "dagster._cli.api",
    "dagster._core.executor.in_process",
    "dagster._core.instance.factory",
    "dagster._core.storage.sqlite_storage",
    "matplotlib.backends.backend_agg",
    "matplotlib.dates",
    "matplotlib.figure",
    "narwhals._polars.dataframe",
    "songify_assets.cli",
    "songify_assets.datasets.royalties.sheets",
    "songify_assets.definitions",
    "songify_assets.orchestration.dagster_internals.event_log",
    "songify_assets.orchestration.load",
    "upath.implementations.local",
    "watchdog.observers",
)


def build() -> None:
    """Reads Dagster's migrations and builds the graph; Polars is asked in a process of its own, since its engine, once started, does not work in forks."""
    from songify_assets.definitions import CATALOG, build_triggers
    from songify_assets.orchestration.assets.graph import build_graph
    from songify_assets.orchestration.dagster_internals.kept import read_migrations
    from songify_assets.settings import load_settings

    fork = get_context("fork")
    answer, say = fork.Pipe(duplex=False)
    other = fork.Process(target=lambda: say.send([feed.columns for feed in CATALOG.feeds]))
    other.start()
    say.close()
    for feed, columns in zip(CATALOG.feeds, answer.recv(), strict=True):
        vars(feed)["columns"] = columns
    other.join()
    read_migrations()
    settings = load_settings()
    build_graph(CATALOG, build_triggers(CATALOG), settings.start_date, settings.timezone)


for name in NEEDED:
    importlib.import_module(name)
with suppress(Exception):  # what is wrong, such as a setting, is told by the fork that meets it
    build()
gc.collect()
gc.freeze()
