"""Backfills beside each other and from the command line: ranges that overlap end as one load would."""

import subprocess
import sys
from collections import Counter
from datetime import datetime
from pathlib import Path

import dagster as dg
import pytest

from songify_assets_tests.automation.product import deliver_royalties, product
from songify_assets_tests.home import Home, plain_environment

pytestmark = pytest.mark.long

DAYS = ("2021-12-01", "2021-12-02", "2021-12-03", "2021-12-04")


def materialize(home: Home, select: str, first: str, last: str) -> "subprocess.Popen[str]":
    """`dagster asset materialize --partition-range`, in a process of its own."""
    command = [sys.executable, "-m", "dagster", "asset", "materialize", "-m", "songify_assets.definitions"]
    return subprocess.Popen(
        [*command, "--select", select, "--partition-range", f"{first}...{last}"],
        env={**plain_environment(), "SONGIFY_HOME": str(home.path), "DAGSTER_HOME": str(home.path / "dagster")},
        cwd=home.path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_two_backfills_of_overlapping_ranges_at_once_end_with_the_rows_of_one_load(tmp_path: Path):
    with product(tmp_path / "home") as one:
        deliver_royalties(one.home, *DAYS)
        one.settle()
        tables = ("royalties/plays", "royalties/market_share_daily", "royalties/market_share")
        expected = {table: one.at_last(table) for table in tables}
        lost = one.store.lake.path("royalties/plays", DAYS[1])
        lost.unlink()
        both = [
            materialize(one.home, "royalties/plays", DAYS[0], DAYS[2]),
            materialize(one.home, "royalties/plays", DAYS[1], DAYS[3]),
        ]
        for process in both:
            out, _ = process.communicate()
            assert process.returncode == 0, out[-3000:]
        assert lost.exists()
        assert not list((one.home.path / "lake" / ".staging").iterdir())
        made = one.instance.fetch_materializations(dg.AssetKey(["royalties", "plays"]), limit=100).records
        times = Counter(record.partition_key for record in made)
        assert [times[day] for day in DAYS] == [2, 3, 3, 2], "Dagster shows every day of both ranges"
        assert one.store.ledger.stale()["royalties/market_share_daily"] == set(DAYS), "what depends on it is to do"
        one.settle()
        assert {table: one.at_last(table).equals(rows) for table, rows in expected.items()} == dict.fromkeys(
            expected, True
        )
        assert one.store.ledger.marks() == []


def test_the_day_and_the_month_that_go_on_are_computed_by_sensors_and_by_backfills(tmp_path: Path):
    with product(tmp_path / "home") as one:
        today = datetime.now(one.store.settings.zone).date()
        month = str(today.replace(day=1))
        deliver_royalties(one.home, str(today))
        one.settle()
        expected = one.rows("royalties/market_share", month)
        assert expected
        for table, key in (("royalties/market_share_daily", str(today)), ("royalties/market_share", month)):
            one.store.lake.path(table, key).unlink()
            out, _ = (process := materialize(one.home, table, key, key)).communicate()
            assert process.returncode == 0, out[-3000:]
        assert one.rows("royalties/market_share", month) == expected
