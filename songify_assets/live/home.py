"""The folder of `songify live` in a home, which one process at a time owns."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from songify_assets.errors import HomeError, SettingsError
from songify_assets.foundation.trouble import of_file

PATIENCE_S, LOOK_S = 300, 0.05


class Place:
    """Where what lies."""

    def __init__(self, home: Path) -> None:
        self.folder = home / "live"
        self.log, self.drops = self.folder / "log", self.folder / "drops"
        self.checkpoint, self.asked = self.folder / "counts.sqlite", self.folder / "close.asked"
        self._lock = self.folder / "live.lock"

    @contextmanager
    def owned(self) -> Iterator[None]:
        """Owns it; SettingsError if another process does."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = os.open(self._lock, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o640)
        except OSError as error:
            raise of_file(error) from None
        try:
            if not _is_locked(lock):
                remedy = "End the other one, or give this one another SONGIFY_HOME."
                raise SettingsError("`songify live` runs already", where=str(self.folder), remedy=remedy)
            yield
        finally:
            os.close(lock)

    def ask_to_close(self) -> list[str] | None:
        """Asks the process that owns it to close its segments, and returns the files; None if no process owns it any more."""
        done = self.asked.with_suffix(".answer")
        done.unlink(missing_ok=True)
        self.asked.touch()
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            if done.exists():
                lines = done.read_text("utf-8").splitlines()
                done.unlink(missing_ok=True)
                if lines and lines[0].startswith("! "):
                    remedy = "See to it, then do this again: nothing was lost."
                    raise HomeError(
                        f"the segments could not be closed ({lines[0][2:]})", where=str(self.drops), remedy=remedy
                    )
                return lines
            try:
                with self.owned():
                    self.asked.unlink(missing_ok=True)
                    return None
            except SettingsError:
                time.sleep(LOOK_S)
        raise HomeError(
            f"`songify live` has not closed its segments in {PATIENCE_S} s",
            where=str(self.folder),
            remedy="Look at its log.",
        )


def _is_locked(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
