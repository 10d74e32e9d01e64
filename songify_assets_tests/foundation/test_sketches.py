"""Sketches of users merge to what one of all of them tells, near enough; what is no sketch is told as unknown."""

import base64
import random

import polars as pl
import pytest

from songify_assets.foundation.sketches import LARGEST_ERROR, estimate_distinct, sketch_of


def estimated(*sketches: str | None) -> int | None:
    rows = pl.DataFrame({"sketch": sketches}, schema={"sketch": pl.String})
    told: int | None = rows.lazy().select(estimate_distinct(pl.col("sketch"))).collect().item()
    return told


@pytest.mark.parametrize("number", [0, 1, 7, 100])
def test_a_few_are_told_exactly(number: int):
    assert estimated(sketch_of(f"u{n}" for n in range(number))) == number
    halves = (sketch_of(f"u{n}" for n in range(start, number, 2)) for start in (0, 1))
    assert estimated(*halves, sketch_of(["u0"] * bool(number))) == number


def test_parts_that_overlap_tell_what_the_whole_has_within_the_error_that_is_promised():
    errors = []
    for seed in range(100):
        users = [f"{seed} u{n}" for n in range(3000)]
        parts = [sketch_of(users[:2000]), sketch_of(users[1000:]), sketch_of(users[:500])]
        told = estimated(*parts)
        assert told is not None
        errors.append((told - 3000) / 3000)
    assert sum(error**2 for error in errors) / len(errors) < LARGEST_ERROR**2
    assert max(map(abs, errors)) < 3 * LARGEST_ERROR


def test_what_is_no_sketch_makes_the_number_unknown():
    whole = sketch_of(f"u{n}" for n in range(3000))
    cut = base64.b64encode(base64.b64decode(whole)[:-3]).decode()
    chance = random.Random(7)
    noise = [base64.b64encode(chance.randbytes(chance.randrange(1, 40))).decode() for _ in range(200)]
    for text in (None, "", "no sketch", "AAAA", whole[:400], cut, *noise):
        assert estimated(whole, text) is None, text
