"""Errors that a user can cause. Each says what is wrong, where, and what to do; none is ever shown as a traceback."""

import traceback
from pathlib import Path

from songify_assets.texts import printable


class SongifyError(Exception):
    """Something a person can mend.

    `what` is wrong, `where` (a file, a place on a server, a setting), and the `remedy`.
    No part of it may hold a password.
    """

    def __init__(self, what: str, *, where: str, remedy: str) -> None:
        super().__init__(what, where, remedy)
        self.what, self.where, self.remedy = what, where, remedy

    def __str__(self) -> str:
        return printable(f"{self.where}: {self.what}. {self.remedy}")


class SettingsError(SongifyError):
    """A setting or an argument is wrong (exit status 2)."""


class SourceUnreachable(SongifyError):
    """A place where drops appear cannot be reached or refuses us (exit status 3)."""


class BrokerUnreachable(SongifyError):
    """A stream of a broker cannot be read now; it is tried again."""


class EngineUnreachable(SourceUnreachable):
    """What is to compute the tables cannot be reached or refuses us (exit status 3)."""


class FileVanished(SongifyError):
    """A file was listed, but is gone when it is fetched; the next look decides."""


class UnreadableFile(SongifyError):
    """A delivered file that cannot be read at all; it is quarantined whole."""


class FileUnreachable(SourceUnreachable):
    """One file or folder of a source cannot be read or refuses us; the others can be read."""


class OddEntry(SongifyError):
    """An entry at a source that is no delivery, such as a pipe or a file without a time; it is noted and left alone."""


class HomeError(SongifyError):
    """The home itself (a database, a table, its disk) is damaged, locked, lost or cannot be written."""


class DiskFull(SongifyError):
    """Something does not fit on the disk; what is smaller may."""


def unexpected(error: Exception, where: str) -> SongifyError:
    """What to say of an error that nobody thought of. Its own text stays out, since that may hold a password."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    what = f"an unexpected {type(error).__name__} in {Path(last.filename).name}, line {last.lineno}"
    return SongifyError(what, where=where, remedy="Report this with the version of the product; the rest goes on.")
