"""The Parquet files that a published warehouse reads: hard links, which stay as they are when the lake goes on.

A snapshot is a folder of links below `warehouse/`. It is kept for `SONGIFY_SNAPSHOT_HOURS` after the next publication has
taken its place, so that whoever opened the warehouse until then can go on reading.
"""

import os
import shutil
import time
from pathlib import Path

SUPERSEDED = ".superseded"


def new_snapshot(home: Path) -> Path:
    """An empty snapshot."""
    snapshot = home / "warehouse" / f"{os.getpid()}-{os.urandom(4).hex()}"
    snapshot.mkdir(parents=True)
    return snapshot


def linked(file: Path, link: Path) -> Path:
    """Makes `link` a link to a file."""
    link.parent.mkdir(parents=True, exist_ok=True)
    link.unlink(missing_ok=True)
    os.link(file, link)
    return link


def newest_link(name: Path, but: Path) -> Path | None:
    """What a file was when it was last published: its newest link in a snapshot other than `but`."""
    links = [folder / name for folder in but.parent.iterdir() if folder != but]
    return max((link for link in links if link.exists()), key=lambda link: link.parent.stat().st_mtime, default=None)


def discard(snapshot: Path) -> None:
    """Removes a snapshot that was not published."""
    shutil.rmtree(snapshot, ignore_errors=True)


def supersede(current: Path, keep_hours: float) -> None:
    """Notes that `current` has taken the place of all others, and removes those of which that is too long ago.

    How old a snapshot is says nothing: its last reader may have come a moment before it was superseded.
    """
    for folder in (other for other in current.parent.iterdir() if other != current and other.is_dir()):
        note = folder / SUPERSEDED
        if not note.exists():
            note.touch()
        if note.stat().st_mtime <= time.time() - keep_hours * 3600:
            shutil.rmtree(folder, ignore_errors=True)
