"""Which delivery a file belongs to, by the place where it lies."""

import re
from datetime import date, timedelta

from songify_assets.foundation.feeds import COMPRESSIONS
from songify_assets.foundation.sources import Listed
from songify_assets.settings import Settings


def delivery_of(listed: Listed, settings: Settings) -> tuple[date, str]:
    """The delivery date of a file and its path below the drop: its dated folder, else the day it was modified."""
    folder, _, rest = listed.path.partition("/")
    if rest and re.fullmatch(r"\d{4}-\d{2}-\d{2}", folder):
        try:
            return date.fromisoformat(folder), rest
        except ValueError:
            return date.min + timedelta(days=1), rest
    return listed.modified.astimezone(settings.zone).date(), listed.path


def uncompressed(path: str) -> str:
    """The path without its compression suffix."""
    return next((path.removesuffix(suffix) for suffix in COMPRESSIONS if path.endswith(suffix)), path)
