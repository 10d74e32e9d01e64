"""The live tables in plain Python: events by local day, exact counts, nearest ranks, and what the live side counted."""

import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from songify_assets_tests.datasets.drop import Drop, Record, last_of, local_day
from songify_assets_tests.datasets.live.drops import is_late

Row = tuple[Any, ...]
Landed = list[tuple[date, Record]]


def tables(arrived: Sequence[Drop]) -> dict[str, list[Row]]:
    """All tables of these files."""
    last = last_of(arrived)
    logins, steps = (_accepted(last, stream) for stream in ("logins", "steps"))
    return {
        "logins": [
            (local_day(one["timestamp"]), one["timestamp"], one["user_id"], one["country"], one["arrived_at"], day)
            for day, one in logins
        ],
        "steps": [
            (local_day(one["timestamp"]), one["timestamp"], one["user_id"], one["feature"], one["step"], one["duration_ms"], one["arrived_at"], day)
            for day, one in steps
        ],
        "logins_by_minute": _by_minute(logins),
        "logins_daily": _daily(logins),
        "step_times": _times(steps),
        "parity": [*_parity("logins", logins), *_parity("steps", steps)],
    }  # fmt: skip


def _accepted(last: Sequence[Drop], stream: str) -> Landed:
    return [
        (drop.delivered_on, record)
        for drop in last
        if drop.file.startswith(f"{stream}-")
        for record in drop.records
        if record["refused_reason"] is None
    ]


def _by_minute(logins: Landed) -> list[Row]:
    minutes = _grouped(
        (local_day(one["timestamp"]), one["timestamp"].replace(second=0, microsecond=0), one["country"], one)
        for _, one in logins
    )
    return [(*key, len(some), _users(some)) for key, some in minutes.items()]  # fmt: skip


def _daily(logins: Landed) -> list[Row]:
    days = _grouped((local_day(one["timestamp"]), one["country"], one) for _, one in logins)
    return [(*key, len(some), _users(some), sum(map(is_late, some))) for key, some in days.items()]


def _times(steps: Landed) -> list[Row]:
    told = []
    for key, some in _grouped(
        (local_day(one["timestamp"]), one["feature"], one["step"], one) for _, one in steps
    ).items():
        took = sorted(one["duration_ms"] for one in some)
        many = len(took)
        ranks = [took[-(-many * percent // 100) - 1] for percent in (50, 90, 99)]
        spread = statistics.variance(took) if many > 1 else None
        told.append((*key, many, statistics.fmean(took), spread, took[0], took[-1], *ranks))
    return told  # fmt: skip


def _parity(stream: str, landed: Landed) -> list[Row]:
    """Each file of events comes with the counts of them, so that both are equal."""
    days = _grouped((local_day(one["timestamp"]), one.get("country"), one) for _, one in landed)
    return [
        (day, stream, country, len(some), len(some), _users(some), 0.02, _users(some), True)
        for (day, country), some in days.items()
    ]


def _users(some: Iterable[Record]) -> int:
    return len({one["user_id"] for one in some})


def _grouped(keyed: Iterable[Row]) -> Mapping[Row, list[Record]]:
    groups = defaultdict[Row, list[Record]](list)
    for *key, record in keyed:
        groups[tuple(key)].append(record)
    return groups
