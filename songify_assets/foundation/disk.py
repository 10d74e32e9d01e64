"""Room on the disk: how much may still be written, and what to say when something does not fit."""

import shutil
from pathlib import Path

from songify_assets.errors import DiskFull

# Kept free for what is small but must never fail: the ledger, Dagster's databases, logs, and the computing of what landed.
RESERVE_BYTES = 1 << 30
RESERVE_SHARE = 0.05  # of a disk on which that were too much


def room(folder: Path) -> int:
    """How many bytes may be written into a folder before the reserve is touched."""
    disk = shutil.disk_usage(folder)
    return max(0, disk.free - int(min(RESERVE_BYTES, RESERVE_SHARE * disk.total)))


def check_room(size: int, folder: Path, where: str) -> None:
    """DiskFull if so many bytes of the file `where` do not fit into a folder."""
    free = room(folder)
    if size > free:
        raise disk_full(f"its {size:,} bytes do not fit on the disk", where, folder, size - free)


def disk_full(what: str, where: str, folder: Path, missing: int) -> DiskFull:
    """The error for a file that does not fit; what was landed before stays, this one is tried again by the next look."""
    amount = f"at least {missing:,} bytes" if missing else "some space"
    return DiskFull(
        what, where=where, remedy=f"Free {amount} on the disk of {folder}, then load again: nothing was lost."
    )
