"""What all tests share: the product on an empty home, and their order: long journeys first, so that both workers end together."""

import gc
import os
from collections.abc import Iterator, Set
from contextlib import suppress
from pathlib import Path

import pytest

from songify_assets_tests.in_process import InProcess


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sorts tests; the order within a file stays."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


def pytest_collection_finish() -> None:
    """Looks for garbage no more among what was imported and collected, which stays to the end."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="module")
def one_core() -> Iterator[None]:
    """For tests that compute hundreds of tiny tables, here or by commands: threads that wake each other across cores take a fifth of that."""
    cores = os.sched_getaffinity(0)
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    _keep_to({sorted(cores)[worker % len(cores)]})
    yield
    _keep_to(cores)


def _keep_to(cores: Set[int]) -> None:
    for thread in Path("/proc/self/task").iterdir():
        with suppress(ProcessLookupError):
            os.sched_setaffinity(int(thread.name), cores)


@pytest.fixture
def product(tmp_path: Path) -> InProcess:
    """The product on an empty home."""
    return InProcess(tmp_path / "home")
