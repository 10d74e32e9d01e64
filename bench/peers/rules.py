"""What every peer of a job does alike: keep the delivered bytes, and the row rules in SQL."""

import hashlib
import shutil
from pathlib import Path

INSTANT = "%Y-%m-%dT%H:%M:%S.%g%z"


def landed(file: Path, into: Path) -> None:
    """Keeps a file under the SHA-256 of its bytes, as the job's first step asks."""
    with file.open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256").hexdigest()
    into.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(file, into / digest)
