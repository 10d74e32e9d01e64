"""What hangs together, and what is decided in order, beside plain definitions of both."""

from datetime import date, timedelta
from fractions import Fraction

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from songify_assets.foundation.groups import connected, follow
from songify_assets.foundation.in_order import leaving, pairs, sums_of_days
from songify_assets.foundation.money import rescaled
from songify_assets.foundation.sums import steady_sum

FIRST = date(2021, 12, 1)
few = st.integers(0, 12)
sides = st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 12), st.integers(1, 3)), max_size=12)


@given(st.lists(st.tuples(few, few), max_size=20))
def test_components_are_those_that_merging_neighbours_gives(links: list[tuple[int, int]]):
    groups = {node: {node} for link in links for node in link}
    for left, right in links:
        merged = groups[left] | groups[right]
        groups |= dict.fromkeys(merged, merged)
    frame = pl.LazyFrame(links, schema={"a": pl.UInt64, "b": pl.UInt64}, orient="row")
    found = dict(connected(frame, "a", "b").collect().iter_rows())
    assert found == {node: min(group) for node, group in groups.items()}


@given(st.dictionaries(few, few, max_size=13))
def test_pointers_end_where_walking_them_ends(pointers: dict[int, int]):
    def walked(node: int) -> int | None:
        for _ in range(len(pointers) + 1):
            if node not in pointers:
                return node
            node = pointers[node]
        return None

    frame = pl.LazyFrame(list(pointers.items()), schema={"of": pl.UInt64, "to": pl.UInt64}, orient="row")
    assert dict(follow(frame, "of", "to").collect().iter_rows()) == {node: walked(node) for node in pointers}


@given(sides, sides)
def test_pairs_are_the_first_of_both_that_are_left(
    ours: list[tuple[str, int, int]], theirs: list[tuple[str, int, int]]
):
    frames = [side(rows) for rows in (ours, theirs)]
    found = set(
        pairs(*(frame.lazy() for frame in frames), of=["of", "amount"], earliest=-1, latest=5).collect().iter_rows()
    )
    expected = set()
    for kind in {(of, amount) for of, _, amount in ours}:
        left = [
            sorted((day, f"{node:02}", node) for node, (of, day, amount) in enumerate(rows) if (of, amount) == kind)
            for rows in (ours, theirs)
        ]
        while all(left):
            apart = left[1][0][0] - left[0][0][0]
            if -1 <= apart <= 5:
                expected.add((left[0].pop(0)[2], left[1].pop(0)[2]))
            else:
                left[0 if apart > 5 else 1].pop(0)
    assert found == expected


def side(rows: list[tuple[str, int, int]]) -> pl.DataFrame:
    told = [
        (of, FIRST + timedelta(days=day), f"{node:02}", node, amount) for node, (of, day, amount) in enumerate(rows)
    ]
    schema = {"of": pl.String, "day": pl.Date, "key": pl.String, "node": pl.Int64, "amount": pl.Int64}
    return pl.DataFrame(told, schema=schema, orient="row")


@given(sides, st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 12), st.integers(2, 9)), max_size=8))
def test_a_sum_is_of_all_of_a_day_and_each_day_is_taken_once(
    ours: list[tuple[str, int, int]], theirs: list[tuple[str, int, int]]
):
    found = sums_of_days(side(ours).lazy(), side(theirs).lazy(), of=["of"], earliest=-1, latest=5).collect()
    taken = found["ours"].to_list()
    assert len(taken) == len(set(taken))
    for line, payouts in found.group_by("theirs").agg("ours").iter_rows():
        of, booked, amount = theirs[line]
        [day] = {ours[payout][1] for payout in payouts}
        alike = [at for at, (kind, on, _) in enumerate(ours) if (kind, on) == (of, day)]
        assert sorted(payouts) == alike
        assert len(alike) > 1
        assert sum(ours[payout][2] for payout in payouts) == amount
        assert -1 <= booked - day <= 5


@given(st.lists(st.integers(-5, 9), max_size=8), st.integers(0, 30), st.integers(0, 2))
def test_rows_leave_as_long_as_there_is_an_excess_that_they_explain(amounts: list[int], excess: int, tolerance: int):
    columns = {"of": 1, "excess": excess, "tolerance": tolerance}
    rows = pl.LazyFrame(
        [{**columns, "node": at, "amount": amount} for at, amount in enumerate(amounts)],
        schema=[*columns, "node", "amount"],
    )
    left, rest = [], excess
    for at, amount in enumerate(amounts):
        if rest > tolerance and amount <= rest + tolerance:
            left.append(at)
            rest -= amount
    assert leaving(rows.cast(pl.Int64), "of", "amount", "excess", "tolerance").collect()["node"].to_list() == left


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30), st.randoms())
def test_a_sum_of_fractions_does_not_depend_on_their_order(fractions: list[float], chance):
    shuffled = list(fractions)
    chance.shuffle(shuffled)
    sums = [pl.DataFrame({"x": some}).select(steady_sum(pl.col("x"))).item() for some in (fractions, shuffled)]
    assert sums[0] == sums[1]
    assert abs(sums[0] - float(sum(map(Fraction, fractions)))) < 1e-12


@given(st.integers(0, 10**12), st.sampled_from([("SEK", 2), ("JPY", 0), ("KWD", 3)]))
def test_millionths_are_rounded_half_up_to_the_unit(micros: int, currency: tuple[str, int]):
    code, places = currency
    exact = Fraction(micros * 10**places, 10**6)
    frame = pl.DataFrame({"micros": [micros], "currency": [code]})
    assert frame.select(rescaled(pl.col("micros"), 6, pl.col("currency"))).item() == int(exact + Fraction(1, 2))
