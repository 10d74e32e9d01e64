"""Which code this is: processes that have imported it and stay up ask whether it is still the same. A leaf: it imports nothing of ours."""

import sysconfig
from pathlib import Path

PACKAGE = Path(__file__).parent


def code_state() -> tuple[int, int]:
    """Another one whenever the product or a library is: how many files it has, and when the newest was written, in nanoseconds."""
    files = [file for file in PACKAGE.rglob("*") if file.suffix in (".py", ".sql")]
    libraries = Path(sysconfig.get_path("purelib"))
    return len(files), max(path.stat().st_mtime_ns for path in (*files, libraries))
