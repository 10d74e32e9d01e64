"""`python -m bench.warm DAY`: loads what is for DAY and earlier, then the rest in the same process, and prints the seconds of that."""

import sys
import time
from datetime import date

from songify_assets.cli.load import run_load
from songify_assets.cli.session import session


def main(until: date) -> None:
    """Two loads in one process, of which the second is timed, as in a worker that stays up."""
    with session() as opened:
        run_load(opened, [], until=until)
        began = time.perf_counter()
        report = run_load(opened, [])
        print(time.perf_counter() - began, flush=True)
    sys.exit(report.exit_status)


if __name__ == "__main__":
    main(date.fromisoformat(sys.argv[1]))
