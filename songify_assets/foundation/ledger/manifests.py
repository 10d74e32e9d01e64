"""The manifests beside the landed bytes: what the ledger knows that cannot be computed, so that a lost ledger can be made again.

`files/<ab>/<sha256>.jsonl` beside the bytes `<sha256>` has a line for each time that they landed, were refused or released;
`decisions.jsonl` has the approvals, the mended records, and the recordings that somebody named.
"""

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

DECISIONS = "decisions.jsonl"


def bytes_of(landing: Path, sha256: str) -> Path:
    """Where the bytes of a landed file lie."""
    return landing / "files" / sha256[:2] / sha256


def manifest_of(landing: Path, sha256: str) -> Path:
    """The manifest beside them."""
    return bytes_of(landing, sha256).with_suffix(".jsonl")


def note(path: Path, event: str, /, **values: Any) -> None:
    """Adds an event as one line, now unless `at` says when."""
    line = json.dumps({"event": event, "at": datetime.now(UTC).isoformat(), **values}, default=_in_iso)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as out:
        out.write(line + "\n")


def _in_iso(value: object) -> str:
    return value.isoformat() if isinstance(value, (date, datetime)) else str(value)


def events(landing: Path) -> list[dict[str, Any]]:
    """Everything that was noted, in the order in which it happened."""
    paths = [landing / DECISIONS, *sorted(landing.glob("files/*/*.jsonl"))]
    noted = [event for path in paths if path.exists() for event in _lines(path)]
    return sorted(noted, key=lambda event: (event["at"], event.get("number", 0)))


def is_used(landing: Path) -> bool:
    """Whether anything has ever landed here."""
    return next(landing.glob("files/*/*"), None) is not None


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    for line in path.read_text("utf-8").splitlines():
        with suppress(ValueError):  # the last line of a process that was killed in the middle of it
            yield json.loads(line)
