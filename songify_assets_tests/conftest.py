"""The order of the suite: long journeys first, so that no worker ends minutes after the other."""

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sorts tests; the order within a file stays."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)
