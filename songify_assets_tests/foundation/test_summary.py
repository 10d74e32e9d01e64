"""Summaries merge into those of all numbers together: exactly while these are few, and within the stated error of ranks beyond."""

import random
from statistics import fmean, variance

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from songify_assets.foundation.summary import EXACT, RANK_ERROR, Summary, merge_all

NUMBERS = st.lists(st.floats(-1e6, 1e6), max_size=40)
SHARES = (0.0, 0.01, 0.5, 0.9, 0.99, 1.0)


@given(parts=st.lists(NUMBERS, max_size=8))
def test_parts_merge_into_the_summary_of_all(parts: list[list[float]]):
    whole = merge_all([bytes(Summary.of(part)) for part in parts])
    numbers = [number for part in parts for number in part]
    assert whole.count == len(numbers)
    if not numbers:
        assert whole.quantiles(SHARES) == [None] * len(SHARES)
        return
    assert whole.mean == pytest.approx(fmean(numbers), rel=1e-9, abs=1e-6)
    assert whole.variance == (pytest.approx(variance(numbers), rel=1e-6, abs=1e-3) if len(numbers) > 1 else None)
    assert whole.is_exact
    assert whole.quantiles(SHARES) == pytest.approx(list(np.quantile(numbers, SHARES)), rel=1e-12, abs=1e-9)


@given(parts=st.lists(NUMBERS, min_size=1, max_size=6), chance=st.randoms(use_true_random=False))
def test_the_order_of_merging_does_not_matter(parts: list[list[float]], chance: random.Random):
    stored = [bytes(Summary.of(part)) for part in parts]
    one = merge_all(stored)
    chance.shuffle(stored)
    other = merge_all(stored)
    assert one.count == other.count
    assert one.mean == pytest.approx(other.mean, abs=1e-6)
    assert one.quantiles(SHARES) == other.quantiles(SHARES)


@pytest.mark.parametrize("sizes", [[EXACT + 1], [EXACT, 1], [3000] * 60, [1] * 20 + [200_000, 5]])
def test_of_many_numbers_the_ranks_are_within_the_stated_error(sizes: list[int]):
    chance = np.random.default_rng(7)
    parts = [np.round(chance.lognormal(3, 2, size), 3) for size in sizes]
    whole = merge_all([bytes(Summary.of(part)) for part in parts])
    numbers = np.sort(np.concatenate(parts))
    assert not whole.is_exact
    assert whole.mean == pytest.approx(numbers.mean())
    for share, told in zip(SHARES, whole.quantiles(SHARES), strict=True):
        assert told is not None
        low, high = (np.searchsorted(numbers, told, side=side) / len(numbers) for side in ("left", "right"))
        assert low - RANK_ERROR <= share <= high + RANK_ERROR


def test_what_is_stored_does_not_grow_with_the_numbers():
    assert len(bytes(Summary.of(np.random.default_rng(1).random(2_000_000)))) < 100_000
