"""The way back in for a file that was quarantined whole."""

import os
import shutil
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path, PurePosixPath

from songify_assets.foundation.archives import unpack
from songify_assets.foundation.feeds import Feed
from songify_assets.foundation.landing import Landing, Look
from songify_assets.foundation.ledger import LandedFile


def replay(landing: Landing, refused: Mapping[str, str], feeds: Sequence[Feed], mended: Path | None) -> Look:
    """Lands a mended file in the place of a quarantined one; without one the same bytes are tried once more.

    Leaving the quarantine and landing are one: UnreadableFile, and nothing has changed, where it still cannot be unpacked.
    """
    incoming = landing.root / "incoming" / f"replay-{os.getpid()}"
    incoming.mkdir(parents=True, exist_ok=True)
    try:
        whole = incoming / "whole"
        shutil.copyfile(mended or landing.path(refused["sha256"]), whole)
        look, day, place = Look(refused["source"]), date.fromisoformat(refused["delivered_on"]), refused["place"]
        blank = LandedFile(look.source, refused["feed"], day, refused["slot"], place, "", 0, datetime.now(UTC))
        name = mended.name if mended else PurePosixPath(refused["slot"]).name
        members = [] if refused["feed"] else unpack(whole, name, incoming, place)
        with landing.ledger.transaction():
            landing.ledger.release(look.source, day, place)
            if refused["feed"]:
                landing.ledger.land(landing.keep(whole, blank))
            else:
                landing.land_members(look, members, day, refused["slot"], place, feeds, {})
        return look
    finally:
        shutil.rmtree(incoming, ignore_errors=True)
