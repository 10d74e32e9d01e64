"""The pictures of live events: drawn from any data, and small."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from songify_assets.datasets.live.pictures import days_picture, minutes_picture, parity_picture, times_picture
from songify_assets.datasets.live.tables import LoginsByMinute, LoginsDaily, Parity, StepTimes
from songify_assets_tests.ui.test_pictures import FIRST, MOST_BYTES, ODD, typed

MIDNIGHT = datetime(2021, 1, 1, tzinfo=UTC)


def minutes(number: int) -> bytes:
    rows = [
        {"login_date": FIRST, "minute": MIDNIGHT + timedelta(minutes=n), "country": country, "events": n * 7919 % 10**6 + 1, "users": 1}
        for n in range(number) for country in ODD
    ]  # fmt: skip
    return minutes_picture(typed(LoginsByMinute, rows))


def days(number: int) -> bytes:
    rows = [
        {"login_date": FIRST + timedelta(days=n), "country": country, "events": 10**9, "users": 1, "late": 10**8 * (n % 3)}
        for n in range(number) for country in ODD
    ]  # fmt: skip
    return days_picture(typed(LoginsDaily, rows))


def times(number: int) -> bytes:
    rows = [
        {"step_date": FIRST, "feature": ODD[n % 4], "step": f"{ODD[n % 5]}{n}", "n": n + 1, "mean_ms": 1.0, "variance": None, "min_ms": 0.0,
         "max_ms": 1e9, "p50_ms": 0.0, "p90_ms": 1e6 * n, "p99_ms": 1e9}
        for n in range(number)
    ]  # fmt: skip
    return times_picture(typed(StepTimes, rows))


def parity(number: int) -> bytes:
    rows = [
        {"date": FIRST + timedelta(days=n), "stream": "logins", "country": country, "live_events": 1, "batch_events": 10**9, "live_users": 1,
         "users_error": 0.02, "batch_users": 1, "is_equal": n % 5 > 0}
        for n in range(number) for country in ODD
    ]  # fmt: skip
    return parity_picture(typed(Parity, rows))


CASES: dict[str, Callable[[], bytes]] = {
    "no logins": lambda: minutes(0),
    "a minute": lambda: minutes(1),
    "a whole day": lambda: minutes(1440),
    "no days": lambda: days(0),
    "a day": lambda: days(1),
    "sixty days": lambda: days(60),
    "no steps": lambda: times(0),
    "a step": lambda: times(1),
    "many steps": lambda: times(500),
    "nothing to compare": lambda: parity(0),
    "a day that differs": lambda: parity(1),
    "sixty days compared": lambda: parity(60),
}


@pytest.mark.filterwarnings("ignore:Glyph .* missing from font")
@pytest.mark.parametrize("draw", CASES.values(), ids=CASES)
def test_a_picture_is_drawn_of_any_data_and_stays_small(draw: Callable[[], bytes]):
    drawn = draw()
    assert drawn.startswith(b"\x89PNG")
    assert 2_000 < len(drawn) < MOST_BYTES
