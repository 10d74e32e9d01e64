"""What is planned and what is left alone: beside runs that go on, after runs that failed, behind checks that failed."""

import time
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import dagster as dg
import polars as pl
import pytest
from dagster._core.events import JobFailureData, RunFailureReason

from songify_assets import definitions
from songify_assets.orchestration.planner.planner import LOAD_TAG
from songify_assets.orchestration.planner.triggers import PlannedRun
from songify_assets.orchestration.runs import NO_RETRY
from songify_assets_tests.automation.product import Product, asked, deliver_plays, product, with_offenders

DAYS = ("2021-11-30", "2021-12-01", "2021-12-02")
SPAN = {"dagster/asset_partition_range_start": DAYS[0], "dagster/asset_partition_range_end": DAYS[1]}


@pytest.fixture
def one(tmp_path: Path):
    with product(tmp_path / "home") as made:
        yield made


def planned(one: Product, since: float = 0) -> list[tuple[object, ...]]:
    return spans(one.planner.plan(one.instance, since=since))


def spans(runs: Mapping[str, PlannedRun]) -> list[tuple[object, ...]]:
    return sorted((run.first, run.last, *run.assets) for run in runs.values())


def report(one: Product, run: dg.DagsterRun, kind: dg.DagsterEventType) -> None:
    one.instance.report_dagster_event(dg.DagsterEvent(kind.value, job_name=run.job_name), run.run_id)


def fail(one: Product, run: dg.DagsterRun) -> None:
    """Ends it as a run ends of which a step failed."""
    reason = JobFailureData(error=None, failure_reason=RunFailureReason.STEP_FAILURE)
    one.instance.report_run_failed(run, job_failure_data=reason)


def test_what_a_run_is_about_to_compute_is_not_planned_again_and_what_is_downstream_of_it_waits(one: Product):
    one.store.ledger.mark([("raw/plays", day) for day in DAYS] + [("royalties/plays", DAYS[2])])
    assert planned(one) == [(DAYS[0], DAYS[2], "raw/plays")], "the facts wait for raw"
    run = one.requested(SPAN, "raw/plays")
    states = [dg.DagsterEventType.RUN_STARTING, dg.DagsterEventType.RUN_START]
    for state in [None, *states]:
        if state:
            report(one, run, state)
        assert planned(one) == [(DAYS[2], DAYS[2], "raw/plays")], state
    one.store.ledger.clear("raw/plays", DAYS, time.time())
    assert planned(one) == [], "the facts wait as long as the run goes on, though no raw partition is out of date"
    report(one, run, dg.DagsterEventType.RUN_SUCCESS)
    assert planned(one) == [(DAYS[2], DAYS[2], "royalties/plays", "royalties/market_share_daily")]


def test_what_a_run_has_failed_on_is_left_alone_until_somebody_asks_for_it_again(one: Product):
    one.store.ledger.mark([("raw/plays", day) for day in DAYS])
    first = one.planner.plan(one.instance)
    run = one.requested(SPAN, "raw/plays")
    fail(one, run)
    assert planned(one) == [(DAYS[2], DAYS[2], "raw/plays")]
    assert [(mark.asset, mark.partition) for mark in one.planner.state(one.instance).failed] == [
        ("raw/plays", day) for day in DAYS[:2]
    ]
    assert planned(one, since=time.time()) == spans(first), "songify load tries everything once"
    one.store.ledger.mark([("raw/plays", DAYS[0])])
    assert planned(one) == [(DAYS[0], DAYS[0], "raw/plays"), (DAYS[2], DAYS[2], "raw/plays")], "a new mark asks again"
    one.instance.report_run_canceled(one.requested({"dagster/partition": DAYS[2]}, "raw/plays"))
    assert planned(one) == [(DAYS[0], DAYS[0], "raw/plays")], "a cancelled run is a failed one"
    one.catch_up()
    assert spans(again := one.planner.plan(one.instance)) == spans(first)
    assert set(again).isdisjoint(first), "with another run key, for Dagster starts no key twice"
    assert one.planner.state(one.instance).failed == []


def test_a_run_whose_worker_died_is_not_planned_beside_its_retry(one: Product):
    one.store.ledger.mark([("raw/plays", DAYS[0]), ("royalties/plays", DAYS[1])])
    run = one.requested({"dagster/partition": DAYS[0]}, "raw/plays")
    one.instance.report_run_failed(run)
    assert planned(one) == [], "Dagster is about to start a retry, and what is downstream waits for it"
    one.instance.add_run_tags(run.run_id, {"dagster/auto_retry_run_id": "another"})
    assert planned(one) == [(DAYS[1], DAYS[1], "royalties/plays", "royalties/market_share_daily")]


def test_what_a_killed_load_has_not_done_is_planned_again_at_once(one: Product):
    one.store.ledger.mark([("raw/plays", DAYS[0])])
    began = time.time()
    run = one.requested({"dagster/partition": DAYS[0], **LOAD_TAG, **NO_RETRY}, "raw/plays")
    one.instance.report_run_failed(run)
    assert planned(one) == planned(one, since=time.time()) == [(DAYS[0], DAYS[0], "raw/plays")]
    assert planned(one, since=began) == [], "but a load does not try for ever what kills its own runs"


def test_a_failed_day_does_not_stop_the_others_and_is_computed_once_it_is_mended_and_asked_for(one: Product):
    deliver_plays(one.home, DAYS[0])
    deliver_plays(one.home, DAYS[2], rows=["se,a1,60000"] * 5)
    _, second = one.tick("royalties_drops").run_requests
    landed, lost = landed_bytes(one, DAYS[2])
    landed.rename(lost)
    assert asked(second) == (DAYS[2], DAYS[2], "raw/plays")
    assert not one.run(second).success
    deliver_plays(one.home, DAYS[1], rows=["se,a1,60000"] * 3)
    assert one.settle(["royalties_drops"]) == [[(DAYS[0], DAYS[1], "raw/plays")]], "the failed day is left alone"
    lost.rename(landed)
    assert not one.tick("royalties_drops").run_requests
    one.catch_up()
    assert one.settle(["royalties_drops"]) == [[(DAYS[2], DAYS[2], "raw/plays")]]
    assert [len(one.rows("raw/plays", day)) for day in DAYS] == [2, 3, 5]


def landed_bytes(one: Product, day: str) -> tuple[Path, Path]:
    """Where the bytes of the plays of a day lie, and where they can be put away."""
    path = one.store.landing.path(one.store.ledger.files("plays", date.fromisoformat(day))[0].sha256)
    return path, path.with_suffix(".lost")


def november_is_wrong(shares: pl.LazyFrame) -> pl.LazyFrame:
    return shares.filter(pl.col("month") == date(2021, 11, 1))


def test_a_failed_blocking_check_holds_what_depends_on_its_partition_and_nothing_else(tmp_path: Path, monkeypatch):
    right, home = definitions.CATALOG, tmp_path / "home"
    with_offenders(monkeypatch, "shares_add_up", november_is_wrong)
    with product(home) as one:
        deliver_plays(one.home, *DAYS)
        ticks = one.settle()
        assert ticks[-1] == [("", "", "warehouse/published")], "what is right is published"
        assert [("2021-12-01", "2021-12-01", "royalties/market_share_sheets")] in ticks, "the run of both months failed"
        assert sheets(home) == {"2021-12"}
        assert [(mark.asset, mark.partition) for mark in one.store.ledger.marks()] == [
            ("royalties/market_share_sheets", "2021-11-01")
        ]
        assert one.planner.state(one.instance).failed == [], "it is held, it did not fail"
        one.store.ledger.mark([("royalties/market_share_sheets", "2021-12-01"), ("royalties/plays", DAYS[0])])
        assert ("2021-12-01", "2021-12-01", "royalties/market_share_sheets") not in planned(one), "upstream first"
    monkeypatch.setattr(definitions, "CATALOG", right)
    with product(home) as one:
        assert one.settle()[-1] == [("", "", "warehouse/published")]
        assert sheets(home) == {"2021-11", "2021-12"}
        assert one.store.ledger.marks() == []


def sheets(home: Path) -> set[str]:
    return {path.stem for path in (home / "exports" / "market_share").glob("*.csv")}
