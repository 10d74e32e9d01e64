"""What compaction did, or would do, with a part of the home."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Saved:
    """What compaction saved, or would save, of a table (or of the landed bytes): files, and rows and bytes before and after."""

    table: str
    files: int
    rows: tuple[int, int]
    bytes: tuple[int, int]

    def __add__(self, other: "Saved") -> "Saved":
        rows = self.rows[0] + other.rows[0], self.rows[1] + other.rows[1]
        size = self.bytes[0] + other.bytes[0], self.bytes[1] + other.bytes[1]
        return Saved(self.table, self.files + other.files, rows, size)


# Something to compact: its name, and what does it, or with a dry run says what that would save.
Task = tuple[str, Callable[[], Saved | None]]
