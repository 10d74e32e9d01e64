"""A session of Spark: how it is set up, started when it is needed, and ended."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from songify_assets.foundation.engines.spark_reach import addresses, is_connect, is_local, need_spark, unreachable

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

LOOPBACK = "127.0.0.1"
# What a session is told, also one that a server of Spark Connect has started.
SQL = {
    # Instants are instants: what a day is, is decided before.
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.parquet.compression.codec": "zstd",
    # Files are listed by the driver, which knows them, and not by a job.
    "spark.sql.sources.parallelPartitionDiscovery.threshold": "100000",
    # Where one side is much smaller, or fits into memory a partition at a time, the other one need not be sorted.
    "spark.sql.join.preferSortMergeJoin": "false",
    "spark.sql.adaptive.maxShuffledHashJoinLocalMapThreshold": "64m",
    "spark.sql.adaptive.advisoryPartitionSizeInBytes": "32m",
    "spark.sql.execution.arrow.maxRecordsPerBatch": "50000",
}
OWN = {
    "spark.app.name": "songify",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    # As Polars writes: the next levels take more time than space.
    "spark.hadoop.parquet.compression.codec.zstd.level": "1",
    # A worker's Python has its core to itself, and no threads beside it.
    "spark.executorEnv.POLARS_MAX_THREADS": "1",
}


@contextmanager
def lazy_session(master: str, log: Path) -> Iterator[Callable[[], "SparkSession"]]:
    """A function that starts Spark when it is called for the first time.

    What runs here goes on for the next run of this process, since its start takes seconds, and ends with the process; a session
    of a server is given back. What Spark says about itself goes to the file `log`.
    """
    started: list[SparkSession] = []

    def session() -> "SparkSession":
        if not started:
            need_spark(master)
            started.append(_connected(master) if is_connect(master) else _started(master, log))
        return started[0]

    try:
        yield session
    finally:
        if is_connect(master):
            for one in started:
                one.stop()


def _started(master: str, log: Path) -> "SparkSession":
    """A session of which this process is the driver."""
    from py4j.protocol import Py4JError
    from pyspark import SparkConf, SparkContext
    from pyspark.errors import PySparkException
    from pyspark.java_gateway import launch_gateway
    from pyspark.sql import SparkSession

    # Workers normalise keys by this package: theirs is in the same place, unless it is said where.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    settings = SQL | OWN
    if is_local(master):
        settings["spark.sql.shuffle.partitions"] = "8"
    if is_local(master) or all(host == LOOPBACK for host, _ in addresses(master)):
        os.environ.setdefault("SPARK_LOCAL_IP", LOOPBACK)
        settings |= {"spark.driver.host": LOOPBACK, "spark.driver.bindAddress": LOOPBACK}
    builder: Any = SparkSession.builder
    try:
        if SparkContext._gateway is None:
            conf: Any = SparkConf(loadDefaults=False).setAll(settings.items())
            with log.open("ab") as out:
                gateway = launch_gateway(conf, popen_kwargs={"stdout": out, "stderr": out})
            SparkContext._ensure_initialized(gateway=gateway)
        if SparkContext._active_spark_context and SparkContext._active_spark_context._jsc.sc().isStopped():
            SparkContext._active_spark_context.stop()
        spark: SparkSession = builder.master(master).config(map=settings).getOrCreate()
    except (Py4JError, PySparkException) as error:
        raise unreachable(master, f"it does not take us as its application, see {log}") from error
    return spark


def _connected(server: str) -> "SparkSession":
    """A session of a server of Spark Connect, which is the driver."""
    from pyspark.errors import PySparkException
    from pyspark.sql import SparkSession

    builder: Any = SparkSession.builder
    try:
        spark: SparkSession = builder.remote(server).getOrCreate()
        for name, value in SQL.items():
            spark.conf.set(name, value)
    except PySparkException as error:
        raise unreachable(server, "it gives us no session") from error
    return spark
