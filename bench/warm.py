"""What a job takes in a process that has just done the like, as a worker that stays up; prints the seconds.

python -m bench.warm drop 2021-12-01                               # loads up to that day, then times the load of the rest
python -m bench.warm partition royalties/market_share 2021-12-01   # computes it, then times computing it again
"""

import os
import sys
import time
from collections.abc import Callable
from datetime import date

from songify_assets.cli.load import run_load
from songify_assets.cli.session import Session, session
from songify_assets.orchestration.load import LoadReport


def drop(opened: Session, until: str) -> Callable[[], LoadReport]:
    """Loads what was delivered up to a day; what is left to do is the load of the rest."""
    run_load(opened, [], until=date.fromisoformat(until))
    return lambda: run_load(opened, [])


def partition(opened: Session, asset: str, key: str) -> Callable[[], LoadReport]:
    """Computes a partition with what follows from it, and publishes; what is left to do is the same."""

    def again() -> LoadReport:
        opened.store.ledger.mark([(asset, key)])
        return run_load(opened, [], stale_only=True)

    again()
    return again


def main(what: str, *args: str) -> None:
    """Warms up, then measures."""
    with session() as opened:
        left = {"drop": drop, "partition": partition}[what](opened, *args)
        began = time.perf_counter()
        report = left()
        print(time.perf_counter() - began, flush=True)
        # As the commands do: taking Python apart takes time, and some libraries then complain after the last line.
        os._exit(report.exit_status)


if __name__ == "__main__":
    main(*sys.argv[1:])
