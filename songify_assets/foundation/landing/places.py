"""Which delivery a file belongs to, by the place where it lies."""

import re
from collections.abc import Sequence
from datetime import date, timedelta

from songify_assets.foundation.feeds import COMPRESSIONS, Feed
from songify_assets.foundation.sources import Listed
from songify_assets.settings import Settings

_DATED = re.compile(r"\d{4}-\d{2}-\d{2}")


def delivery_of(listed: Listed, settings: Settings) -> tuple[date, str]:
    """The delivery date of a file and its path below the drop: its dated folder, else the day it was modified."""
    folder, _, rest = listed.path.partition("/")
    if rest and _DATED.fullmatch(folder):
        try:
            return date.fromisoformat(folder), rest
        except ValueError:
            return date.min + timedelta(days=1), rest
    return listed.modified.astimezone(settings.zone).date(), listed.path


def uncompressed(path: str) -> str:
    """The path without its compression suffix."""
    return next((path[: -len(suffix)] for suffix in COMPRESSIONS if path.lower().endswith(suffix)), path)


def is_archive(path: str) -> bool:
    """Whether a file holds others."""
    return path.lower().endswith(".zip")


def why_left_alone(path: str, feeds: Sequence[Feed], source: str) -> str | None:
    """Why a file at this path below its drop is none of a feed's; None when it is one, or an archive of them."""
    name = uncompressed(path)
    is_known = is_archive(name) or any(feed.holds(name, anywhere=True) for feed in feeds)
    if not is_known:
        return f"no feed of {source} has such a file; it is left alone."
    if any(feed.holds(name) for feed in feeds) or (is_archive(name) and "/" not in name):
        return None
    return (
        f"this is no place of a drop: such a file lies in {source}/<YYYY-MM-DD>/ or {source}/ itself; it is left alone."
    )


def before_start(listed: Listed, delivered_on: date, settings: Settings) -> str:
    """What is said of a file of a delivery date that has no partition, or that is none."""
    folder = listed.path.partition("/")[0]
    if _DATED.fullmatch(folder) and folder != str(delivered_on):
        return f"{folder} is no date; it is left alone."
    return f"its delivery date {delivered_on} is before SONGIFY_START_DATE ({settings.start_date}); it is left alone."


def in_future(delivered_on: date, settings: Settings) -> str:
    """What is said of a file whose delivery date has not come yet."""
    return f"its delivery date {delivered_on} has not come yet ({settings.timezone}); it is loaded from that day on."
