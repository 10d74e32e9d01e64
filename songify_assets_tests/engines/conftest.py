"""One session of Spark for all tests of a process."""

import os
import shutil
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import Any

import pytest

from songify_assets.foundation.engines.spark_session import lazy_session
from songify_assets_tests.home import ROOT

MASTER = "local[2]"


@pytest.fixture(scope="session")
def needs_spark() -> None:
    """Skips the test where Spark cannot run, or fails it if SONGIFY_TESTS_REQUIRE_ALL=1."""
    lacking = [name for name, there in (("pyspark", find_spec("pyspark")), ("Java", shutil.which("java"))) if not there]
    if lacking and os.environ.get("SONGIFY_TESTS_REQUIRE_ALL") == "1":
        pytest.fail(f"not installed: {', '.join(lacking)}")
    if lacking:
        pytest.skip(f"not installed: {', '.join(lacking)}")


@pytest.fixture(scope="session")
def session(needs_spark: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Any]]:
    """What starts Spark when it is asked for the first time."""
    os.environ["PYTHONPATH"] = str(ROOT)  # the workers import the package from where the tests do
    with lazy_session(MASTER, tmp_path_factory.mktemp("spark") / "spark.log") as session:
        yield session
        session().stop()
