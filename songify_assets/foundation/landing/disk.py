"""Room on the disk."""

from pathlib import Path

from songify_assets.errors import SongifyError


def disk_full(root: Path) -> SongifyError:
    """The error for a disk without room; what was landed before stays, what was not is fetched by the next look."""
    return SongifyError(
        "the disk is full", where=str(root), remedy="Free some space, then load again: nothing was lost."
    )
