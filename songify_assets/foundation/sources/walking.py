"""The way through the folders of a source, whatever its protocol: nothing there can make it endless, or stop it for the rest."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from songify_assets.errors import FileUnreachable, OddEntry, SongifyError
from songify_assets.foundation.sources.drops import Listed, is_hidden
from songify_assets.foundation.sources.limits import Limits
from songify_assets.foundation.sources.names import readable, shown, trouble_with

_EARLIEST, _LATEST = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)  # in any zone
_LARGEST = 2**63 - 1


class Entry(NamedTuple):
    """An entry of a folder, `name` as the source spells it; `identity` tells folders apart.

    `kind` is dir, file, link (nobody knows to what), odd (no file, or none that can be understood) or closed (for us);
    `trouble` says what is wrong with an odd or closed one.
    """

    name: str
    kind: str
    size: int | None = None
    modified: datetime | None = None
    identity: str = ""
    trouble: str = ""


class LimitReached(FileUnreachable):
    """A source shows no end; what was listed of it counts."""


class Walk:
    """A walk through a source's folder at `place`.

    `entries_of` lists a folder, given its path as the source spells it. `completed` adds size and time to an entry that
    may be a file, given its path; None if it is none of ours.
    """

    def __init__(
        self,
        place: str,
        entries_of: Callable[[str], Sequence[Entry]],
        completed: Callable[[str, Entry], Entry | None],
        limits: Limits,
    ) -> None:
        self._place, self._entries_of, self._completed, self._limits = place, entries_of, completed, limits
        self._count = 0

    def files(self) -> Iterator[Listed | SongifyError]:
        """See `Drops.look`. Of very many that are odd, or closed, only the first ones are told."""
        told = Counter[type[SongifyError]]()
        try:
            for found in self._folder("", "", ()):
                if isinstance(found, SongifyError):
                    told[type(found)] += 1
                    if told[type(found)] > self._limits.told:
                        continue
                yield found
        except LimitReached as error:
            yield error
        for kind, count in told.items():
            if count > self._limits.told:
                more = f"{count - self._limits.told:,} more files and folders there are no better"
                yield kind(more, where=self._place, remedy="See to the others first.")

    def _folder(self, below: str, spelled: str, above: tuple[str | int, ...]) -> Iterator[Listed | SongifyError]:
        try:
            entries = self._entries_of(spelled)
        except LimitReached:
            raise
        except FileUnreachable as error:
            yield error
            return
        looks = hash(tuple(entries))  # a folder that lists the same as one above it is that one
        if entries and looks in above:
            yield self._odd(below, "this folder contains itself")
            return
        taken: set[str] = set()
        before, spelled_before = (f"{folder}/" if folder else "" for folder in (below, spelled))
        for entry in sorted(entries, key=lambda entry: entry.name):
            if is_hidden(entry.name):
                continue
            self._count += 1
            if self._count > self._limits.entries:
                raise too_much(f"it lists more than {self._limits.entries:,} files and folders", self._place)
            name = readable(entry.name)
            path = before + name
            if entry.kind == "closed":
                yield FileUnreachable(entry.trouble, where=self._where(path), remedy="Make it readable for this user.")
            elif trouble := entry.trouble or trouble_with(name, self._limits.name_length):
                yield self._odd(path, trouble)
            elif name in taken:
                yield self._odd(path, "another name in this folder reads the same")
            elif entry.kind == "dir":
                yield from self._inner(path, spelled_before + entry.name, entry, (*above, looks))
            elif found := self._file(path, spelled_before + entry.name, entry):
                yield found
            taken.add(name)

    def _inner(
        self, path: str, spelled: str, entry: Entry, above: tuple[str | int, ...]
    ) -> Iterator[Listed | SongifyError]:
        if entry.identity and entry.identity in above:
            yield self._odd(path, "this folder contains itself")
        elif path.count("/") + 1 > self._limits.depth:
            yield self._odd(path, f"this folder lies more than {self._limits.depth} folders deep")
        else:
            yield from self._folder(path, spelled, (*above, entry.identity))

    def _file(self, path: str, spelled: str, entry: Entry) -> Listed | SongifyError | None:
        try:
            complete = self._completed(spelled, entry)
        except LimitReached:
            raise
        except FileUnreachable as error:
            return error
        if complete is None:
            return None
        size, modified = complete.size, complete.modified
        if complete.trouble:
            return self._odd(path, complete.trouble)
        if size is None or not 0 <= size <= _LARGEST:
            return self._odd(path, "its size cannot be understood")
        if modified is None or not _EARLIEST < modified < _LATEST:
            return self._odd(path, "its modification time cannot be understood")
        return Listed(path, size, modified, spelled if spelled != path else "")

    def _odd(self, path: str, trouble: str) -> OddEntry:
        remedy = "It is left alone; have it delivered in another way."
        return OddEntry(trouble, where=self._where(path), remedy=remedy)

    def _where(self, path: str) -> str:
        return "/".join((self._place, *map(shown, filter(None, path.split("/")))))


def too_much(what: str, where: str) -> LimitReached:
    """What to say where a source shows no end."""
    remedy = "What was listed before is loaded. Move away what is old, or ask whoever runs the source."
    return LimitReached(what, where=where, remedy=remedy)
