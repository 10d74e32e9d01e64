"""The way back in for a file that was quarantined whole."""

import os
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from songify_assets.foundation.feeds import Feed
from songify_assets.foundation.landing import Landing, Look
from songify_assets.foundation.landing.archives import unpack
from songify_assets.foundation.ledger import LandedFile
from songify_assets.foundation.ledger.files import RefusedFile


def replay(landing: Landing, refused: RefusedFile, feeds: Sequence[Feed], mended: Path | None) -> Look:
    """Lands a mended file in the place of a quarantined one; without one the same bytes are tried once more.

    Leaving the quarantine and landing are one: UnreadableFile, and nothing has changed, where it still cannot be unpacked.
    """
    incoming = landing.root / "incoming" / f"replay-{os.getpid()}"
    incoming.mkdir(parents=True, exist_ok=True)
    try:
        look, whole = Look(refused.source), incoming / "whole"
        shutil.copyfile(mended or landing.plain(refused, incoming), whole)
        day, slot, place = refused.delivered_on, refused.slot, refused.place
        blank = LandedFile(look.source, refused.feed, day, slot, place, "", 0, datetime.now(UTC))
        name = mended.name if mended else PurePosixPath(slot).name
        members = [] if refused.feed else unpack(whole, name, incoming, place)
        with landing.ledger.transaction():
            landing.ledger.release(look.source, day, place)
            if refused.feed:
                landing.ledger.land(landing.keep(whole, blank))
            else:
                landing.land_members(look, members, day, slot, place, feeds, {})
        return look
    finally:
        shutil.rmtree(incoming, ignore_errors=True)
