"""The product runs through the night: what is delivered after midnight is another day's."""

from datetime import date
from pathlib import Path

import pytest

from songify_assets_tests.daemon import running, settled, wait_until
from songify_assets_tests.home import Home, new_home
from songify_assets_tests.nights import counted, deliver

pytestmark = pytest.mark.long

NIGHTS = date(2026, 10, 24), date(2026, 10, 25), date(2026, 10, 26)  # in the second one summer time ends
COUNTS = "SELECT play_date, plays FROM royalties.market_share_daily WHERE country = 'SE' ORDER BY play_date"


def counts(home: Home) -> list[tuple[date, int]]:
    return list(home.rows(COUNTS)) if (home.path / "warehouse.duckdb").exists() else []


def test_three_nights_are_computed_as_they_come_over_midnight_and_the_end_of_summer_time(tmp_path: Path) -> None:
    home, expected = new_home(tmp_path / "home"), [(day, counted(day)) for day in NIGHTS]
    deliver(home, NIGHTS[0])
    deliver(home, NIGHTS[1])
    home.now = "2026-10-24 21:59:00"
    with running(home) as product:
        said = lambda: f"{counts(home)}\n{product.log.read_text()[-3000:]}"  # noqa: E731
        wait_until(lambda: counts(home)[:1] == expected[:1], said)
        wait_until(lambda: counts(home) == expected[:2], said)
        settled(product)
    deliver(home, NIGHTS[2])
    home.now = "2026-10-26 00:30:00"
    with running(home) as product:
        wait_until(lambda: counts(home) == expected, said)
        settled(product)
        assert home.rows("SELECT month, sum(plays) FROM royalties.market_share GROUP BY month") == [
            (date(2026, 10, 1), sum(plays + 1 for _, plays in expected))
        ]
    assert "Traceback" not in product.log.read_text()
