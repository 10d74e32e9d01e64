"""A feed's file that a drop holds twice: the first by path counts, whichever came first, and the other is refused."""

from collections.abc import Callable
from datetime import date

from songify_assets.errors import UnreadableFile
from songify_assets.foundation.ledger import LandedFile, Ledger
from songify_assets.foundation.ledger.files import others_of

DeliveryDate = Callable[[str], date | None]


def land_first(ledger: Ledger, file: LandedFile, lies: DeliveryDate) -> tuple[bool, list[UnreadableFile]]:
    """Lands a file, unless its drop holds it at an earlier path, too; those at later paths are refused.

    `lies` tells the delivery date of a place where a file lies now. Returns whether something new landed, and what is refused.
    """
    others = _others(ledger, file, lies)
    first = min([file, *others], key=lambda other: other.place)
    what = f"its drop holds this file twice, the first time at {first.place}, which counts"
    told = []
    for other in others if first is file else [file]:
        if others.get(other) != what:
            told.append(UnreadableFile(what, where=other.place, remedy="Ask the sender to deliver one of them."))
        ledger.refuse(other, what, "Ask the sender to deliver one of them.")
    return first is file and ledger.land(file), told


def _others(ledger: Ledger, file: LandedFile, lies: DeliveryDate) -> dict[LandedFile, str | None]:
    """The files of the same drop and slot that came from other places and still lie there, and why they are refused."""
    others = others_of(ledger, file)
    return {other: why for other, why in others.items() if _lies_there(other.place, file.delivered_on, lies)}


def _lies_there(place: str, delivered_on: date, lies: DeliveryDate) -> bool:
    """Whether the file, or the archive that holds it, is still there for this delivery date."""
    parts = place.split("/")
    return any(lies("/".join(parts[:depth])) == delivered_on for depth in range(2, len(parts) + 1))
