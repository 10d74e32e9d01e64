"""Publishes the home's warehouse as it is, once for each line that it reads: `python -m bench.publisher`."""

import sys
import time

from songify_assets.definitions import CATALOG, build_store, build_triggers
from songify_assets.orchestration.publish.published_asset import comments
from songify_assets.orchestration.publish.warehouse import Warehouse
from songify_assets.settings import load_settings


def main() -> None:
    """Answers each line with the time at which the new warehouse was there."""
    texts = comments(CATALOG.feeds, CATALOG.models)
    warehouse = Warehouse(build_store(load_settings()), build_triggers(CATALOG), CATALOG.feeds, texts, CATALOG.keys)
    for _ in sys.stdin:
        warehouse.publish()
        print(time.time(), flush=True)


if __name__ == "__main__":
    main()
