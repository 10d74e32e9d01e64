"""The product in one process, on a temporary home and a Dagster instance of its own: what the daemon does, a step at a time."""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest
from dagster._core.definitions.job_base import InMemoryJob
from dagster._core.execution.execute_in_process import core_execute_in_process

from songify_assets import definitions
from songify_assets.definitions import build_definitions, build_triggers
from songify_assets.foundation.store import Store
from songify_assets.orchestration.declare.datasets import Catalog
from songify_assets.orchestration.instance import open_instance
from songify_assets.orchestration.planner.gates import blocking_checks
from songify_assets.orchestration.planner.planner import Planner
from songify_assets.orchestration.runs import QUIET
from songify_assets.settings import Settings
from songify_assets_tests.home import Home, csv, new_home, plays

SENSORS = ("viewing_drops", "vendor_drops", "royalties_drops", "follow_ups")
TRACKS = csv("id,licensor", "a1,Licensor A", "b1,Licensor B")
LOCATIONS = csv("id,country", "se,SE")
STREAM_COLUMNS = "movie_title,user_email,size_mb,start_at,end_at"


@dataclass
class Product:
    """A home with its definitions, its instance and what a planner knows of them."""

    home: Home
    definitions: dg.Definitions
    instance: dg.DagsterInstance

    @property
    def store(self) -> Store:
        return self.definitions.resources["store"]

    @property
    def planner(self) -> Planner:
        return Planner(self.store, build_triggers(definitions.CATALOG), blocking_checks(self.definitions))

    def tick(self, sensor: str) -> Any:
        """One tick of a sensor; it starts nothing."""
        context = dg.build_sensor_context(instance=self.instance, definitions=self.definitions)
        return next(one for one in self.definitions.sensors if one.name == sensor).evaluate_tick(context)

    def requested(self, tags: Mapping[str, str], *assets: str) -> dg.DagsterRun:
        """A run of these assets as Dagster knows it from the moment that it was requested."""
        keys = frozenset(dg.AssetKey(asset.split("/")) for asset in assets)
        job = self.definitions.resolve_implicit_global_asset_job_def().get_subset(asset_selection=keys)
        return self.instance.create_run_for_job(job_def=job, asset_selection=keys, tags=dict(tags))

    def run(self, request: dg.RunRequest) -> dg.ExecuteInProcessResult:
        """Runs what a sensor or a schedule has requested; Dagster knows the assets of the run, as with a run worker."""
        assets = frozenset(request.asset_selection or ())
        job = self.definitions.resolve_implicit_global_asset_job_def().get_subset(
            asset_selection=assets, asset_check_selection=set(request.asset_check_keys or ())
        )
        return core_execute_in_process(
            QUIET, InMemoryJob(job), self.instance, False, False, request.tags, asset_selection=assets
        )

    def catch_up(self) -> None:
        job = next(one for one in self.definitions.jobs if one.name == "catch_up")
        assert job.execute_in_process(instance=self.instance, run_config=QUIET).success

    def settle(self, sensors: Sequence[str] = SENSORS) -> list[list[tuple[str, ...]]]:
        """Ticks and runs until nothing is requested any more; like the daemon it starts no run key twice. What each tick
        with requests asked for, see `asked`."""
        ticks, done = [], set[str]()
        while new := [
            request
            for sensor in sensors
            for request in self.tick(sensor).run_requests or ()
            if request.run_key not in done
        ]:
            for request in new:
                done.add(request.run_key)
                self.run(request)
            ticks.append(sorted(asked(request) for request in new))
        return ticks

    def rows(self, table: str, *keys: str) -> list[dict[str, Any]]:
        return self.store.lake.scan(table, keys or None).collect().to_dicts()

    def at_last(self, table: str) -> pl.DataFrame:
        """The whole of a table, in an order of its own."""
        frame = self.store.lake.scan(table).collect()
        return frame.sort(frame.columns, nulls_last=True)


@contextlib.contextmanager
def product(path: Path, **settings: Any) -> Iterator[Product]:
    """A product at `path`, which may have a home already."""
    home = Home(path) if path.exists() else new_home(path)
    definitions = build_definitions(Settings(**{"home": path, "settle_seconds": 0, **settings}))
    with open_instance(path) as instance:
        yield Product(home, definitions, instance)


def deliver_plays(home: Home, *days: str, rows: Sequence[str] = ("se,a1,60000", "se,b1,90000")) -> None:
    for day in days:
        home.deliver("royalties", day, "plays.csv", plays(*rows))


def deliver_royalties(home: Home, *days: str) -> None:
    """Plays, tracks and locations of these days."""
    deliver_plays(home, *days)
    for day in days:
        home.deliver("royalties", day, "tracks.csv", TRACKS)
        home.deliver("royalties", day, "locations.csv", LOCATIONS)


def deliver_streams(home: Home, day: str, *rows: str) -> None:
    home.deliver("viewing", day, "streams.csv", csv(STREAM_COLUMNS, *rows))


def asked(request: dg.RunRequest) -> tuple[str, ...]:
    """What a request asks for: first and last partition, then its assets in order."""
    only = request.tags.get("dagster/partition", "")
    span = [request.tags.get(f"dagster/asset_partition_range_{end}", only) for end in ("start", "end")]
    return (*span, *sorted(key.to_user_string() for key in request.asset_selection))


def with_offenders(monkeypatch: pytest.MonkeyPatch, name: str, offenders: Callable[..., pl.LazyFrame]) -> None:
    """Makes the check of this name find other rows."""
    datasets = [
        replace(dataset, checks=[replace(c, offenders=offenders) if c.name == name else c for c in dataset.checks])
        for dataset in definitions.CATALOG.datasets
    ]
    monkeypatch.setattr(definitions, "CATALOG", Catalog(datasets))
