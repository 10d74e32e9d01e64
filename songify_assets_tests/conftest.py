"""What all tests share: the product on an empty home, and their order: long journeys first, so that both workers end together."""

from pathlib import Path

import pytest

from songify_assets_tests.in_process import InProcess


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sorts tests; the order within a file stays."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


@pytest.fixture
def product(tmp_path: Path) -> InProcess:
    """The product on an empty home."""
    return InProcess(tmp_path / "home")
