"""`python -m songify_assets` is `songify`: a load is handed to the loader of the home, if one is up."""

import os
import sys

from songify_assets.errors import SettingsError
from songify_assets.handover import handed_over
from songify_assets.settings import load_settings


def main() -> None:
    """Runs the command, here or in the loader."""
    # Freed memory is kept for five seconds, not half a second (decision 51); Polars reads this when it is imported.
    os.environ.setdefault("_RJEM_MALLOC_CONF", "dirty_decay_ms:5000")
    if sys.argv[1:2] == ["load"] and (status := _handed_over()) is not None:
        sys.exit(status)
    from songify_assets.cli import main as run

    run()


def _handed_over() -> int | None:
    try:
        return handed_over(sys.argv[1:], load_settings().home)
    except SettingsError:  # is told by the command itself
        return None


if __name__ == "__main__":
    main()
