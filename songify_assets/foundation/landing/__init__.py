"""Landing: a look at a source, and every complete new file fetched, unpacked and kept by its content, exactly once.

Bytes are moved into place first and entered into the ledger after, so that a crash leaves nothing or the whole file.
"""

import errno
import hashlib
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path, PurePosixPath

from songify_assets.errors import (
    DiskFull,
    FileUnreachable,
    FileVanished,
    HomeError,
    SongifyError,
    SourceUnreachable,
    UnreadableFile,
    unexpected,
)
from songify_assets.foundation.disk import check_room, disk_full
from songify_assets.foundation.feeds import Feed
from songify_assets.foundation.landing import kept
from songify_assets.foundation.landing.archives import unpack
from songify_assets.foundation.landing.listing import list_files
from songify_assets.foundation.landing.places import (
    before_start,
    delivery_of,
    in_future,
    is_archive,
    uncompressed,
    why_left_alone,
)
from songify_assets.foundation.landing.settling import sighted_as, unsettled_for
from songify_assets.foundation.landing.twins import DeliveryDate, land_first
from songify_assets.foundation.ledger import LandedFile, Ledger
from songify_assets.foundation.ledger.manifests import bytes_of
from songify_assets.foundation.ledger.sightings import remember, sightings_of
from songify_assets.foundation.sources import Drops, Listed
from songify_assets.settings import Settings


@dataclass
class Look:
    """What one look at a source found and did."""

    source: str
    landed: list[LandedFile] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    wait_seconds: float = 0
    notes: list[str] = field(default_factory=list)
    refused: list[SongifyError] = field(default_factory=list)
    unreachable: list[SourceUnreachable] = field(default_factory=list)
    errors: list[SongifyError] = field(default_factory=list)
    lies: DeliveryDate = lambda place: None


class Landing:
    """The landed bytes below one folder, named by their SHA-256."""

    def __init__(self, root: Path, ledger: Ledger) -> None:
        self.root, self.ledger = root, ledger

    def path(self, sha256: str) -> Path:
        """Where the bytes of a landed file lie, plain or compressed."""
        return kept.place_of(self.root, sha256)

    def plain(self, file: LandedFile, into: Path) -> Path:
        """A path where the bytes of a landed file can be read as they came: compressed ones are unpacked into a folder.

        HomeError when they are gone, cut or damaged.
        """
        return kept.plain_bytes(self.root, file, into)

    def look(
        self,
        source: str,
        drops: Drops,
        feeds: Sequence[Feed],
        settings: Settings,
        *,
        since: date = date.min,
        until: date = date.max,
        tell: Callable[[str], None],
    ) -> Look:
        """Looks at a source once and lands all that is complete and new, of the delivery dates from `since` to `until`.

        Files still growing are left for the next look (`waiting`). Files that cannot be unpacked are quarantined
        (`refused`), files of no feed are noted once. What cannot be had (`unreachable`) or landed (`errors`) is told, and
        the rest lands.
        """
        look, sightings = Look(source), sightings_of(self.ledger, source)
        files, odd = list_files(drops, look, sightings)
        seen: dict[str, list[Listed]] = {"noted": odd, "early": [], "waiting": []}
        there = {f"{source}/{listed.path}": listed for listed in files}
        look.lies = lambda place: delivery_of(there[place], settings)[0] if place in there else None
        for listed in files:
            sighting = sightings.get(listed.path)
            if sighted_as(listed, sighting) in ("landed", "noted"):
                continue
            delivered_on, path = delivery_of(listed, settings)
            if not since <= delivered_on <= until:
                continue
            if why := why_left_alone(path, feeds, source):
                look.notes.append(f"{drops.place}/{listed.path}: {why}")
                seen["noted"].append(listed)
            elif delivered_on < settings.start_date:
                look.notes.append(f"{drops.place}/{listed.path}: {before_start(listed, delivered_on, settings)}")
                seen["noted"].append(listed)
            elif delivered_on > datetime.now(settings.zone).date():
                if sighted_as(listed, sighting) != "early":
                    look.notes.append(f"{drops.place}/{listed.path}: {in_future(delivered_on, settings)}")
                    seen["early"].append(listed)
            elif (rest := unsettled_for(listed, sighting, settings.settle_seconds)) > 0:
                look.waiting.append(listed.path)
                if sighted_as(listed, sighting) != "waiting":
                    seen["waiting"].append(listed)
                look.wait_seconds = max(look.wait_seconds, rest)
            else:
                tell(f"landing {source}/{listed.path} ({listed.size:,} bytes)")
                if not self._try(look, drops, listed, delivered_on, path, feeds):
                    break
        for state, files in seen.items():
            remember(self.ledger, source, files, state)
        return look

    def _try(
        self, look: Look, drops: Drops, listed: Listed, delivered_on: date, path: str, feeds: Sequence[Feed]
    ) -> bool:
        """Lands a file; what goes wrong with it is told. False if the others need not be tried."""
        try:
            self._land(look, drops, listed, delivered_on, path, feeds)
        except HomeError:
            raise
        except FileVanished as error:
            look.notes.append(f"{error} It is left for the next look.")
        except SourceUnreachable as error:
            look.unreachable.append(error)
            return isinstance(error, FileUnreachable)
        except SongifyError as error:
            look.errors.append(error)
        except OSError as error:
            what, remedy = f"cannot be written ({error.strerror})", "Make it writable for this user, then load again."
            look.errors.append(SongifyError(what, where=str(error.filename or self.root), remedy=remedy))
            return False
        except Exception as error:
            look.errors.append(unexpected(error, f"{drops.place}/{listed.path}"))
        return True

    def _land(
        self, look: Look, drops: Drops, listed: Listed, delivered_on: date, path: str, feeds: Sequence[Feed]
    ) -> None:
        signature = f"{look.source}|{drops.place}|{listed.path}|{listed.size}|{listed.modified.isoformat()}"
        incoming = self.root / "incoming" / hashlib.sha1(signature.encode(), usedforsecurity=False).hexdigest()
        incoming.mkdir(parents=True, exist_ok=True)
        whole, place = incoming / "whole", f"{look.source}/{listed.path}"
        is_full = False
        try:
            check_room(listed.size - _size(whole), incoming, f"{drops.place}/{listed.path}")
            fetched = drops.fetch(listed, whole)
            try:
                members = unpack(whole, PurePosixPath(path).name, incoming, place)
            except UnreadableFile as error:
                blank = LandedFile(look.source, None, delivered_on, path, place, fetched, 0, datetime.now(UTC))
                file = self.keep(whole, blank)
                self.ledger.refuse(file, error.what, error.remedy)
                look.refused.append(error)
            else:
                self.land_members(look, members, delivered_on, path, place, feeds, {whole: fetched})
            remember(self.ledger, look.source, [listed], "landed")
        except DiskFull:
            is_full = True
            raise
        except OSError as error:
            if is_full := error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
                raise disk_full("the disk is full", f"{drops.place}/{listed.path}", self.root, 0) from None
            raise
        finally:
            have = _size(whole)
            # A part is kept, so that the next look goes on with it, but not on a full disk; there, an archive that came
            # whole is kept, so that it is not fetched again and again.
            if not have or (have < listed.size) == is_full:
                shutil.rmtree(incoming, ignore_errors=True)

    def land_members(
        self,
        look: Look,
        members: list[tuple[str, Path]],
        delivered_on: date,
        path: str,
        place: str,
        feeds: Sequence[Feed],
        hashes: Mapping[Path, str],
    ) -> None:
        """Lands the files that a delivered file holds, each for its feed; `hashes` has the SHA-256 of those that are known."""
        archive, taken = is_archive(path), dict[str, str]()
        for name, unpacked in sorted(members) if archive else members:
            below = name if archive else uncompressed(path)
            where = f"{place}/{name}" if archive else place
            feed = next((feed for feed in feeds if feed.holds(below, anywhere=archive)), None)
            if feed is None:
                look.notes.append(f"{where}: no feed of {look.source} has such a file; it is left alone.")
                continue
            slot, sha256 = feed.slot(below), hashes.get(unpacked, "")
            blank = LandedFile(look.source, feed.name, delivered_on, slot, where, sha256, 0, datetime.now(UTC))
            file = self.keep(unpacked, blank)
            if slot in taken:
                what = f"the archive holds this file twice, the first time at {taken[slot]}, which counts"
                error = UnreadableFile(what, where=where, remedy="Ask the sender to deliver the archive with one.")
                self.ledger.refuse(file, error.what, error.remedy)
                look.refused.append(error)
                continue
            taken[slot] = name
            is_new, refused = land_first(self.ledger, file, look.lies)
            look.refused += refused
            look.landed = [other for other in look.landed if other.place not in {error.where for error in refused}]
            look.landed += [file] if is_new else []

    def keep(self, unpacked: Path, file: LandedFile) -> LandedFile:
        """Moves finished bytes into their place; what was hashed while it was fetched comes with its SHA-256."""
        with unpacked.open("rb") as opened, ThreadPoolExecutor(1) as beside:
            on_disk = beside.submit(os.fsync, opened.fileno())
            sha256 = file.sha256 or hashlib.file_digest(opened, "sha256").hexdigest()
            on_disk.result()
        target, size = bytes_of(self.root, sha256), unpacked.stat().st_size
        target.parent.mkdir(parents=True, exist_ok=True)
        unpacked.replace(target)
        return LandedFile(**{**vars(file), "sha256": sha256, "size": size})


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
