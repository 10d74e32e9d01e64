"""A session of Spark: what it needs, whether its master answers, and how it is set up."""

import os
import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from songify_assets.errors import EngineUnreachable, SettingsError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

LOOPBACK = "127.0.0.1"
ANSWERS_WITHIN_S = 5
SETTINGS = {
    "spark.app.name": "songify",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    # Instants are instants: what a day is, is decided before.
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.parquet.compression.codec": "zstd",
    # Files are listed by the driver, which knows them, and not by a job.
    "spark.sql.sources.parallelPartitionDiscovery.threshold": "100000",
    # A worker's Python has its core to itself, and no threads beside it.
    "spark.executorEnv.POLARS_MAX_THREADS": "1",
}


def need_spark(master: str) -> None:
    """SettingsError where Spark is not installed here, EngineUnreachable where nothing answers under the master's address."""
    remedy = "Or set SONGIFY_ENGINE=polars."
    if find_spec("pyspark") is None:
        what = "Spark is asked for, and pyspark is not installed"
        raise SettingsError(what, where="SONGIFY_ENGINE", remedy=f"Install songify-assets[spark]. {remedy}")
    home = os.environ.get("JAVA_HOME")
    if not shutil.which("java", path=f"{home}/bin" if home else None):
        what = "Spark is asked for, and there is no Java"
        raise SettingsError(what, where="SONGIFY_ENGINE", remedy=f"Install Java 17 or set JAVA_HOME. {remedy}")
    if not is_local(master) and not any(map(_answers, _addresses(master))):
        raise _unreachable(master, "nothing answers there")


@contextmanager
def lazy_session(master: str) -> Iterator[Callable[[], "SparkSession"]]:
    """A function that starts Spark when it is called for the first time; what it started is ended."""
    started: list[SparkSession] = []

    def session() -> "SparkSession":
        if not started:
            need_spark(master)
            started.append(_started(master))
        return started[0]

    try:
        yield session
    finally:
        for one in started:
            one.stop()


def is_local(master: str) -> bool:
    """Whether Spark is to run in this process."""
    return master.startswith("local")


def _started(master: str) -> "SparkSession":
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException
    from pyspark.sql import SparkSession

    # Workers normalise keys by this package: theirs is in the same place, unless it is said where.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    settings = dict(SETTINGS)
    if is_local(master):
        settings["spark.sql.shuffle.partitions"] = "8"
    if is_local(master) or all(host == LOOPBACK for host, _ in _addresses(master)):
        os.environ.setdefault("SPARK_LOCAL_IP", LOOPBACK)
        settings |= {"spark.driver.host": LOOPBACK, "spark.driver.bindAddress": LOOPBACK}
    builder: Any = SparkSession.builder
    try:
        spark: SparkSession = builder.master(master).config(map=settings).getOrCreate()
    except (Py4JError, PySparkException) as error:
        raise _unreachable(master, "it does not take us as its application") from error
    spark.sparkContext.setLogLevel("ERROR")
    return spark


def _addresses(master: str) -> list[tuple[str, int]]:
    """The hosts and ports of `spark://a:7077,b:7077`."""
    places = master.partition("://")[2].split(",")
    return [(host, int(port)) for host, _, port in (place.rpartition(":") for place in places)]


def _answers(address: tuple[str, int]) -> bool:
    with suppress(OSError), socket.create_connection(address, timeout=ANSWERS_WITHIN_S):
        return True
    return False


def _unreachable(master: str, why: str) -> EngineUnreachable:
    remedy = "Start it or correct SONGIFY_SPARK_MASTER; what was not computed is computed by the next load."
    return EngineUnreachable(f"this Spark master cannot be reached: {why}", where=master, remedy=remedy)
