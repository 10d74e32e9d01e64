"""What is decided one after the other, in order: rows that leave a sum while it is too large, pairs, and sums of a day."""

from collections import defaultdict
from datetime import date, timedelta

import polars as pl


def leaving(rows: pl.LazyFrame, of: str, amount: str, excess: str, tolerance: str) -> pl.LazyFrame:
    """The rows that leave their group (`of`), in the order given: as long as its `excess` is above its `tolerance`, each whose
    amount is at most both together leaves, and takes its amount from the excess.

    >>> rows = pl.LazyFrame({"of": [1] * 3, "node": [1, 2, 3], "amount": [9, 4, 4], "excess": [5] * 3, "tolerance": [0] * 3})
    >>> leaving(rows, "of", "amount", "excess", "tolerance").collect()["node"].to_list()
    [2]
    """
    return rows.map_batches(lambda some: _leaving(some, of, amount, excess, tolerance), schema=rows.collect_schema())


def _leaving(rows: pl.DataFrame, of: str, amount: str, excess: str, tolerance: str) -> pl.DataFrame:
    left: dict[int, int] = {}
    leaves = []
    for group, size, above, within in rows.select(of, amount, excess, tolerance).iter_rows():
        rest = left.setdefault(group, above)
        goes = within < rest and size <= rest + within
        leaves.append(goes)
        left[group] = rest - size if goes else rest
    return rows.filter(pl.Series(leaves, dtype=pl.Boolean))


def pairs(ours: pl.LazyFrame, theirs: pl.LazyFrame, *, of: list[str], earliest: int, latest: int) -> pl.LazyFrame:
    """Rows of two sides, paired in order of (`day`, `key`) within each class (`of`): (`ours`, `theirs`) by their `node`.

    The first of both that are left are a pair if their day is from `earliest` to `latest` days after ours; else the earlier of
    the two drops out.

    >>> ours = pl.LazyFrame({"of": [1, 1], "day": [date(2021, 12, 1), date(2021, 12, 9)], "key": ["a", "b"], "node": [1, 2]})
    >>> theirs = pl.LazyFrame({"of": [1], "day": [date(2021, 12, 10)], "key": ["x"], "node": [7]})
    >>> pairs(ours, theirs, of=["of"], earliest=-1, latest=5).collect().rows()
    [(2, 7)]
    """
    columns = [*of, "day", "key", "node"]
    both = pl.concat(
        [rows.select(columns).with_columns(is_ours=pl.lit(mine)) for rows, mine in ((ours, True), (theirs, False))]
    )
    schema = pl.Schema(dict.fromkeys(("ours", "theirs"), both.collect_schema()["node"]))
    window = timedelta(days=earliest), timedelta(days=latest)
    return both.sort(*of, "day", "key").map_batches(lambda rows: _pairs(rows, of, *window, schema), schema=schema)


def _pairs(
    rows: pl.DataFrame, of: list[str], earliest: timedelta, latest: timedelta, schema: pl.Schema
) -> pl.DataFrame:
    met: list[tuple[int, int]] = []
    sides: dict[tuple[object, ...], tuple[list[tuple[date, int]], list[tuple[date, int]]]] = defaultdict(
        lambda: ([], [])
    )
    for *kind, day, node, is_ours in rows.select(*of, "day", "node", "is_ours").iter_rows():
        sides[tuple(kind)][0 if is_ours else 1].append((day, node))
    for ours, theirs in sides.values():
        mine = other = 0
        while mine < len(ours) and other < len(theirs):
            (due, payout), (booked, line) = ours[mine], theirs[other]
            if booked < due + earliest:
                other += 1
            elif booked > due + latest:
                mine += 1
            else:
                met.append((payout, line))
                mine, other = mine + 1, other + 1
    return pl.DataFrame(met, schema=schema, orient="row")


def sums_of_days(
    ours: pl.LazyFrame, theirs: pl.LazyFrame, *, of: list[str], earliest: int, latest: int
) -> pl.LazyFrame:
    """Rows of theirs that are the sum (`amount`) of all of ours (two or more) of one day: (`ours`, `theirs`) by their `node`.

    Theirs are looked at in order of (`day`, `key`); of several days of ours that fit, the earliest is taken, once.

    >>> day = date(2021, 12, 1)
    >>> ours = pl.LazyFrame({"of": [1, 1], "day": [day] * 2, "key": ["a", "b"], "node": [1, 2], "amount": [3, 4]})
    >>> theirs = pl.LazyFrame({"of": [1], "day": [day], "key": ["x"], "node": [7], "amount": [7]})
    >>> sums_of_days(ours, theirs, of=["of"], earliest=-1, latest=5).collect().rows()
    [(1, 7), (2, 7)]
    """
    columns = [*of, "day", "key", "node", "amount"]
    both = pl.concat(
        [rows.select(columns).with_columns(is_ours=pl.lit(mine)) for rows, mine in ((ours, True), (theirs, False))]
    )
    schema = pl.Schema(dict.fromkeys(("ours", "theirs"), both.collect_schema()["node"]))
    window = range(-latest, -earliest + 1)
    return both.sort(*of, "day", "key").map_batches(lambda rows: _sums(rows, of, window, schema), schema=schema)


def _sums(rows: pl.DataFrame, of: list[str], window: range, schema: pl.Schema) -> pl.DataFrame:
    of_day: dict[tuple[object, ...], list[tuple[int, int]]] = defaultdict(list)
    lines = []
    for *kind, day, node, amount, is_ours in rows.select(*of, "day", "node", "amount", "is_ours").iter_rows():
        if is_ours:
            of_day[(*kind, day)].append((node, amount))
        else:
            lines.append((kind, day, node, amount))
    met: list[tuple[int, int]] = []
    for kind, booked, line, amount in lines:
        for days in window:
            place = (*kind, booked + timedelta(days=days))
            payouts = of_day.get(place, [])
            if len(payouts) > 1 and sum(size for _, size in payouts) == amount:
                met += [(payout, line) for payout, _ in of_day.pop(place)]
                break
    return pl.DataFrame(met, schema=schema, orient="row")
