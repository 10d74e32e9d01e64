"""The engine of a run: what scans and writes the portable tables."""

from collections.abc import Iterator

import dagster as dg

from songify_assets.foundation.engines.spark_lake import SparkLake
from songify_assets.foundation.engines.spark_session import lazy_session
from songify_assets.foundation.lake import Lake
from songify_assets.foundation.store import Store


def engine_of_run(store: Store) -> dg.ResourceDefinition:
    """The resource `engine`: the lake, or the same lake on Spark, with one session a run, opened when it is needed."""

    @dg.resource(description="What scans and writes the portable tables: SONGIFY_ENGINE.")
    def engine(_: dg.InitResourceContext) -> Iterator[Lake]:
        if store.settings.engine == "polars":
            yield store.lake
            return
        with lazy_session(store.settings.spark_master) as session:
            yield SparkLake(store.lake, session)

    return engine
