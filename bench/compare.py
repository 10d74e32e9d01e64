"""Whether two results are the same: rows in any order, numbers as far as floating point goes."""

import math
from collections.abc import Sequence

Row = tuple[object, ...]
SHOWN = 3


def differences(expected: Sequence[Row], found: Sequence[Row]) -> str:
    """What is different, in words; empty when nothing is."""
    one, other = sorted(expected, key=_order), sorted(found, key=_order)
    if len(one) != len(other):
        return f"{len(other):,} rows, not {len(one):,}"
    wrong = [f"{b} is not {a}" for a, b in zip(one, other, strict=True) if not all(map(_alike, a, b))]
    return f"{len(wrong):,} rows differ: {'; '.join(wrong[:SHOWN])}" if wrong else ""


def _order(row: Row) -> list[tuple[bool, str]]:
    return [(value is None, str(value)) for value in row if not isinstance(value, float)]


def _alike(one: object, other: object) -> bool:
    if isinstance(one, float) and isinstance(other, int | float):
        return math.isclose(one, other, rel_tol=1e-9)
    return one == other
