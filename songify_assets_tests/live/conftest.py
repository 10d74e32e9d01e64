"""A `songify live` on an empty home, which ends with the test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from songify_assets_tests.live.served import Live, fresh


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Live]:
    served = fresh(tmp_path).start()
    yield served
    if served.started is not None:
        served.kill()
