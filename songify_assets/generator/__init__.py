"""Synthetic drops: what the sources would deliver, as much of it as you like, the same for the same arguments.

Nothing is kept between days: every entity and event is a hash of (seed, index, day), made a chunk at a time, so any
scale fits in the same memory. Behind `songify generate`, and for demos, tests and benchmarks.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

from songify_assets.errors import SettingsError
from songify_assets.generator import (
    listening,
    live,
    marketing,
    payments,
    playlists,
    royalties,
    subscriptions,
    vendor,
    viewing,
)
from songify_assets.generator.defects import DEFAULTS, DEFECTS, checked
from songify_assets.generator.feeds import Drop
from songify_assets.generator.files import write
from songify_assets.generator.plan import Plan

__all__ = ["DEFAULTS", "DEFECTS", "SOURCES", "generate"]

_DROPS: dict[str, Callable[[Plan, int], list[Drop]]] = {
    "viewing": viewing.drops,
    "vendor": vendor.drops,
    "royalties": royalties.drops,
    "listening": listening.drops,
    "playlists": playlists.drops,
    "subscriptions": subscriptions.drops,
    "payments": payments.drops,
    "marketing": marketing.drops,
    "live": live.drops,
}
# Those of `live` lie in the home, not beside the others: they are made when they are asked for by name.
SOURCES = tuple(source for source in _DROPS if source != "live")


def generate(
    into: Path,
    *,
    days: int,
    scale: float,
    seed: int = 0,
    first_day: date = date(2021, 12, 1),
    sources: Sequence[str] = SOURCES,
    defects: Mapping[str, float] | None = None,
    progress: Callable[[str], None] | None = None,
) -> list[Path]:
    """Write drops of consecutive days as `<into>/<source>/<YYYY-MM-DD>/<file>`; returns the files.

    A scale of 1 is about as much a day as the real data. `defects` gives shares by the names of `DEFECTS`.
    """
    _check(days, first_day, scale, sources)
    plan = Plan(seed, scale, first_day, days, checked(defects))
    jobs = [
        (drop, into / source / plan.date(day).isoformat() / drop.file)
        for day in range(days)
        for source in sources
        for drop in _DROPS[source](plan, day)
    ]
    # Two at a time: one computes while the other writes.
    with ThreadPoolExecutor(2, thread_name_prefix="generate") as pool:
        written = []
        for path in pool.map(lambda job: write(plan, *job), jobs):
            written.append(path)
            if progress is not None:
                progress(path.relative_to(into).as_posix())
    return written


def _check(days: int, first_day: date, scale: float, sources: Sequence[str]) -> None:
    if days < 1:
        raise SettingsError(f"{days} is not a number of days", where="--days", remedy="Give 1 or more.")
    if days > (date.max - first_day).days:
        raise SettingsError(
            f"{days} days from {first_day} on end after {date.max}", where="--days", remedy="Give fewer."
        )
    if not 0 < scale < float("inf"):
        raise SettingsError(f"{scale} is not a scale", where="--scale", remedy="Give a number above 0, such as 1.")
    unknown = [source for source in sources if source not in _DROPS]
    if unknown:
        raise SettingsError(
            f"there is no source {unknown[0]!r}", where="--source", remedy=f"Choose from {', '.join(_DROPS)}."
        )
