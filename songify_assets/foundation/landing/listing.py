"""What a look finds at a place: its files, and a word for each thing there that is none."""

from collections.abc import Mapping
from datetime import UTC, datetime
from sqlite3 import Row
from typing import Protocol

from songify_assets.errors import SongifyError, SourceUnreachable
from songify_assets.foundation.landing.settling import sighted_as
from songify_assets.foundation.sources import Drops, Listed


class Told(Protocol):
    """Where it is told what a look could not list."""

    notes: list[str]
    unreachable: list[SourceUnreachable]


def list_files(drops: Drops, told: Told, sightings: Mapping[str, Row]) -> tuple[list[Listed], list[Listed]]:
    """The files at a place, oldest first; and what to remember of the odd entries that are noted now, for the first time.

    Where a listing breaks off, what came before counts.
    """
    files: list[Listed] = []
    odd: list[Listed] = []
    try:
        for entry in drops.look():
            if isinstance(entry, Listed):
                files.append(entry)
            elif isinstance(entry, SourceUnreachable):
                told.unreachable.append(entry)
            elif sighted_as(mark := _mark(entry), sightings.get(mark.path)) != "noted":
                told.notes.append(str(entry))
                odd.append(mark)
    except SourceUnreachable as error:
        told.unreachable.append(error)
    return sorted(files, key=lambda file: (file.modified, file.path)), odd


def _mark(entry: SongifyError) -> Listed:
    """Stands for an odd entry in the ledger. No file has such a path or size."""
    return Listed(entry.where, -1, datetime.min.replace(tzinfo=UTC))
