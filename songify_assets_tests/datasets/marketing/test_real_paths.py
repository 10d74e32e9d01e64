"""The real paths of ChannelAttribution's demo, as touches and sales of users: the figures that its users know."""

import csv
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import polars as pl
import pytest

from songify_assets.datasets.marketing import DATASET
from songify_assets.foundation.chains import BAD, GOOD, START, removal_effects
from songify_assets_tests.datasets.drop import Drop, Record
from songify_assets_tests.datasets.homes import Home
from songify_assets_tests.datasets.marketing.drops import CHANNELS, CONVERSIONS, HEADERS, TOUCHES
from songify_assets_tests.home import REAL_DATA, needs_real_data

pytestmark = [pytest.mark.long, needs_real_data]
DAY, MORNING = date(2021, 12, 15), datetime(2021, 12, 15, 8, tzinfo=UTC)
EFFECTS = {"alpha": 0.558399, "iota": 0.405835, "eta": 0.349026}


class Path_(NamedTuple):
    """Channels in order, how many bought by this path, and how many did not."""

    steps: list[str]
    good: int
    bad: int


@pytest.fixture(scope="module")
def paths() -> list[Path_]:
    with (REAL_DATA / "money" / "attribution_paths.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    return [Path_(row["path"].split(" > "), int(row["total_conversions"]), int(row["total_null"])) for row in rows]


@pytest.fixture(scope="module")
def conversions(paths: list[Path_], tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], float]:
    """What each model gives each channel of the sales, once every path has been loaded as the touches of a user."""
    home = Home(Path(tmp_path_factory.mktemp("paths")), DATASET, HEADERS)
    names = sorted({step for path in paths for step in path.steps})
    home.land(Drop(CHANNELS, DAY, tuple({"utm_source": name, "utm_medium": "", "channel": name} for name in names)))
    home.land(Drop(TOUCHES, DAY, tuple(_touches(paths))))
    sales = (
        {"conversion_id": user, "user_id": user, "converted_at": "2021-12-15T12:00Z", "value": 1, "currency": "EUR"}
        for user, _ in _buyers(paths)
    )
    home.land(Drop(CONVERSIONS, DAY, tuple(sales)))
    home.engine.settle()
    return {(row["model"], row["channel"]): row["conversions"] for row in home.rows("attribution")}


def _buyers(paths: list[Path_]) -> Iterator[tuple[str, list[str]]]:
    for number, path in enumerate(paths):
        yield from ((f"{number}-{one}", path.steps) for one in range(path.good))


def _touches(paths: list[Path_]) -> Iterator[Record]:
    lost = ((f"{number}-n{one}", path.steps) for number, path in enumerate(paths) for one in range(path.bad))
    for user, steps in (*_buyers(paths), *lost):
        for place, channel in enumerate(steps):
            at = MORNING + timedelta(seconds=place)
            yield {"touch_id": f"{user}/{place}", "user_id": user, "touched_at": at.isoformat(), "utm_source": channel}


def test_all_paths_and_conversions_are_read(paths: list[Path_]):
    assert (len(paths), sum(path.good for path in paths)) == (10_000, 19_785)


def test_first_and_last_touch_are_the_known_ones(conversions: dict[tuple[str, str], float]):
    assert (conversions["first_touch", "alpha"], conversions["last_touch", "alpha"]) == (6308, 8447)


def test_linear_is_exact_to_six_digits(paths: list[Path_], conversions: dict[tuple[str, str], float]):
    due: dict[str, Fraction] = defaultdict(Fraction)
    for path in paths:
        for channel, times in Counter(path.steps).items():
            due[channel] += Fraction(path.good * times, len(path.steps))
    assert {name: round(conversions["linear", name], 6) for name in due} == {
        name: round(float(part), 6) for name, part in due.items()
    }


def test_removal_effects_are_the_exact_ones(paths: list[Path_], conversions: dict[tuple[str, str], float]):
    steps: Counter[tuple[str, str]] = Counter()
    for path in paths:
        for times, end in ((path.good, GOOD), (path.bad, BAD)):
            for before, after in zip([START, *path.steps], [*path.steps, end], strict=True):
                steps[before, after] += times
    rows = [(1, before, after, times) for (before, after), times in steps.items() if times]
    chain = pl.LazyFrame(rows, schema=["of", "from", "to", "times"], orient="row")
    effects = dict(removal_effects(chain, ["of"]).select("state", "effect").collect().iter_rows())
    assert {name: round(effects[name], 6) for name in EFFECTS} == EFFECTS
    shares = {name: 19_785 * effect / sum(effects.values()) for name, effect in effects.items()}
    assert {name: conversions["markov", name] for name in effects} == pytest.approx(
        shares, abs=1e-4
    )  # weights are billionths
