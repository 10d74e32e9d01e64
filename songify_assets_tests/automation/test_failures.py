"""One thing that fails holds itself, not the rest: by `songify load` and by the sensors."""

import time
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import polars as pl
import pytest

from songify_assets.cli.load import as_document, as_text
from songify_assets.cli.session import Session
from songify_assets.cli.status import read_status
from songify_assets.datasets.royalties import sheets
from songify_assets.definitions import CATALOG
from songify_assets.foundation.lake import Lake
from songify_assets.orchestration.alerts.run_problems import failed_runs
from songify_assets.orchestration.alerts.view import View
from songify_assets.orchestration.assets import feed_assets
from songify_assets.orchestration.checks import raw_checks
from songify_assets.orchestration.checks.evaluations import failed_evaluations
from songify_assets.orchestration.load import LoadReport, load
from songify_assets.orchestration.planner.planner import MOST_TRIES
from songify_assets_tests.automation.product import Product, deliver_royalties, product, with_offenders
from songify_assets_tests.home import spoilt

pytestmark = pytest.mark.long

DAY, NEXT_DAY = "2021-12-01", "2021-12-02"


@pytest.fixture
def one(tmp_path: Path):
    with product(tmp_path / "home") as made:
        yield made


def loaded(one: Product, *sources: str) -> LoadReport:
    """What `songify load` does."""
    return load(
        one.definitions,
        one.planner,
        CATALOG.feeds,
        one.instance,
        sources=sources or ("royalties",),
        since=date.min,
        until=date.max,
        tell=lambda _: None,
    )


def published(one: Product, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(one.store.settings.home / "warehouse.duckdb"), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def latest(one: Product, asset: str) -> dg.AssetMaterialization:
    event = one.instance.get_latest_materialization_event(dg.AssetKey(asset.split("/")))
    assert event is not None
    assert event.asset_materialization is not None
    return event.asset_materialization


def kept_as_before(one: Product) -> Any:
    """What the page of the warehouse says keeps its previous state."""
    return latest(one, "warehouse/published").metadata["kept as before"].value


def broken(*_: Any) -> Any:
    raise ValueError("the spreadsheet is broken")


@pytest.mark.parametrize("by", ["load", "sensors"])
def test_an_export_that_fails_keeps_nothing_from_being_published(one: Product, monkeypatch: Any, by: str):
    monkeypatch.setattr(sheets, "write_sheets", broken)
    deliver_royalties(one.home, DAY)
    if by == "load":
        report = loaded(one)
        assert [says.partition(" (the web UI")[0] for says in report.outcome.failures] == [
            "royalties/market_share_sheets for 2021-12-01: ValueError: the spreadsheet is broken"
        ], "told once"
        assert "as before:    royalties/market_share_sheets 2021-12-01: a run failed" in as_text(report)
        assert as_document(report)["kept_as_before"] == {"royalties/market_share_sheets": "2021-12-01: a run failed"}
    else:
        one.settle()
    assert published(one, "SELECT sum(plays) FROM royalties.market_share") == [(2,)]
    assert [mark.asset for mark in one.planner.state(one.instance).failed] == ["royalties/market_share_sheets"]
    assert kept_as_before(one) == "- `royalties/market_share_sheets`: 2021-12-01: a run failed"
    state = read_status(Session(one.planner, one.definitions, one.instance))
    assert {asset["asset"]: asset["kept_as_before"] for asset in state["assets"] if asset["kept_as_before"]} == {
        "royalties/market_share_sheets": "2021-12-01: a run failed"
    }
    (problem,) = failed_runs(View(one.instance, time.time(), None, ui_url=""))
    assert "the spreadsheet is broken" in problem.body, "and people are told"


def test_a_run_that_cannot_be_started_keeps_nothing_from_being_published(one: Product, monkeypatch: Any):
    def refuse(self: Any, *, asset_selection: Any = None, **rest: Any) -> Any:
        if any(key.path[-1] == "market_share" for key in asset_selection or ()):
            raise ValueError("depends on invalid partitions")
        return subset(self, asset_selection=asset_selection, **rest)

    job = type(one.definitions.resolve_implicit_global_asset_job_def())
    subset = job.get_subset
    monkeypatch.setattr(job, "get_subset", refuse)
    deliver_royalties(one.home, DAY)
    assert loaded(one).outcome.failures == [
        f"royalties/market_share, royalties/market_share_sheets for {DAY}: it could not be started: "
        "depends on invalid partitions"
    ]
    assert published(one, "SELECT sum(plays) FROM royalties.market_share_daily") == [(2,)]


def test_a_partition_that_is_none_yet_waits_for_its_day_and_holds_nothing(one: Product):
    deliver_royalties(one.home, DAY)
    one.store.ledger.mark([("royalties/plays", "2999-01-01"), ("royalties/plays", "1999-01-01")])
    assert loaded(one).outcome.failures == []
    assert published(one, "SELECT sum(plays) FROM royalties.market_share") == [(2,)]
    assert {mark.partition for mark in one.store.ledger.marks()} == {"2999-01-01", "1999-01-01"}


def test_a_lost_warehouse_comes_back_with_the_next_load_of_whatever_source_or_by_the_sensors(one: Product):
    assert not one.tick("follow_ups").run_requests, "there is nothing to publish yet"
    deliver_royalties(one.home, DAY)
    assert loaded(one).exit_status == 0
    warehouse = one.home.path / "warehouse.duckdb"
    for source in ("royalties", "vendor"):
        warehouse.unlink()
        report = loaded(one, source)
        assert (report.exit_status, report.outcome.computed) == (0, {"warehouse/published": 1})
    warehouse.unlink()
    first, again = one.tick("follow_ups").run_requests, one.tick("follow_ups").run_requests
    assert [request.run_key for request in first] == [request.run_key for request in again], "asked for once"
    one.run(first[0])
    assert published(one, "SELECT sum(plays) FROM royalties.market_share") == [(2,)]
    assert kept_as_before(one) == "nothing: all is up to date"


def test_a_table_of_the_lake_that_cannot_be_read_is_named_and_published_once_it_is_mended(one: Product):
    deliver_royalties(one.home, DAY)
    loaded(one)
    file = one.store.lake.path("royalties/plays", DAY)
    whole = file.read_bytes()
    file.write_bytes(spoilt(whole))
    one.store.ledger.mark([("warehouse/published", "")])
    report = loaded(one)
    assert report.exit_status == 1
    assert "royalties/plays" in report.outcome.failures[0]
    assert f"play_date={DAY}" in report.outcome.failures[0]
    assert "royalties/plays" in kept_as_before(one)
    assert f"play_date={DAY}" in report.kept["royalties/plays"], "by songify load and songify status"
    assert published(one, "SELECT count(*) FROM royalties.plays") == [(2,)]
    file.write_bytes(whole)
    mended = loaded(one)
    assert (mended.exit_status, mended.kept) == (0, {}), "what failed is tried again"
    assert kept_as_before(one) == "nothing: all is up to date"


def test_a_picture_and_a_preview_that_fail_are_a_warning_and_the_table_is_stored(one: Product, monkeypatch: Any):
    deliver_royalties(one.home, DAY)
    assert loaded(one).exit_status == 0
    file = one.store.lake.path("royalties/plays", DAY)
    file.write_bytes(file.read_bytes()[:-4])  # the picture of the next day reads it
    monkeypatch.setattr("songify_assets.orchestration.load.mend", lambda *_: [])  # which would have it computed again
    monkeypatch.setattr("songify_assets.orchestration.ui.metadata.markdown", broken)
    deliver_royalties(one.home, NEXT_DAY)
    report = loaded(one)
    assert [failure.partition(":")[0] for failure in report.outcome.failures] == ["warehouse/published"], "for the file"
    assert published(one, "SELECT sum(plays) FROM royalties.market_share") == [(4,)]
    metadata = latest(one, "royalties/plays").metadata
    assert "ArrowInvalid" in str(metadata["picture (warning)"].value)
    assert metadata["preview (warning)"].value == "could not be made: ValueError: the spreadsheet is broken"
    assert metadata["dagster/partition_row_count"].value == 2


def panic(*_: Any) -> Any:
    raise pl.exceptions.PanicException("Polars panics")


@pytest.mark.parametrize("name", ["days_add_up", "shares_add_up"])
def test_a_check_that_fails_itself_has_not_passed_and_holds_its_own_gate_only(
    tmp_path: Path, monkeypatch: Any, name: str
):
    with_offenders(monkeypatch, name, panic)
    with product(tmp_path / "home") as one:
        deliver_royalties(one.home, DAY)
        report = loaded(one)
        (check,) = [check for check in report.outcome.failed_checks if check.check == name]
        assert check.says.endswith(": The check itself failed: PanicException: Polars panics"), "after its partition"
        assert report.outcome.failures == []
        is_gate = name == "shares_add_up"
        assert report.exit_status == int(is_gate)
        assert list(report.kept) == (["royalties/market_share_sheets"] if is_gate else [])
        assert published(one, "SELECT sum(plays) FROM royalties.market_share") == [(2,)]


def test_a_check_that_fails_on_one_partition_of_a_range_has_its_verdict_on_the_others(tmp_path: Path, monkeypatch: Any):
    def fails_in_november(shares: pl.LazyFrame) -> pl.LazyFrame:
        if shares.select(pl.col("month").min()).collect().item() == date(2021, 11, 1):
            raise ValueError("it is November")
        return shares.filter(pl.lit(value=False))

    with_offenders(monkeypatch, "shares_add_up", fails_in_november)
    with product(tmp_path / "home") as one:
        deliver_royalties(one.home, "2021-11-30", DAY)
        assert loaded(one).kept == {
            "royalties/market_share_sheets": "2021-11-01: what it is made from failed or is held"
        }
        assert {path.stem for path in (one.home.path / "exports" / "market_share").iterdir()} == {"2021-12"}


def test_a_feed_check_that_fails_itself_keeps_nothing_from_being_computed(one: Product, monkeypatch: Any):
    for check in ("_usual", "_complete", "_conserved"):
        monkeypatch.setattr(raw_checks, check, broken)
    monkeypatch.setattr(feed_assets, "_unique", broken)
    monkeypatch.setattr("songify_assets.orchestration.automation.sensors.report_freshness", broken)
    deliver_royalties(one.home, DAY)
    one.settle()
    assert published(one, "SELECT sum(plays) FROM royalties.market_share") == [(2,)]
    says = {failed.evaluation.description for failed in failed_evaluations(one.instance)}
    assert says == {"The check itself failed: ValueError: the spreadsheet is broken"}


@pytest.mark.parametrize("by", ["load", "sensors"])
def test_one_day_that_fails_does_not_hold_the_other_days_of_its_run(one: Product, by: str):
    days = [f"2021-12-0{day}" for day in range(1, 5)]
    deliver_royalties(one.home, *days)
    loaded(one)
    third = one.store.lake.path("raw/plays", days[2])
    whole = third.read_bytes()
    third.write_bytes(spoilt(whole))
    one.store.ledger.mark([("royalties/plays", day) for day in days])
    if by == "load":
        (failure,) = loaded(one).outcome.failures
        assert failure.startswith(f"royalties/plays for {days[2]}: polars.exceptions.ComputeError"), "told once"
    else:
        one.settle(["follow_ups"])
    left = [(mark.asset, mark.partition) for mark in one.store.ledger.marks()]
    assert left == [("royalties/plays", days[2])]
    (problem,) = failed_runs(View(one.instance, time.time(), None, ui_url=""))
    assert f"Not done since: royalties/plays {days[2]}" in problem.body, "told once, not for each range that was tried"
    third.write_bytes(whole)
    assert loaded(one).exit_status == 0, "what failed is tried again"
    assert one.store.ledger.marks() == []


def test_what_has_failed_on_every_range_is_left_alone_after_a_few(one: Product, monkeypatch: Any):
    deliver_royalties(one.home, *(f"2021-12-{day:02}" for day in range(1, 29)))
    monkeypatch.setattr("songify_assets.foundation.delivery.raw.refine", broken)
    report = loaded(one)
    assert report.exit_status == 1
    assert report.outcome.runs < 4 * MOST_TRIES
    assert one.planner.plan(one.instance) == {}


def test_nothing_is_made_of_what_was_never_computed(one: Product, monkeypatch: Any):
    deliver_royalties(one.home, DAY)
    monkeypatch.setattr("songify_assets.foundation.lake.Lake.write", unwritten("royalties/market_share"))
    report = loaded(one)
    assert report.kept == {
        "royalties/market_share": "2021-12-01: a run failed",
        "royalties/market_share_sheets": "2021-12-01: what it is made from failed or is held",
    }
    assert not (one.home.path / "exports").exists(), "no sheet says that there were no plays"
    assert published(one, "SELECT sum(plays) FROM royalties.market_share_daily") == [(2,)]


def unwritten(table: str) -> Any:
    """The lake's `write`, which fails on this table."""

    def write(self: Lake, name: str, *others: Any, **named: Any) -> dict[str, int]:
        return broken() if name == table else whole(self, name, *others, **named)

    whole = Lake.write
    return write
